// Present mode. What is behind it is asleep; the sliders change the recipe like any other, and the arrow
// keys go through what was prepared. With a lesson open its step stands there instead, and the keys go
// through its steps: no preset takes a student's picture away.
import { choicesOf, CONDITION, PSI, put, rangeOf, valueOf, written } from '../../shared/axes.js';
import { brain } from '../../shared/brain.js';
import { decimal, signed } from '../../shared/decimals.js';
import { text, within } from '../../shared/nodes.js';

const MOST = 4;  // numbers that are shown
const MOVED = 0.5;  // SD: what counts as moved, as in the table
const CLICKER = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 };

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, server }) {
  const $ = within(element);
  const panel = $('.pr'), main = /** @type {HTMLElement} */ (document.querySelector('#main'));
  const said = $('.pr-state strong'), count = $('.pr-state span'), moved = $('.pr-moved');
  let at = -1, began = null;

  const sliders = [0, 1].map((i) => {
    const row = $('template').content.firstElementChild.cloneNode(true);
    const [select, range, output] = ['select', '[type=range]', 'output'].map((what) => row.querySelector(what));
    select.setAttribute('aria-label', i ? 'Second slider' : 'First slider');
    select.addEventListener('change', () => { shape(slider); sync(); });
    range.addEventListener('input', () => {
      put(select.value, Number(range.value));
      say(slider);
    });
    // After the hand has let go, arrow keys belong to the lecture again.
    range.addEventListener('pointerup', () => range.blur());
    $('.pr-sliders').append(row);
    const slider = { select, range, output };
    return slider;
  });

  function shape({ select, range }) {
    range.hidden = !select.value;
    Object.assign(range, rangeOf(select.value));
    const name = select.selectedOptions[0]?.textContent ?? '';
    range.setAttribute('aria-label', name);
    select.parentElement.style.setProperty('--letters', String(name.length));
  }
  function say({ select, range, output }) {
    output.textContent = select.value ? written(select.value, Number(range.value)) : '';
  }
  // Sliders show the recipe.
  function sync() {
    for (const slider of sliders) {
      const { select, range } = slider;
      if (document.activeElement !== range) range.value = valueOf(select.value);
      say(slider);
    }
  }

  async function choices() {
    const { groups = {} } = (await server.directions({}).catch(() => undefined)) ?? {};
    const kept = sliders.map(({ select }) => select.value);
    const edited = brain.now.edits.map((e) => e.direction), first = (groups.measured ?? groups.pca)?.[0];
    const listed = choicesOf(groups), conditioned = listed.some(([key]) => key === CONDITION);
    // What is moved now, else what was chosen, else the condition, else the first direction.
    const usual = conditioned ? CONDITION : first?.key ?? PSI;
    const wanted = edited.length ? edited.slice(-2) : kept.some(Boolean) ? kept : [usual];
    sliders.forEach((slider, i) => {
      const { select } = slider;
      select.replaceChildren(...i ? [new Option('no second slider', '')] : [],
        ...listed.map(([key, name]) => new Option(name, key)));
      select.value = wanted[i] ?? '';
      if (select.selectedIndex < 0) select.selectedIndex = 0;
      shape(slider);
    });
    sync();
  }

  function tell(rows) {
    const far = rows.filter((r) => r.change !== null && Math.abs(r.change) >= MOVED)
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change)).slice(0, MOST);
    moved.replaceChildren(...far.flatMap((r) => [
      text('dt', r.name),
      text('dd', `${decimal(r.value, r.unit === '' ? 2 : 1)} ${r.unit}`),
      text('dd', `${signed(r.change, 1)} SD`, r.change > 0 ? 'more' : 'less'),
    ]));
  }

  function step(by) {
    if (main.dataset.lesson === 'step') document.dispatchEvent(new CustomEvent('lesson-step', { detail: by }));
    else prepared(by);
  }
  async function prepared(by) {
    const states = brain.prepared();
    at = Math.min(states.length - 1, Math.max(0, at + by));
    said.textContent = states[at].name;
    count.textContent = `${at + 1} of ${states.length}`;
    await states[at].go();
    await choices();
  }

  function show(on) {
    if (on === !panel.hidden) return;
    if (on) began = document.activeElement;
    panel.hidden = !on;
    main.toggleAttribute('data-present', on);
    document.dispatchEvent(new CustomEvent('present-open', { detail: on }));
    for (const other of main.parentElement.children) if (other !== main) /** @type {HTMLElement} */ (other).inert = on;
    if (on) {
      at = -1;
      said.textContent = count.textContent = '';
      choices();
      return;
    }
    brain.restore(brain.recipe);  // the other controls show what was changed here
    if (began?.isConnected) began.focus({ preventScroll: true });
  }

  const actions = { back: () => step(-1), on: () => step(1), leave: () => show(false) };
  element.addEventListener('click', (event) => actions[event.target.closest('[data-do]')?.dataset.do]?.());
  document.addEventListener('present', () => show(panel.hidden));
  document.addEventListener('measured', ({ detail }) => tell(detail));
  for (const name of ['frame', 'restored']) document.addEventListener(name, () => { if (!panel.hidden) sync(); });
  document.addEventListener('keydown', (event) => {
    if (panel.hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    const by = CLICKER[event.key], arrow = event.key.startsWith('Arrow');
    if (by && !(arrow && event.target.matches?.('input, select'))) step(by);
    else if (event.key === 'Escape') show(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}
