// Films below the sliders of a list. A film shows everything but its own slider as it was then: an
// older one is faded.
import { brain } from './brain.js';
/** @typedef {import('./recipe.js').Recipe} Recipe */

/**
 * Care for the films of a list.
 * @param {HTMLElement} rows the box of all rows; a row names its slider in `data-key`
 * @param {(recipe: Recipe, key: string) => string} without what a slider's film depends on
 * @returns a function that shows a film in its row: the picture `src`, made of `recipe`; `preview`
 * says how much smaller than whole pictures its own are, and nothing if they are not
 */
export function films(rows, without) {
  function age() {
    for (const row of rows.querySelectorAll('.dr-row')) {
      const box = row.querySelector('.dr-film');
      const old = !box.hidden && box.dataset.of !== without(brain.now, row.dataset.key);
      box.style.opacity = old ? 0.4 : '';
      box.title = old ? 'The picture has changed since: close and open it again.' : '';
    }
  }
  document.addEventListener('rest', age);

  /** @type {(row: HTMLElement, made: { src: string, preview: string }, alt: string, recipe: Recipe) => void} */
  return (row, { src, preview }, alt, recipe) => {
    const box = row.querySelector('.dr-film'), image = box.querySelector('img');
    image.src = src;
    image.alt = alt;
    box.querySelector('.tile-mark').textContent = preview;
    box.dataset.of = without(recipe, row.dataset.key);
    box.hidden = false;
    age();
  };
}
