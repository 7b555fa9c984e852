// From w to what the layers are given: truncation, style mixing, edits, in this order, as the
// explorer does it. A ws is num_ws times w_dim numbers, layer by layer.

/**
 * What the page knows of its model; see facts.py.
 * @typedef {object} Facts
 * @property {string} name
 * @property {string} digest
 * @property {string} synthetic what every saved picture says
 * @property {number} version of recipes
 * @property {number} most_seed
 * @property {number} resolution
 * @property {number} colours
 * @property {number} z_dim
 * @property {number} w_dim
 * @property {number} num_ws
 * @property {string[]} classes
 * @property {number} c_dim
 * @property {{ title: string, unit: string, first: number, last: number, middle: number, step: number } | null} scale
 * @property {number} places of the scale whose mean w is known
 * @property {number[]} noise_sides
 * @property {Record<string, [number, number]>} groups
 * @property {{ key: string, name: string, says: string | null, measured: boolean, named: boolean, layers: [number, number] | null }[]} directions
 * @property {Partial<import('./recipe.js').Recipe>} recipe to begin with
 *
 * @typedef {{ directions: Float32Array[], centres: Float32Array[], noise: Float32Array[] }} Arrays
 */

/**
 * The arrays of the file, one after the other.
 * @param {Facts} facts
 * @param {Float32Array} all
 * @returns {Arrays}
 */
export function arraysOf(facts, all) {
  let at = 0;
  const take = (length) => all.subarray(at, at += length);
  return {
    directions: facts.directions.map(() => take(facts.w_dim)),
    centres: Array.from({ length: facts.places }, () => take(facts.w_dim)),
    noise: facts.noise_sides.map((side) => take(side * side)),
  };
}

/**
 * Where on the scale of classes in order, 0 the first; 0 without a scale.
 * @param {Facts} facts
 * @param {number | null} condition null is the middle
 */
function placeOf({ scale, c_dim }, condition) {
  if (!scale) return 0;
  const share = ((condition ?? scale.middle) - scale.first) / (scale.last - scale.first);
  return Math.min(Math.max(share, 0), 1) * (c_dim - 1);
}

/**
 * The class as the network takes it; of classes in order the two nearest share the 1.
 * @param {Facts} facts
 * @param {import('./recipe.js').Recipe} recipe
 */
export function classOf(facts, recipe) {
  const place = facts.scale ? placeOf(facts, recipe.condition) : recipe.class_index ?? 0;
  return Float32Array.from({ length: facts.c_dim }, (_, i) => Math.max(0, 1 - Math.abs(place - i)));
}

/**
 * What truncation draws towards: the mean of w, of classes in order that at their place.
 * @param {Facts} facts
 * @param {Arrays} arrays
 * @param {import('./recipe.js').Recipe} recipe
 */
function centreOf(facts, { centres }, recipe) {
  if (centres.length === 1) return centres[0];
  const at = (placeOf(facts, recipe.condition) / (facts.c_dim - 1)) * (centres.length - 1);
  const below = Math.min(Math.floor(at), centres.length - 2), share = at - below;
  return centres[below].map((x, i) => x + share * (centres[below + 1][i] - x));
}

/**
 * @param {Facts} facts
 * @param {Arrays} arrays
 * @param {import('./recipe.js').Recipe} recipe
 * @param {Float32Array} w of the recipe's seed
 * @param {Float32Array | null} second of the second brain's seed
 */
export function wsOf(facts, arrays, recipe, w, second) {
  const { num_ws, w_dim } = facts, ws = new Float32Array(num_ws * w_dim);
  const centre = centreOf(facts, arrays, recipe);
  for (let layer = 0; layer < num_ws; layer++) {
    const psi = recipe.cutoff === null || layer < recipe.cutoff ? recipe.psi : 1;
    const weight = second ? recipe.mix.weights[layer] ?? 0 : 0;
    for (let i = 0; i < w_dim; i++) {
      const own = centre[i] + psi * (w[i] - centre[i]);
      const other = weight ? centre[i] + psi * (second[i] - centre[i]) : 0;
      ws[layer * w_dim + i] = own + weight * (weight ? other - own : 0);
    }
  }
  for (const edit of recipe.edits) {
    const number = facts.directions.findIndex((d) => d.key === edit.direction);
    const [first, end] = edit.layers ?? facts.directions[number].layers ?? [0, num_ws];
    const step = arrays.directions[number];
    for (let layer = first; layer < end; layer++) {
      for (let i = 0; i < w_dim; i++) ws[layer * w_dim + i] += edit.strength * step[i];
    }
  }
  return ws;
}
