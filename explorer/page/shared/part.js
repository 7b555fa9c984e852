// How a part of the page begins: its element is there, its script is fetched and started.
import { brain } from './brain.js';

/**
 * What Gradio gives to the script of a part.
 * @typedef {object} Part
 * @property {HTMLElement} element holds the part's template
 * @property {Record<string, any>} props what its Python gives it
 * @property {Record<string, (posted: unknown) => Promise<any>>} server its functions there
 */

/** @type {Promise<unknown>[]} */
const beginnings = [];

/**
 * Fetch a part's script and call its `start`, once there is a recipe. Only the live view, which
 * brings the recipe, starts at once: its script says `first`.
 * @param {string} script its place among all scripts
 * @param {Part} part
 */
export function begin(script, part) {
  const begun = import(`../${script}`).then(async ({ start, first }) => {
    if (!first) await brain.ready;
    start(part);
  });
  beginnings.push(begun);
  return begun;
}

/** Waits until every part has started that is there by now, or could not. */
export const started = () => Promise.allSettled(beginnings);
