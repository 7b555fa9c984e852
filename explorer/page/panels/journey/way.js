// Key frames as values, and where one is on the way between them.

const OF_A_SEED = ['version', 'seed', 'psi', 'cutoff', 'class_index', 'condition', 'hold', 'own'];

/**
 * Whether a key frame is a seed without edits: only such ones have an arc in z.
 * @param {object} key
 */
export const plain = (key) => Object.keys(key).every((name) => OF_A_SEED.includes(name));

/**
 * The key frames that a page has kept; none if it is anything else.
 * @param {string | null} kept
 * @returns {object[]}
 */
export function keysIn(kept) {
  const found = JSON.parse(kept ?? '[]');
  const whole = Array.isArray(found) && found.every((key) => key && typeof key === 'object');
  return whole ? found : [];
}

/**
 * What a key frame is called.
 * @param {{ seed?: number, w?: string | null }} key
 */
export const called = (key) => (key.w ? 'a place' : `seed ${key.seed ?? 0}`)
  + (plain(key) || key.w ? '' : ' edited');

/**
 * How uneven changes are: standard deviation over mean.
 * @param {number[]} changes
 */
export function varies(changes) {
  const mean = changes.reduce((a, b) => a + b, 0) / changes.length;
  const square = changes.reduce((a, b) => a + (b - mean) ** 2, 0) / changes.length;
  return mean ? Math.sqrt(square) / mean : 0;
}

/**
 * The place at a share of the time, at equal speed.
 * @param {number} phase 0..1
 * @param {number[] | undefined} table places at equal steps of time; none: time is place
 */
export function placeAt(phase, table) {
  if (!table) return phase;
  const at = phase * (table.length - 1), i = Math.min(Math.floor(at), table.length - 2);
  return table[i] + (at - i) * (table[i + 1] - table[i]);
}

/**
 * The other way round: the share of the time at a place.
 * @param {number} t 0..1
 * @param {number[] | undefined} table as for `placeAt`
 */
export function phaseAt(t, table) {
  if (!table) return t;
  const i = Math.max(0, table.findLastIndex((x) => x <= t));
  if (i >= table.length - 1) return 1;
  return (i + (t - table[i]) / (table[i + 1] - table[i])) / (table.length - 1);
}
