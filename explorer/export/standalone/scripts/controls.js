// The widgets: each changes one thing of the recipe, and `show` makes all of them show a recipe.

const DRAWN_SEEDS = 1_000_000;  // seeds that are drawn are short enough to read out in class
/** @type {(selector: string) => any} */
const $ = (selector) => document.querySelector(selector);
const drawn = () => Math.floor(Math.random() * DRAWN_SEEDS);
function signed(x) {
  const size = Math.abs(x).toFixed(2);
  return Number(size) ? (x < 0 ? '−' : '+') + size : size;
}

/**
 * @typedef {object} Page
 * @property {import('./latents.js').Facts} facts
 * @property {() => import('./recipe.js').Recipe} now the recipe, to be read
 * @property {(change: Partial<import('./recipe.js').Recipe>) => void} change
 */

/** A whole number within the range of seeds, or null. */
function seedIn(box) {
  const value = Number(box.value);
  return box.value !== '' && Number.isInteger(value) && value >= 0 && value <= Number(box.max) ? value : null;
}

/** @param {any} box @param {number} most @param {(seed: number) => void} take */
function seedBox(box, most, take) {
  box.max = most;
  box.addEventListener('input', () => { const seed = seedIn(box); if (seed !== null) take(seed); });
  return (value) => { if (document.activeElement !== box || seedIn(box) !== value) box.value = value; };
}

/** A slider's value in words, for eyes and for readers. */
function tell(slider, words) {
  slider.previousElementSibling.textContent = words;
  slider.setAttribute('aria-valuetext', words);
}

/** Seed, variety, class or condition. @param {Page} page */
function which({ facts, now, change }) {
  const count = facts.most_seed + 1;
  const showSeed = seedBox($('#seed'), facts.most_seed, (seed) => change({ seed }));
  const turn = (by) => change({ seed: (now().seed + by + count) % count });
  $('#back').addEventListener('click', () => turn(-1));
  $('#on').addEventListener('click', () => turn(1));
  $('#random').addEventListener('click', () => change({ seed: drawn() }));

  const psi = $('#psi');
  psi.addEventListener('input', () => change({ psi: Number(psi.value) }));

  const { scale } = facts, condition = $('#condition');
  if (scale) {
    const row = $('#condition-row');
    row.hidden = false;
    row.firstElementChild.textContent = scale.title;
    Object.assign(condition, { min: scale.first, max: scale.last, step: scale.step });
    condition.addEventListener('input', () => change({ condition: Number(condition.value) }));
  }
  const classes = $('#classes');
  classes.hidden = !facts.classes.length;
  facts.classes.forEach((name, i) => {
    const label = document.createElement('label'), radio = document.createElement('input');
    Object.assign(radio, { type: 'radio', name: 'class', value: i });
    radio.addEventListener('change', () => change({ class_index: i }));
    label.append(radio, ` ${name}`);
    classes.append(label);
  });

  return (recipe) => {
    showSeed(recipe.seed);
    psi.value = recipe.psi;
    tell(psi, recipe.psi.toFixed(2));
    if (scale) {
      const value = recipe.condition ?? scale.middle;
      condition.value = value;
      tell(condition, `${Number(value.toPrecision(4))} ${scale.unit}`.trim());
    }
    classes.querySelectorAll('input').forEach((radio, i) => { radio.checked = i === (recipe.class_index ?? 0); });
  };
}

