// Real slices on the map, hollow among the model's own brains.
import { within } from '../../shared/nodes.js';
import { decimal } from './shapes.js';

const shade = () => (document.body.classList.contains('dark') ? '#f0abfc' : '#a21caf');

/**
 * @param {import('../../shared/part.js').Part} part
 * @param {import('./map.js').Sheet} sheet
 */
export function realOf({ element, props }, sheet) {
  const $ = within(element);
  const box = $('[name=mp-real]'), says = $('.mp-real-says');
  const answers = new Map();  // of an axis by key: { values or null, note }
  let spots = [], pointed = -1;
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

  function paint(pen) {
    spots = sheet.data.real ? sheet.data.real.x.map((v, i) => (v === null || sheet.data.real.y[i] === null ? null : [sheet.view.x(v), sheet.view.y(sheet.data.real.y[i])])) : [];
    pen.strokeStyle = shade();
    pen.lineWidth = 1;
    for (const spot of spots) {
      if (!spot) continue;
      pen.beginPath();
      pen.arc(spot[0], spot[1], 3, 0, 7);
      pen.stroke();
    }
  }

  function explain() {
    if (!sheet.data.real) return;
    const item = document.createElement('span'), ring = document.createElement('b');
    ring.className = 'mp-hollow';
    ring.style.color = shade();
    const count = spots.length < props.reals ? `${spots.length.toLocaleString('en')} of ${props.reals.toLocaleString('en')}` : props.reals.toLocaleString('en');
    item.append(ring, `${count} real slices`);
    sheet.legend.append(item);
  }

  // The real slice under a spot, -1 where there is none or one of the model's brains is nearer.
  function at([x, y]) {
    const apart = (spot) => (spot ? (spot[0] - x) ** 2 + (spot[1] - y) ** 2 : Infinity);
    let best = -1;
    spots.forEach((spot, i) => { if (apart(spot) < (best < 0 ? 64 : apart(spots[best]))) best = i; });
    const brain = sheet.closest(x, y);
    return best >= 0 && brain >= 0 && apart(sheet.spots[brain]) <= apart(spots[best]) ? -1 : best;
  }

  // What is known of it: numbers, never whose it is.
  function point(i, clicked = false) {
    if (i === pointed && !clicked) return;
    const was = pointed;
    pointed = i;
    if (i < 0) { if (was >= 0 && sheet.pointed < 0) sheet.card.hidden = true; return; }
    const facts = ['x', 'y'].map((side, k) => {
      const { name, unit, kind } = sheet.axis(sheet.data.keys[k]), v = sheet.data.real[side][i];
      return `${kind === 'value' ? '' : 'about '}${name} ${decimal(v, Math.abs(v) < 10 ? 2 : 1)}${unit ? ` ${unit}` : ''}`;
    });
    sheet.card.querySelector('img').hidden = true;
    sheet.card.querySelector('figcaption').textContent = `A real slice: ${[...new Set(facts)].join(', ')}${clicked ? '. It has no recipe to go to.' : ''}`;
    sheet.card.hidden = false;
    sheet.beside(spots[i]);
  }

  box.addEventListener('change', () => { sheet.point(-1); point(-1); sheet.load(); });
  return { columns, paint, explain, at, point };
}
