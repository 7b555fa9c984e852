// Numbers with their intervals as marks with bars, one row below the other.
import { chartIn } from '../../shared/charts.js';

/**
 * A number of a claim: what it is of, which space or way it belongs to, and how it is written.
 * @typedef {{ name: string, of: string, value: number, low: number, high: number, says: string }} Reading
 *
 * A row of a chart.
 * @typedef {{ label: string, readings: Reading[] }} Row
 *
 * @typedef {object} Drawn
 * @property {Row[]} rows
 * @property {string} title of the axis
 * @property {[number, number]} [range] of it; from 0 to the largest if not given
 * @property {number} [line] a value that is marked
 * @property {Drawn} [below] rows with an axis of their own
 */

// Colours on white and on black, and a mark, so that colour is not all.
export const SPACES = {
  Z: ['#b45309', '#fbbf24', 'circle'], W: ['#0d9488', '#2dd4bf', 'square'],
  'W+': ['#7c3aed', '#a78bfa', 'diamond'], S: ['#2563eb', '#60a5fa', 'triangle-up'],
};
const APART = 0.2;  // of a row, between two marks

/**
 * A chart in a figure of the page, empty until `show`.
 * @param {HTMLElement} box
 * @param {string} name
 */
export function dotsIn(box, name) {
  /** @type {Drawn | null} */
  let drawn = null;
  const chart = chartIn(box, { name, figure });

  /** @param {import('../../shared/charts.js').Ink} ink @returns {import('../../shared/charts.js').Figure | null} */
  function figure(ink) {
    if (!drawn) return null;
    const { rows, below, title } = drawn;
    const all = rows.flatMap((row) => row.readings), of = new Set(all.map((r) => r.of));
    const names = [...Object.keys(SPACES).filter((space) => of.has(space)), ...of.has('') ? [''] : []];
    const reach = (one) => one.range ?? [0, 1.06 * Math.max(...one.rows.flatMap((row) => row.readings.map((r) => r.high)))];
    const one = Math.max(...rows.map((row) => row.readings.length)) < 2;
    const place = (space, i) => i - (one ? 0 : (names.indexOf(space) - (names.length - 1) / 2) * APART);
    const trace = (space, listed, axes, legend) => {
      const [light, dark, symbol] = SPACES[space] ?? [ink.text, ink.text, 'circle'], color = ink.dark ? dark : light;
      const found = listed.flatMap((row, i) => row.readings.filter((r) => r.of === space)
        .map((r) => ({ ...r, y: row.readings.length > 1 ? place(space, listed.length - 1 - i) : listed.length - 1 - i })));
      return {
        x: found.map((r) => r.value), y: found.map((r) => r.y), text: found.map((r) => r.says), name: space, ...axes,
        mode: 'markers', marker: { color, symbol, size: 9 }, showlegend: legend, cliponaxis: false,
        error_x: { type: 'data', symmetric: false, color, thickness: 2, width: 5,
          array: found.map((r) => r.high - r.value), arrayminus: found.map((r) => r.value - r.low) },
        hovertemplate: `${space && `${space}: `}%{text}<extra></extra>`,
      };
    };
    const ticks = (listed) => ({ tickvals: [...listed.keys()], ticktext: listed.map((row) => row.label).reverse(),
      range: [-0.6, listed.length - 0.4], zeroline: false, showgrid: false, ticks: 'outside', ticklen: 6, tickcolor: 'transparent' });
    const data = names.map((space) => trace(space, rows, {}, !one));
    const layout = {
      margin: { l: 116, t: one ? 10 : 30, b: 42 }, showlegend: !one, legend: { orientation: 'h', x: 0, y: 1.01, yanchor: 'bottom' },
      xaxis: { title: { text: title }, range: reach(drawn), zeroline: false }, yaxis: ticks(rows),
    };
    if (!below) return { data, layout, table: table(rows) };
    const others = [...new Set(below.rows.flatMap((row) => row.readings.map((r) => r.of)))];
    const part = 0.6 * below.rows.length / (rows.length + below.rows.length), next = part + 0.19;
    const word = (text, y) => ({ text, x: 1, xref: 'paper', y, yref: 'paper', xanchor: 'right', yanchor: 'top', yshift: -19, showarrow: false });
    return {
      data: [...data, ...others.map((space) => trace(space, below.rows, { xaxis: 'x2', yaxis: 'y2' }, false))],
      layout: { ...layout,
        xaxis: { range: reach(drawn), zeroline: false }, yaxis: { ...layout.yaxis, domain: [next, 1] },
        xaxis2: { range: reach(below), anchor: 'y2', fixedrange: true, zeroline: false, gridcolor: ink.grid, linecolor: ink.grid },
        yaxis2: { ...ticks(below.rows), domain: [0, part], fixedrange: true },
        shapes: below.line === undefined ? [] : [{ type: 'line', xref: 'x2', x0: below.line, x1: below.line, yref: 'paper', y0: 0, y1: part, line: { color: ink.text, width: 1, dash: 'dot' } }],
        annotations: [word(title, next), word(below.title, 0)] },
      table: table([...rows, ...below.rows]),
    };
  }
  const table = (rows) => ({
    head: ['What', 'Through', 'Value (95 % interval)'],
    rows: rows.flatMap((row) => row.readings.map((r) => [row.label, r.of, r.says])),
  });

  return {
    /** @param {Drawn} next */
    show(next) { drawn = next; return chart.draw(true); },
  };
}

/**
 * Readings of the same name in rows, in their order.
 * @param {Reading[]} readings
 * @returns {Row[]}
 */
export function rowsOf(readings) {
  const names = [...new Set(readings.map((r) => r.name))];
  return names.map((label) => ({ label, readings: readings.filter((r) => r.name === label) }));
}
