// Blending layer by layer, and the mixing matrix, which is drawn row by row when asked for.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { seedsIn } from '../../shared/recipe.js';

const percent = (x) => `${Math.round(100 * x)} %`;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const form = $('.mx-form'), matrix = $('.mx-matrix'), status = $('.mx-status');
  const num = Math.max(...props.groups.map(([, span]) => span[1]));
  const weights = () => Array.from({ length: num }, (_, i) => brain.recipe.mix.weights[i] ?? 0);
  const set = (values) => { brain.set('mix.weights', values); sync(); };
  const sliders = [];  // [input, output, first, end]: groups and layers

  function slider(name, first, end) {
    const row = $('template').content.firstElementChild.cloneNode(true);
    const input = row.querySelector('input');
    row.firstElementChild.textContent = name;
    input.setAttribute('aria-label', `${name}: share of the second brain`);
    input.addEventListener('input', () => {
      set(weights().map((x, i) => (i >= first && i < end ? Number(input.value) : x)));
    });
    sliders.push([input, row.querySelector('output'), first, end]);
    return row;
  }

  for (const [label, [first, end], names] of props.groups) {
    const box = document.createElement('fieldset'), legend = document.createElement('legend');
    const all = slider('all of them', first, end);
    all.classList.add('mx-all');
    legend.textContent = label;
    box.append(legend, all, ...names.map((name, i) => slider(name, first + i, first + i + 1)));
    $('.mx-groups').append(box);
    const preset = document.createElement('button');
    preset.textContent = label;
    preset.dataset.preset = JSON.stringify([first, end]);
    preset.title = 'Only these layers follow the second brain';
    $('[data-preset=none]').before(preset);
    form.elements.layers.add(new Option(`${label} (${first + 1}–${end})`, JSON.stringify([first, end])));
  }

  $('.mx-presets').addEventListener('click', (event) => {
    const preset = event.target.dataset.preset;
    if (!preset) return;
    const [first, end] = { none: [0, 0], all: [0, num] }[preset] || JSON.parse(preset);
    set(weights().map((_, i) => Number(i >= first && i < end)));
  });

  // Sliders show the recipe; a group's shows the mean of its layers, but under the hand stays where
  // it is. restored: an event that came from elsewhere.
  function sync(restored = false) {
    const now = weights();
    for (const [input, output, first, end] of sliders) {
      const mean = now.slice(first, end).reduce((sum, x) => sum + x, 0) / (end - first);
      if (restored || document.activeElement !== input || end === first + 1) input.value = mean;
      output.textContent = percent(mean);
    }
    for (const button of $('.mx-presets').children) {
      const [first, end] = { none: [0, 0], all: [0, num] }[button.dataset.preset] || JSON.parse(button.dataset.preset);
      button.setAttribute('aria-pressed', String(now.every((x, i) => x === Number(i >= first && i < end))));
    }
  }

  // The matrix. A newer one takes the place of one under way; one request at a time.
  let wanted = null, busy = false, drawn = null;

  function lay(plan) {
    drawn = plan;
    const columns = plan.bases.length + 1;
    matrix.style.setProperty('--columns', columns);
    const layers = form.elements.layers.selectedOptions[0].textContent;
    matrix.replaceChildren(...[null, ...plan.sources].flatMap((source, y) => [null, ...plan.bases].map((base, x) => {
      const button = document.createElement('button');
      button.tabIndex = x + y === 1 && x ? 0 : -1;
      button.disabled = true;  // until its picture is there
      const alone = base === null ? source : base;
      button.textContent = base === null || source === null ? alone ?? '' : '';
      if (alone === null) button.className = 'mx-corner';
      else button.setAttribute('aria-label', base === null || source === null ? `Brain ${alone}`
        : `Brain ${base} with layers of brain ${source}: ${layers}`);
      Object.assign(button.dataset, { x, y });
      return button;
    })));
  }

  function place(plan, y, src) {
    const columns = plan.bases.length + 1;
    for (let x = 0; x < columns; x++) {
      const button = matrix.children[y * columns + x];
      if (button.className === 'mx-corner') continue;
      button.style.backgroundImage = `url(${src})`;
      button.style.backgroundSize = `${100 * columns}% 100%`;
      button.style.backgroundPosition = `${100 * x / (columns - 1)}% 0`;
      button.disabled = false;
    }
  }

  const word = (running) => { $('[data-do=draw]').textContent = running ? 'Stop' : 'Draw matrix'; };

  async function draw() {
    if (busy) return;
    busy = true;
    while (wanted) {
      const plan = wanted, rows = [null, ...plan.sources];
      lay(plan);
      for (let y = 0; y < rows.length && wanted === plan; y++) {
        status.textContent = `Row ${y + 1} of ${rows.length} …`;
        const answer = await server.matrix_row({ ...plan, source: rows[y] }).catch(() => undefined);
        if (wanted !== plan) break;
        if (answer?.src) { place(plan, y, answer.src); $('.tile-mark').textContent = answer.preview; continue; }
        status.textContent = lost(answer);
        wanted = null;
      }
      if (wanted === plan) { wanted = null; status.textContent = ''; }
    }
    busy = false;
    word(false);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (wanted) { wanted = null; status.textContent = 'Stopped.'; return; }
    const [bases, sources] = ['bases', 'sources'].map((name) => seedsIn(form.elements[name].value));
    if (![bases, sources].every((list) => list.length && list.length <= props.most)) {
      status.textContent = `Give 1 to ${props.most} seeds along each side, with commas between.`;
      return;
    }
    wanted = { recipe: brain.recipe, bases, sources, layers: JSON.parse(form.elements.layers.value) };
    word(true);
    document.dispatchEvent(new CustomEvent('wide', { detail: true }));
    draw();
  });
  // With a matrix on the screen another choice of layers draws it anew.
  form.elements.layers.addEventListener('change', () => {
    if (!drawn) return;
    wanted = { ...drawn, layers: JSON.parse(form.elements.layers.value) };
    word(true);
    draw();
  });
  $('[data-do=seeds]').addEventListener('click', () => {
    for (const name of ['bases', 'sources']) {
      const count = Math.min(props.most, Math.max(1, seedsIn(form.elements[name].value).length));
      form.elements[name].value = Array.from({ length: count }, () => Math.floor(Math.random() * 1000)).join(', ');
    }
  });

  matrix.addEventListener('click', async (event) => {
    const { x, y } = event.target.dataset;
    if (x === undefined) return;
    const source = y > 0 ? drawn.sources[y - 1] : null, base = x > 0 ? drawn.bases[x - 1] : null;
    const { recipe, layers } = drawn;
    const asked = base === null ? { base: source, source: null } : { base, source };
    const answer = await server.matrix_cell({ recipe, layers, ...asked }).catch(() => undefined);
    if (answer?.recipe) brain.restore(answer.recipe);
    else status.textContent = lost(answer);
  });
  matrix.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    if (!step || event.target.dataset.x === undefined) return;
    event.preventDefault();
    event.stopPropagation();  // the page's own arrow keys go to the next brain
    const x = Number(event.target.dataset.x) + step[0], y = Number(event.target.dataset.y) + step[1];
    const next = matrix.querySelector(`[data-x="${x}"][data-y="${y}"]:not(:disabled)`);
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  document.addEventListener('restored', () => sync(true));
  sync();
}
