// Sizes, times and limits, as the page writes and reads them.

/** @param {number} bytes */
export const megabytes = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB`
  : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`);

/** @param {number} s seconds */
export const duration = (s) => (s < 90 ? `${Math.max(1, Math.round(s))} s`
  : s < 5400 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`);

/**
 * A limit as it is typed or chosen: "12.5" is a value, "p33" a percentile, nothing is none.
 * @param {string | null | undefined} text
 * @returns {{ value: number, percentile: boolean } | null}
 */
export function limit(text) {
  if (!text) return null;
  const percentile = text.startsWith('p');
  return { value: Number(percentile ? text.slice(1) : text), percentile };
}
