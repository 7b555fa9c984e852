// The map, continued in the scope of map.js: real slices, hollow among the model's own brains.
const realBox = $('[name=mp-real]'), realSays = $('.mp-real-says');
const realShade = () => (dark() ? '#f0abfc' : '#a21caf');
const realAnswers = new Map();  // of an axis by key: { values or null, note }
let realSpots = [], realPointed = -1;
$('.mp-tick').hidden = !props.reals;
realSays.textContent = props.reals_problem;

// { points: { x, y } of real slices on two axes, null where they are not wanted or have no place, note }.
async function realColumns(...keys) {
  if (!realBox.checked) return { points: null, note: props.reals_problem };
  for (const key of keys.filter((k) => !realAnswers.has(k))) {
    const answer = await ask('reals', { axis: key });
    if (answer.note === undefined) throw new Error(answer.error);
    realAnswers.set(key, answer);
  }
  const [x, y] = keys.map((key) => realAnswers.get(key));
  const missing = [x, y].filter((answer) => !answer.values);
  const notes = (missing.length ? missing : [x, y]).map((answer) => answer.note).filter(Boolean);
  return { points: missing.length ? null : { x: x.values, y: y.values }, note: [...new Set(notes)].join(' ') };
}

function paintReal(pen) {
  realSpots = data.real ? data.real.x.map((v, i) => (v === null || data.real.y[i] === null ? null : [view.x(v), view.y(data.real.y[i])])) : [];
  pen.strokeStyle = realShade();
  pen.lineWidth = 1;
  for (const spot of realSpots) {
    if (!spot) continue;
    pen.beginPath();
    pen.arc(spot[0], spot[1], 3, 0, 7);
    pen.stroke();
  }
}

function explainReal() {
  if (!data.real) return;
  const item = document.createElement('span'), ring = document.createElement('b');
  ring.className = 'mp-hollow';
  ring.style.color = realShade();
  const count = realSpots.length < props.reals ? `${realSpots.length.toLocaleString('en')} of ${props.reals.toLocaleString('en')}` : props.reals.toLocaleString('en');
  item.append(ring, `${count} real slices`);
  legend.append(item);
}

// The real slice under a spot, -1 where there is none or one of the model's brains is nearer.
function realAt([x, y]) {
  const apart = (spot) => (spot ? (spot[0] - x) ** 2 + (spot[1] - y) ** 2 : Infinity);
  let best = -1;
  realSpots.forEach((spot, i) => { if (apart(spot) < (best < 0 ? 64 : apart(realSpots[best]))) best = i; });
  const brain = closest(x, y);
  return best >= 0 && brain >= 0 && apart(spots[brain]) <= apart(realSpots[best]) ? -1 : best;
}

// What is known of it: numbers, never whose it is.
function pointReal(i, clicked = false) {
  if (i === realPointed && !clicked) return;
  const was = realPointed;
  realPointed = i;
  if (i < 0) { if (was >= 0 && pointed < 0) card.hidden = true; return; }
  const facts = ['x', 'y'].map((side, k) => {
    const { name, unit, kind } = axis(data.keys[k]), v = data.real[side][i];
    return `${kind === 'value' ? '' : 'about '}${name} ${decimal(v, Math.abs(v) < 10 ? 2 : 1)}${unit ? ` ${unit}` : ''}`;
  });
  card.querySelector('img').hidden = true;
  card.querySelector('figcaption').textContent = `A real slice: ${[...new Set(facts)].join(', ')}${clicked ? '. It has no recipe to go to.' : ''}`;
  card.hidden = false;
  beside(realSpots[i]);
}

realBox.addEventListener('change', () => { point(-1); pointReal(-1); load(); });
