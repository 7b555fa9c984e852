// Tables whose cells are as strongly coloured as their numbers are large.
import { decimal } from '../../shared/decimals.js';
import { text } from '../../shared/nodes.js';

/** @param {{ value: number | null, says: string }} cell @param {string} [hue] */
function coloured(cell, hue = 'var(--accent)') {
  const td = text('td', '');
  const [number, span = ''] = cell.says.split(' (');
  td.append(text('span', number), ...(span ? [text('small', `(${span}`)] : []));
  td.style.setProperty('--size', String(Math.min(1, Math.abs(cell.value ?? 0))));
  td.style.setProperty('--hue', hue);
  return td;
}
const signed = (cell) => coloured(cell, cell.value < 0 ? 'var(--less)' : 'var(--more)');

/** A table that scrolls by itself, with keys too. */
function framed(name, head, body, className) {
  const box = document.createElement('div'), table = document.createElement('table');
  box.className = `lb-scroll ${className}`;
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', name);
  const top = document.createElement('thead'), rows = document.createElement('tbody'), line = document.createElement('tr');
  line.append(...head.map((h) => { const th = text('th', h); th.scope = 'col'; return th; }));
  top.append(line);
  rows.append(...body.map((cells) => { const tr = document.createElement('tr'); tr.append(...cells); return tr; }));
  table.append(top, rows);
  box.append(table);
  return box;
}
function rowHead(name, mark) {
  const th = text('th', name);
  th.scope = 'row';
  if (mark) th.append(text('small', mark, ['alike', MARKS.unsure].includes(mark) ? '' : 'lb-mark'));
  return th;
}

/**
 * Measurements against groups of layers.
 * @param {HTMLElement} box
 * @param {{ groups: string[], rows: { name: string, cells: { value: number | null, says: string }[] }[] }} card
 */
export function showLayers(box, { groups, rows }) {
  const body = rows.map(({ name, cells }) => [rowHead(name), ...cells.map((cell) => coloured({ ...cell, value: Math.max(0, cell.value ?? 0) }))]);
  box.replaceChildren(framed('Measurements against groups of layers', ['R² from', ...groups], body, 'lb-heat'));
}

/**
 * Pairs of measurements, and the same as a matrix.
 * @param {HTMLElement} box
 * @param {{ pairs: any[], names: string[] }} card
 */
export function showPairs(box, { pairs, names }) {
  const body = pairs.map((p) => [rowHead(`${p.first}, ${p.second}`, p.mark), signed(p.people), signed(p.model), signed(p.difference)]);
  const table = framed('Pairs of measurements, those that differ most first', ['Pair', 'r in people', 'r in the model', 'Difference'], body, 'lb-heat lb-pairs');
  const fold = document.createElement('details');
  fold.open = Boolean(box.querySelector('details')?.open);
  const kept = names.filter((name) => pairs.some((p) => [p.first, p.second].includes(name)));
  const matrix = kept.map((row, i) => [rowHead(`${i + 1} ${row}`), ...kept.map((column, j) => {
    const pair = pairs.find((p) => [p.first, p.second].includes(row) && [p.first, p.second].includes(column));
    if (i === j || !pair) return text('td', '');
    const one = j > i ? pair.people : pair.model;
    const td = signed({ value: one.value, says: one.says.split(' (')[0] });
    td.title = `${row}, ${column}, ${j > i ? 'people' : 'model'}: ${one.says}`;
    if (pair.mark !== 'alike') td.classList.add('lb-differs');
    return td;
  })]);
  fold.append(text('summary', 'As a matrix'),
    framed('Correlations: above the diagonal in people, below in the model', ['', ...kept.map((_, i) => i + 1)], matrix, 'lb-heat lb-matrix'),
    text('p', 'Above the diagonal: people. Below: the model. Underlined: they surely differ.'));
  box.replaceChildren(table, fold);
}

/** @param {number} value */
const written = (value) => decimal(value, 2);

/** Where one network does not tell what the other does. */
function untold() {
  const td = text('td', '–');
  td.title = 'Cannot be told';
  return td;
}

const MARKS = { above: 'surely differ', below: 'surely differ', unsure: 'cannot be told apart' };

/**
 * The figures of two networks.
 * @param {HTMLElement} box
 * @param {{ rows: { label: string, mark: string, cells: { says: string, number: string }[] }[], sides: { name: string }[] }} found
 */
export function showFigures(box, { rows, sides }) {
  const body = rows.map(({ label, mark, cells }) => [rowHead(label, MARKS[mark]), ...cells.map(({ says, number }) => {
    const td = text('td', ''), [value, span = ''] = says.split(' (');
    td.append(text('span', value), ...(number ? [text('small', span ? `(${span}, ${number}` : number)] : []));
    return td;
  })]);
  box.replaceChildren(framed('Figures of both networks', ['', ...sides.map(({ name }) => name)], body, 'lb-heat ds-table'));
}

/**
 * What one step along each axis does in each network.
 * @param {HTMLElement} box
 * @param {{ name: string, effects: { brains: number, axes: number, rows: { name: string, cells: { value: number | null, margin: number | null }[] }[] } | null }[]} sides
 */
export function showEffects(box, sides) {
  box.replaceChildren(...sides.map(({ name, effects }) => {
    const part = document.createElement('div');
    if (!effects) { part.append(text('p', `${name}: not measured yet.`)); return part; }
    const body = effects.rows.map(({ name: row, cells }) => [rowHead(row), ...cells.map(({ value, margin }) => {
      if (value === null) return untold();
      const td = signed({ value, says: written(value) });
      td.append(text('small', `± ${(margin ?? 0).toFixed(2)}`));
      if (Math.abs(value) <= (margin ?? 0)) td.style.setProperty('--size', '0');
      return td;
    })]);
    const head = [name, ...Array.from({ length: effects.axes }, (_, i) => `Axis ${i + 1}`)];
    part.append(framed(`What moves what in ${name}`, head, body, 'lb-heat'),
      text('p', `SD of each measurement for one step, ± 95 % interval, over ${effects.brains} brains. Without colour: not surely anything. –: cannot be told.`));
    return part;
  }));
}
