// The recipe: plain values that decide the picture, the same as the explorer's; and links that carry
// it behind `#r=`, which the explorer opens too.

/**
 * @typedef {object} Recipe
 * @property {number} version
 * @property {string | null} model the beginning of the digest of the model it is for
 * @property {number} seed
 * @property {number} psi truncation
 * @property {number | null} cutoff layers truncated; null is all
 * @property {number | null} class_index
 * @property {number | null} condition place on the scale of classes in order; null is the middle
 * @property {{ seed: number, weights: number[] }} mix
 * @property {Edit[]} edits
 * @property {{ mode: string, seed: number, strength: number, off: number[] }} noise
 *
 * @typedef {{ direction: string, strength: number, layers?: [number, number] | null }} Edit
 */

const INNER = ['mix', 'noise'];
const OWN = ['version', 'model', 'own'];  // beside what this page can show

/**
 * What a recipe has where it says nothing.
 * @param {import('./latents.js').Facts} facts
 * @returns {Recipe}
 */
export const defaults = (facts) => ({
  version: facts.version, model: facts.digest.slice(0, 12), seed: 0, psi: 0.7, cutoff: null, class_index: null,
  condition: null, mix: { seed: 1, weights: [] }, edits: [], noise: { mode: 'const', seed: 0, strength: 1, off: [] },
});

/** Whether every value is within its range. @param {any} recipe @param {import('./latents.js').Facts} facts */
function fitting(recipe, facts) {
  const { most_seed, num_ws, c_dim, scale } = facts, { mix, noise, cutoff, class_index, condition } = recipe;
  const within = (x, low, high) => Number.isFinite(x) && x >= low && x <= high;
  const whole = (x, low, high) => Number.isInteger(x) && x >= low && x <= high;
  const each = (list, holds) => Array.isArray(list) && list.every(holds);
  return [recipe.seed, mix.seed, noise.seed].every((seed) => whole(seed, 0, most_seed))
    && within(recipe.psi, -2, 2) && (cutoff === null || whole(cutoff, 0, 18))
    && (class_index === null || (!scale && whole(class_index, 0, c_dim - 1)))
    && (condition === null || (scale && Number.isFinite(condition)))
    && !('recipe' in mix) && each(mix.weights, (x) => within(x, 0, 1))
    && ['const', 'random', 'none'].includes(noise.mode) && within(noise.strength, 0, 4)
    && each(noise.off, (layer) => whole(layer, 0, num_ws - 2))
    && each(recipe.edits, ({ strength, layers }) => within(strength, -10, 10)
      && (!layers || (whole(layers[0], 0, num_ws) && whole(layers[1], layers[0] + 1, num_ws))));
}

/**
 * A whole recipe from what a link carries. Throws a sentence where this page cannot show it.
 * @param {Partial<Recipe>} values
 * @param {import('./latents.js').Facts} facts
 * @returns {Recipe}
 */
export function whole(values, facts) {
  if (typeof values !== 'object') throw new Error('its values are damaged');
  const base = defaults(facts), unknown = Object.keys(values).find((key) => !(key in base) && !OWN.includes(key));
  if (unknown) throw new Error(`this page cannot show “${unknown}”; the explorer can`);
  if ((values.version ?? base.version) !== base.version) throw new Error('it is of another version of the program');
  if (values.model && values.model !== base.model) throw new Error('it was made with another model');
  const recipe = { ...base, ...values };
  for (const key of INNER) recipe[key] = { ...base[key], ...values[key] };
  if (!fitting(recipe, facts)) throw new Error('its values are damaged');
  const missing = recipe.edits.find((e) => !facts.directions.some((d) => d.key === e.direction));
  if (missing) throw new Error(`this page has no direction “${missing.direction}”; the explorer has`);
  return recipe;
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Without what has its default: what links and files carry.
 * @param {Recipe} recipe
 * @param {import('./latents.js').Facts} facts
 */
export function compact(recipe, facts) {
  const base = defaults(facts), kept = { version: base.version };
  for (const [key, value] of Object.entries(recipe)) {
    if (key !== 'model' && same(value, base[key])) continue;
    kept[key] = !INNER.includes(key) ? value
      : Object.fromEntries(Object.entries(value).filter(([k, v]) => !same(v, base[key][k])));
  }
  return kept;
}

/** The end of a link that carries a recipe. @param {object} values */
export function hash(values) {
  const bytes = new TextEncoder().encode(JSON.stringify(values));
  const text = btoa(String.fromCharCode(...bytes));
  return `#r=${text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** What a link's end carries; null where it carries none. Throws where it is damaged. @param {string} end */
export function valuesIn(end) {
  if (!end.startsWith('#r=')) return null;
  const text = atob(end.slice(3).replaceAll('-', '+').replaceAll('_', '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
}
