// The history of recipes: a tree, whose nodes stand in a row, oldest first. What was undone stays in
// the row.
import { same } from '../recipe.js';
/** @typedef {import('../recipe.js').Recipe} Recipe */
/** @typedef {{ recipe: Recipe, parent: Step | null, thumb: string }} Step */

export class History {
  /** @type {Step[]} */
  steps = [];
  /** @type {Step | null} */
  here = null;
  /** @type {Step[]} */
  #undone = [];
  #most;

  /** @param {number} most steps that are kept; the oldest go first */
  constructor(most) { this.#most = most; }

  get canUndo() { return Boolean(this.here?.parent); }
  get canRedo() { return this.#undone.length > 0; }

  /**
   * Add a step behind the present one, unless it is the same.
   * @param {Recipe} recipe
   * @param {() => string} thumb makes its small picture
   * @returns {boolean} whether it was added
   */
  add(recipe, thumb) {
    if (this.here && same(this.here.recipe, recipe)) return false;
    this.here = { recipe, parent: this.here, thumb: thumb() };
    this.#undone = [];
    this.steps.push(this.here);
    if (this.steps.length > this.#most) {
      const gone = this.steps.shift();  // its steps begin anew, or every recipe would be kept for ever
      for (const step of this.steps) if (step.parent === gone) step.parent = null;
    }
    return true;
  }

  /**
   * Go to a step of the row.
   * @param {Step} step
   */
  go(step) {
    this.#undone = [];
    this.here = step;
  }

  /** Go a step back, where there is one. */
  undo() {
    if (!this.here?.parent) return;
    this.#undone.push(this.here);
    this.here = this.here.parent;
  }

  /** All steps as a text, for `read`. */
  written() {
    const at = (/** @type {Step | null} */ step) => (step ? this.steps.indexOf(step) : -1);
    return JSON.stringify({ here: at(this.here),
      steps: this.steps.map(({ recipe, parent, thumb }) => ({ recipe, parent: at(parent), thumb })) });
  }

  /**
   * The steps of another time; throws where the text is none.
   * @param {string | null} text of `written`
   */
  read(text) {
    const { here, steps } = JSON.parse(text ?? '');
    /** @type {Step[]} */
    const found = steps.map(({ recipe, thumb }) => ({ recipe, thumb, parent: null }));
    found.forEach((step, i) => { step.parent = found[steps[i].parent] ?? null; });
    this.steps = found;
    this.here = found[here] ?? null;
  }

  /** Take the last undo back, where there is one. */
  redo() { this.here = this.#undone.pop() ?? this.here; }
}
