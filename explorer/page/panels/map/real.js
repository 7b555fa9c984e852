// Real slices on the map, hollow among the model's own brains.
import { decimal } from '../../shared/decimals.js';
import { within } from '../../shared/nodes.js';

/**
 * @param {import('../../shared/part.js').Part} part
 * @param {import('./map.js').Sheet} sheet
 */
export function realOf({ element, props }, sheet) {
  const $ = within(element);
  const box = $('[name=mp-real]'), says = $('.mp-real-says');
  const answers = new Map();  // of an axis by key: { values or null, note }
  $('.mp-tick').hidden = !props.reals;
  says.textContent = props.reals_problem;

  // { points: { x, y } of real slices on two axes, null where they are not wanted or have no place, note }.
  async function columns(...keys) {
    if (!box.checked) return { points: null, note: props.reals_problem };
    for (const key of keys.filter((k) => !answers.has(k))) {
      const answer = await sheet.ask('reals', { axis: key });
      if (answer.note === undefined) throw new Error(answer.error);
      answers.set(key, answer);
    }
    const [x, y] = keys.map((key) => answers.get(key));
    const missing = [x, y].filter((answer) => !answer.values);
    const notes = (missing.length ? missing : [x, y]).map((answer) => answer.note).filter(Boolean);
    return { points: missing.length ? null : { x: x.values, y: y.values }, note: [...new Set(notes)].join(' ') };
  }

  /** @param {import('../../shared/charts.js').Ink} ink */
  function trace(ink) {
    const { x, y } = sheet.data.real, placed = [...x.keys()].filter((i) => x[i] !== null && y[i] !== null);
    const shown = x.length.toLocaleString('en'), all = props.reals.toLocaleString('en');
    return {
      type: ink.points, mode: 'markers', meta: 'real', name: `${x.length < props.reals ? `${shown} of ${all}` : all} real slices`,
      x: placed.map((i) => x[i]), y: placed.map((i) => y[i]), customdata: placed, hoverinfo: 'none',
      marker: { symbol: 'circle-open', size: 7, color: ink.dark ? '#f0abfc' : '#a21caf', line: { width: 1.2 } },
      selected: { marker: { opacity: 1 } }, unselected: { marker: { opacity: 1 } },
    };
  }

  // What is known of it: numbers, never whose it is.
  function point(i, clicked = false) {
    const { x, y } = sheet.chart.view(), { data } = sheet;
    const facts = ['x', 'y'].map((side, k) => {
      const { name, unit, kind } = sheet.axis(data.keys[k]), v = data.real[side][i];
      return `${kind === 'value' ? '' : 'about '}${name} ${decimal(v, Math.abs(v) < 10 ? 2 : 1)}${unit ? ` ${unit}` : ''}`;
    });
    sheet.card.querySelector('img').hidden = true;
    sheet.card.querySelector('figcaption').textContent = `A real slice: ${[...new Set(facts)].join(', ')}${clicked ? '. It has no recipe to go to.' : ''}`;
    sheet.card.hidden = false;
    sheet.beside([x(data.real.x[i]), y(data.real.y[i])]);
  }

  box.addEventListener('change', () => { sheet.point(-1); sheet.load(); });
  return { columns, trace, point };
}
