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

/**
 * A whole recipe from what a link carries. Throws a sentence where this page cannot show it.
 * @param {Partial<Recipe>} values
 * @param {import('./latents.js').Facts} facts
 * @returns {Recipe}
 */
export function whole(values, facts) {
  const base = defaults(facts), unknown = Object.keys(values).find((key) => !(key in base) && !OWN.includes(key));
  if (unknown) throw new Error(`this page cannot show “${unknown}”; the explorer can`);
  if (values.model && values.model !== base.model) throw new Error('it was made with another model');
  const recipe = { ...base, ...values };
  for (const key of INNER) recipe[key] = { ...base[key], ...values[key] };
  const { most_seed, directions, num_ws } = facts;
  const isSeed = (x) => Number.isInteger(x) && x >= 0 && x <= most_seed;
  const isLayers = ([first, end]) => first >= 0 && first < end && end <= num_ws;
  const fits = [recipe.seed, recipe.mix.seed, recipe.noise.seed].every(isSeed)
    && Number.isFinite(recipe.psi) && Math.abs(recipe.psi) <= 2 && !('recipe' in recipe.mix)
    && [recipe.mix.weights, recipe.noise.off, recipe.edits].every(Array.isArray)
    && recipe.edits.every((e) => Number.isFinite(e.strength) && (!e.layers || isLayers(e.layers)));
  if (!fits) throw new Error('its values are damaged');
  const missing = recipe.edits.find((e) => !directions.some((d) => d.key === e.direction));
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
