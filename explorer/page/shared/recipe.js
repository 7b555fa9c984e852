// Recipes as plain values, and what can be said of them without a picture.

/**
 * A recipe as the page keeps it, with every part that a control may change; the fields are those of
 * the program's `Recipe`.
 * @typedef {object} Recipe
 * @property {number} version
 * @property {string | null} model digest of the model it is meant for
 * @property {number} seed
 * @property {number | null} class_index
 * @property {number | null} condition place on the scale of classes in order; null is the middle
 * @property {number} psi truncation, 0..1.5
 * @property {number | null} cutoff layers truncated; null is all
 * @property {string | null} w a w of its own, in place of the seed's
 * @property {Walk} walk
 * @property {{ seed: number, weights: number[], recipe: object | null }} mix
 * @property {Edit[]} edits
 * @property {{ mode: string, seed: number, strength: number, off: number[] }} noise
 * @property {string[]} hold keys of directions held constant
 * @property {Own[]} own
 * @property {{ layer: number, channel: number, strength: number, rgb?: boolean }[]} channels
 *
 * @typedef {{ keys: object[], t: number, space: string, loop: boolean }} Walk a journey; no keys is none
 * @typedef {{ direction: string, strength: number, layers?: [number, number] | null }} Edit
 * @typedef {{ key: string, name: string, vector?: string }} Own a direction of one's own
 * @typedef {{ first: number, last: number, step: number, name: string, title: string }} Scale of classes in order
 */

/**
 * Whether two plain values are alike.
 * @param {unknown} a
 * @param {unknown} b
 */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Without what has its default: what links carry.
 * @param {Recipe} values
 * @param {Recipe} defaults
 * @returns {Partial<Recipe>}
 */
export function compact(values, defaults) {
  const kept = {};
  for (const [key, value] of /** @type {[string, any][]} */ (Object.entries(values))) {
    if (same(value, defaults[key]) || (key === 'walk' && !value.keys.length)) continue;
    const inner = ['walk', 'mix', 'noise'].includes(key);
    kept[key] = !inner ? value : Object.fromEntries(
      Object.entries(value).filter(([k, v]) => !same(v, defaults[key][k])));
  }
  return kept;
}

/**
 * The untouched brain of a recipe; of a journey the first.
 * @param {Recipe} values
 * @param {Recipe} defaults
 * @returns {Recipe}
 */
export function untouched(values, defaults) {
  const { edits, mix, noise, hold, own, channels } = defaults, walk = { ...values.walk, t: 0 };
  return structuredClone({ ...values, edits, mix, walk, noise, hold, own, channels });
}

/**
 * A recipe off its journey and without a w of its own: ready for another seed, at the same place.
 * @param {Recipe} values
 * @param {Recipe} defaults
 * @param {Scale | null} scale
 * @returns {Recipe}
 */
export function seeded(values, defaults, scale) {
  const [key] = /** @type {Partial<Recipe>[]} */ (values.walk.keys);
  const { psi, class_index } = key ? { ...defaults, ...key } : values;
  const condition = scale && key ? placeOn(values, scale) : values.condition;
  return { ...structuredClone(values), psi, class_index, condition, w: null, walk: structuredClone(defaults.walk) };
}

/**
 * Where its picture stands on the scale of classes in order, in steps of the slider; on a journey
 * between two key frames.
 * @param {Recipe} values
 * @param {Scale} scale
 */
export function placeOn({ condition, walk: { keys, t, loop, space } }, { first, last, step }) {
  const middle = (first + last) / 2, all = keys.length, pieces = loop ? all : all - 1;
  const held = (x) => Math.min(Math.max(x, first), last);
  const rounded = (x) => Number((first + Math.round((held(x) - first) / step) * step).toPrecision(12));
  if (!all) return rounded(condition ?? middle);
  const at = (i) => held(/** @type {any} */ (keys[(i + all) % all]).condition ?? middle);
  const before = Math.max(0, Math.min(Math.floor(t * pieces), pieces - 1)), share = t * pieces - before;
  const a = at(before), b = at(before + 1), rise = b - a;
  if (space !== 'spline') return rounded(a + share * rise);
  // Catmull-Rom; beyond an open end the way would go on straight.
  const start = loop || before ? (b - at(before - 1)) / 2 : rise;
  const end = loop || before + 2 < all ? (at(before + 2) - a) / 2 : rise;
  return rounded(a + share * (start + share * (3 * rise - 2 * start - end + share * (start + end - 2 * rise))));
}

/**
 * Whether the brain that it begins with is a seed's: no w of its own, no place on a journey.
 * @param {Recipe} values
 */
export const ofSeed = (values) => values.w === null && !values.walk.keys.length;

/**
 * What a file of it is called.
 * @param {Recipe} values
 */
export const titled = (values) => (ofSeed(values) ? `seed${values.seed}` : values.walk.keys.length ? 'journey' : 'w');

/**
 * Key frames of a journey from seed to seed, each with what else decides which brain a seed is.
 * @param {number[]} seeds
 * @param {Recipe} values
 * @returns {object[]}
 */
export function framesOf(seeds, { psi, class_index, condition }) {
  const given = Object.fromEntries(Object.entries({ class_index, condition }).filter(([, value]) => value !== null));
  return seeds.map((seed) => ({ seed, psi, ...given }));
}

/**
 * The whole numbers in what somebody has typed.
 * @param {string} typed such as "3, 17, 20"
 */
export const seedsIn = (typed) => typed.split(/[^\d]+/).filter(Boolean).map(Number);
