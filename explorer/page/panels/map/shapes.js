// Values and places of dots, without a chart.

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

/**
 * A range with a share of it added at both ends.
 * @param {number} low @param {number} high @param {number} share
 * @returns {[number, number]}
 */
export function wider(low, high, share) {
  const more = share * (high - low) || 1;
  return [low - more, high + more];
}