/** One slider for each direction, with the layers it acts on. @param {Page} page */
function directions({ facts, now, change }) {
  const all = [0, facts.num_ws];
  const rows = facts.directions.map((direction, number) => {
    const row = $('#direction').content.firstElementChild.cloneNode(true);
    const label = row.querySelector('label'), slider = row.querySelector('input'), select = row.querySelector('select');
    slider.id = `direction-${number}`;
    label.htmlFor = slider.id;
    // Numbered ones are called by what they do, where that is certain.
    const { name, says } = direction, title = direction.named ? `${says[0].toUpperCase()}${says.slice(1)}` : name;
    label.querySelector('b').textContent = title;
    if (direction.measured) label.title = says ? `Measured: ${says}` : '';
    else label.querySelector('small').textContent = direction.named ? name : says ?? '';
    const usual = direction.layers ?? all;
    select.setAttribute('aria-label', `${title}: layers`);
    const add = (name, span) => {
      const words = `${span[0] + 1}–${span[1]}`;
      const known = [...select.options].some((o) => o.value === JSON.stringify(span));
      if (!known) select.add(new Option(name ? `${name} (${words})` : `layers ${words}`, JSON.stringify(span)));
    };
    select.add(new Option('all layers', JSON.stringify(all)));
    for (const [name, span] of Object.entries(facts.groups)) add(name, span);
    add('', usual);
    select.value = JSON.stringify(usual);

    const go = () => {
      const strength = Number(slider.value), layers = select.value === JSON.stringify(usual) ? null : JSON.parse(select.value);
      const others = now().edits.filter((e) => e.direction !== direction.key);
      const edit = { direction: direction.key, strength, ...(layers ? { layers } : {}) };
      change({ edits: strength ? [...others, edit] : others });
    };
    slider.addEventListener('input', go);
    slider.addEventListener('dblclick', () => { slider.value = 0; go(); });
    select.addEventListener('change', go);
    $('#directions').append(row);
    return (recipe) => {
      const edit = recipe.edits.find((e) => e.direction === direction.key), strength = edit?.strength ?? 0;
      slider.value = strength;
      tell(slider, signed(strength));
      if (!edit) return;  // what was chosen is kept for the next move
      const span = edit.layers ?? usual;
      add('', span);
      select.value = JSON.stringify(span);
    };
  });
  return (recipe) => rows.forEach((show) => show(recipe));
}

/** @param {Page} page */
function mixing({ facts, now, change }) {
  const { num_ws } = facts, mix = (values) => change({ mix: { ...now().mix, ...values } });
  const weights = () => Array.from({ length: num_ws }, (_, i) => now().mix.weights[i] ?? 0);
  const showSeed = seedBox($('#mix-seed'), facts.most_seed, (seed) => mix({ seed }));
  $('#mix-random').addEventListener('click', () => mix({ seed: drawn() }));
  const buttons = Object.entries({ none: [0, 0], ...facts.groups, all: [0, num_ws] }).map(([name, [first, end]]) => {
    const button = document.createElement('button');
    const chosen = Array.from({ length: num_ws }, (_, i) => Number(i >= first && i < end));
    button.textContent = name;
    button.addEventListener('click', () => mix({ weights: chosen }));
    $('#mix-groups').append(button);
    return () => button.setAttribute('aria-pressed', String(weights().join() === chosen.join()));
  });
  const boxes = Array.from({ length: num_ws }, (_, i) => {
    const label = document.createElement('label'), box = document.createElement('input');
    box.type = 'checkbox';
    box.setAttribute('aria-label', `Layer ${i + 1} follows the second brain`);
    box.addEventListener('change', () => mix({ weights: weights().map((x, k) => (k === i ? Number(box.checked) : x)) }));
    label.append(box, ` ${i + 1}`);
    $('#mix-layers').append(label);
    return box;
  });
  return (recipe) => {
    showSeed(recipe.mix.seed);
    buttons.forEach((show) => show());
    boxes.forEach((box, i) => { box.checked = weights()[i] > 0; box.indeterminate = weights()[i] > 0 && weights()[i] < 1; });
  };
}

/** @param {Page} page */
function noising({ facts, now, change }) {
  const set = (values) => change({ noise: { ...now().noise, ...values } });
  const radios = [...$('#noise-mode').querySelectorAll('input')];
  for (const radio of radios) radio.addEventListener('change', () => set({ mode: radio.value }));
  // Whoever asks for a seed wants to see it.
  const showSeed = seedBox($('#noise-seed'), facts.most_seed, (seed) => set({ mode: 'random', seed }));
  $('#noise-random').addEventListener('click', () => set({ mode: 'random', seed: drawn() }));
  return (recipe) => {
    showSeed(recipe.noise.seed);
    for (const radio of radios) radio.checked = radio.value === recipe.noise.mode;
  };
}

/**
 * Set all of them up; gives what shows a recipe in them.
 * @param {Page} page
 */
export function controls(page) {
  const parts = [which, directions, mixing, noising].map((part) => part(page));
  return (recipe) => parts.forEach((show) => show(recipe));
}
