// Brains side by side, drawn anew with every picture while the group is open: one request at a time,
// newest wins. They are measured once the hand rests.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { ofSeed } from '../../shared/recipe.js';

const SEEDS = 2 ** 32;

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const group = $('details'), grid = $('.vy-grid'), says = $('.vy-says');
  const rows = Math.ceil(props.count / props.columns);
  let first = 0, busy = false;
  /** @type {{ measure: boolean } | null} */
  let wanted = null;

  const seedOf = (i) => (first + i) % SEEDS;
  const cells = Array.from({ length: props.count }, (_, i) => {
    const button = document.createElement('button');
    const [across, down] = [i % props.columns, Math.floor(i / props.columns)];
    button.style.backgroundSize = `${100 * props.columns}% ${100 * rows}%`;
    button.style.backgroundPosition = `${(100 * across) / (props.columns - 1)}% ${(100 * down) / (rows - 1)}%`;
    button.addEventListener('click', () => { brain.restore({ ...brain.left(), seed: seedOf(i) }); });
    return button;
  });
  grid.append(...cells);

  function name() {
    cells.forEach((button, i) => {
      button.title = `Seed ${seedOf(i)}`;
      button.setAttribute('aria-label', `Go to the brain of seed ${seedOf(i)}`);
      button.toggleAttribute('aria-current', ofSeed(brain.now) && brain.now.seed === seedOf(i));
    });
  }

  function readable(bad) {
    if (bad === null) return '.';
    if (!bad) return `. The slice height can be read on all ${props.count}, as on real slices.`;
    return `. On ${bad} of ${props.count} the slice height can’t be read: ${bad > 1 ? 'they look' : 'it looks'} unlike real slices.`;
  }
  function show(answer, psi) {
    if (!answer?.src) { says.textContent = lost(answer); return; }
    for (const button of cells) button.style.backgroundImage = `url(${answer.src})`;
    name();
    $('.tile-mark').textContent = answer.preview;
    says.textContent = answer.differ === undefined ? ''  // what was measured was of other pictures
      : `At ψ ${psi.toFixed(2)} two of these brains differ by ${answer.differ.toFixed(1)} of 255 on average${readable(answer.unreadable)}`;
  }

  async function ask(measure) {
    wanted = { measure };
    if (busy || !group.open) return;
    busy = true;
    while (wanted && group.open && element.offsetParent) {
      const asked = wanted, recipe = brain.recipe;
      wanted = null;
      const answer = await server.grid({ recipe, first, measure: asked.measure }).catch(() => undefined);
      if (!wanted || answer?.src) show(answer, recipe.psi);
    }
    busy = false;
  }

  const turn = (by) => { first = (first + by * props.count + SEEDS) % SEEDS; ask(true); };
  const actions = { back: () => turn(-1), on: () => turn(1) };
  element.addEventListener('click', (event) => actions[event.target.closest('[data-do]')?.dataset.do]?.());
  document.addEventListener('frame', () => ask(false));
  document.addEventListener('rest', () => ask(true));
  group.addEventListener('toggle', () => { if (group.open) ask(true); });
  name();
}
