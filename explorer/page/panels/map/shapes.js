// Values and places of dots, without a canvas.

/**
 * Whether a place is inside a line that is drawn: an odd number of crossings to the right.
 * @param {number[][]} around places x, y, the last joined to the first
 * @param {number[]} place
 */
export function encloses(around, [x, y]) {
  let inside = false;
  around.forEach(([x1, y1], i) => {
    const [x2, y2] = around[(i + 1) % around.length];
    if ((y1 > y) !== (y2 > y) && x < x1 + (x2 - x1) * (y - y1) / (y2 - y1)) inside = !inside;
  });
  return inside;
}

/**
 * The range of values, and the one without the outermost 2 % at each end.
 * @param {(number | null)[]} values null are left out
 */
export function spread(values) {
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))] ?? 0;
  return { low: at(0), high: at(1), from: at(0.02), to: at(0.98) };
}

/**
 * The next place to one side; itself where there is none.
 * @param {(number[] | null)[]} spots x, y of each
 * @param {number} from number of the present one
 * @param {number[]} side such as [1, 0], to the right
 */
export function neighbour(spots, from, [dx, dy]) {
  const [x, y] = spots[from];
  let best = from, least = Infinity;
  spots.forEach((spot, i) => {
    if (!spot || i === from) return;
    const along = (spot[0] - x) * dx + (spot[1] - y) * dy, aside = Math.abs((spot[0] - x) * dy) + Math.abs((spot[1] - y) * dx);
    if (along > 0.5 && aside <= along && along + aside < least) { best = i; least = along + aside; }
  });
  return best;
}

/** Decimals that a range needs. @type {(low: number, high: number) => number} */
export const digits = (low, high) => (high - low > 20 ? 0 : high - low > 2 ? 1 : 2);
/** @type {(v: number, places: number) => string} */
export const decimal = (v, places) => v.toFixed(places).replace('-', '−');
/** @param {string} a a colour, as #rrggbb @param {string} b another @param {number} t share of it */
export const blend = (a, b, t) => [1, 3, 5].map((i) => Math.round(
  parseInt(a.slice(i, i + 2), 16) * (1 - t) + parseInt(b.slice(i, i + 2), 16) * t));
