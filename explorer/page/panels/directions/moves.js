// What a direction moves, as tiny bars: one for each measurement, up for more and down for less. From
// its receipt, so that it is known before the slider is touched.
import { signed } from '../../shared/decimals.js';

const STRONG = 0.3;  // SD for one step: from here on a bar has a colour, as in names of directions
const FULL = 1;  // SD of a bar as high as it gets

/**
 * In words, the strongest first.
 * @param {(number | null)[]} effect of one step, in standard deviations
 * @param {string[]} names of the measurements
 */
export function inWords(effect, names) {
  const found = effect.map((x, k) => [x ?? 0, names[k]]).filter(([x]) => Math.abs(Number(x)) >= STRONG)
    .sort(([a], [b]) => Math.abs(Number(b)) - Math.abs(Number(a)));
  return found.length ? found.map(([x, name]) => `${name} ${signed(Number(x), 1)} SD`).join(', ') : 'Nothing that is measured';
}

/**
 * Draw them into a row.
 * @param {HTMLElement} box
 * @param {(number | null)[] | undefined} effect none: nothing is drawn
 * @param {string[]} names
 */
export function draw(box, effect, names) {
  box.hidden = !effect;
  box.closest('.dr-row')?.toggleAttribute('data-moves', Boolean(effect));  // the slider leaves room
  if (!effect) return;
  box.replaceChildren(...effect.map((x) => {
    const bar = document.createElement('i'), size = Math.min(1, Math.abs(x ?? 0) / FULL);
    bar.style.setProperty('--size', String(size));
    bar.className = Math.abs(x ?? 0) < STRONG ? '' : x < 0 ? 'less' : 'more';
    bar.classList.toggle('down', x < 0);
    return bar;
  }));
  const says = `One step moves, on average: ${inWords(effect, names)}.`;
  box.title = says;
  box.setAttribute('aria-label', says);
}
