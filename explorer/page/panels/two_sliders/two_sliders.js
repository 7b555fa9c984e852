// The field. Its two sliders are sliders like any other, for keys and screen readers; the field is
// what a hand likes better.
import { choicesOf, CONDITION, PLACE, PSI, put, rangeOf, valueOf, written } from '../../shared/axes.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { framesOf, seedsIn } from '../../shared/recipe.js';

const LAST = 2 ** 32 - 1;

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, server }) {
  const $ = within(element);
  const group = $('.pd'), field = $('.pd-field'), dot = $('.pd-field i'), said = $('.pd-said');
  const ways = ['across', 'up'].map((name) => ({
    select: $(`[name=${name}]`), range: $(`.pd-${name}`), says: $(`.pd-${name}-says`) }));
  const [across, up] = ways;
  const open = () => group.open && element.offsetParent;
  /** @type {Record<string, { key: string, name: string }[]>} */
  let groups = {};

  const share = ({ range }) => (Number(range.value) - Number(range.min)) / (Number(range.max) - Number(range.min));
  function sync() {
    for (const way of ways) {
      const { select, range, says } = way, value = valueOf(select.value);
      range.value = String(value);
      says.textContent = written(select.value, value);
    }
    dot.style.left = `${100 * share(across)}%`;
    dot.style.top = `${100 * (1 - share(up))}%`;
  }
  function shape({ select, range }) {
    Object.assign(range, rangeOf(select.value));
    range.setAttribute('aria-label', select.selectedOptions[0]?.textContent ?? '');
  }

  /** Fill both lists; what was chosen stays where it still is there. */
  function fill(wanted = ways.map(({ select }) => select.value)) {
    const choices = choicesOf(groups), usual = [...choices.map(([key]) => key).filter((key) => ![PSI, PLACE, CONDITION].includes(key)), PSI, PSI];
    ways.forEach((way, i) => {
      const { select } = way;
      select.replaceChildren(...choices.map(([key, name]) => new Option(name, key)));
      select.value = choices.some(([key]) => key === wanted[i]) ? wanted[i] : usual.find((key) => key !== wanted[1 - i] && key !== ways[1 - i].select.value) ?? PSI;
      shape(way);
    });
    sync();
  }
  async function load() {
    if (!open()) return;
    const answer = await server.directions({}).catch(() => undefined);
    groups = answer?.groups ?? groups;
    fill();
  }

  function move(event) {
    const box = field.getBoundingClientRect();
    const places = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
    ways.forEach(({ select }, i) => {
      const { min, max, step } = rangeOf(select.value);
      const value = min + (max - min) * Math.min(1, Math.max(0, places[i]));
      put(select.value, Number((Math.round(value / step) * step).toFixed(3)));
    });
    sync();
  }
  field.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    field.setPointerCapture(event.pointerId);
    move(event);
    event.preventDefault();
  });
  field.addEventListener('pointermove', (event) => { if (field.hasPointerCapture(event.pointerId)) move(event); });
  // The other controls show it too, once the hand lets go.
  const told = () => brain.restore(brain.recipe);
  field.addEventListener('lostpointercapture', told);
  for (const way of ways) {
    way.range.addEventListener('change', told);
    way.select.addEventListener('change', () => { shape(way); sync(); });
    way.range.addEventListener('input', () => { put(way.select.value, Number(way.range.value)); sync(); });
  }

  $('form').addEventListener('submit', (event) => {
    event.preventDefault();
    const seeds = ['from', 'to'].map((name) => seedsIn($(`[name=${name}]`).value)[0]);
    if (seeds.some((seed) => seed === undefined || seed > LAST)) { said.textContent = 'Seeds are whole numbers, like 3 or 17.'; return; }
    said.textContent = '';
    const { noise, own } = brain.now, keys = framesOf(seeds, brain.left());
    brain.restore({ ...brain.defaults, noise, own, seed: seeds[0], psi: 1, walk: { keys, t: 0, space: $('[name=space]').value, loop: false } });
    fill([PLACE, up.select.value]);
  });
  group.addEventListener('toggle', load);
  for (const name of ['frame', 'restored']) document.addEventListener(name, () => {
    if (!open()) return;
    const places = [...across.select.options].some((o) => o.value === PLACE);
    if (places !== brain.now.walk.keys.length > 0) fill(); else sync();
  });
}
