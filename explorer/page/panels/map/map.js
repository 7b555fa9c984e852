// The map. Dots are drawn once on one canvas; what moves (the ring of the present picture, the dot
// pointed at, a line being drawn) on another above it. Nothing is asked for while the tab is shut.
// map_real.js and map_groups.js go on where this ends.
const frame = $('.mp-frame'), dots = $('.mp-dots'), top_ = $('.mp-top'), card = $('.mp-card');
const across = $('[name=mp-across]'), up = $('[name=mp-up]'), colour = $('[name=mp-colour]');
const form = $('.mp-make'), slide = $('.mp-slide'), legend = $('.mp-legend');
const RAMP = ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'];  // cividis: safe for all eyes
const DARK_RAMP = ['#35618f', '#5b7f95', '#8a9a8f', '#b3a973', '#d9c257', '#fee838'];  // the same, off black
const CLASS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];  // Okabe and Ito
const NEAR = 20, EDGE = { left: 46, right: 12, top: 12, bottom: 34 };
const GROUPS = [['more', '#dc2626', 'A'], ['less', '#2563eb', 'B']];
const visible = () => top_.isConnected && top_.offsetParent !== null;
const dark = () => document.body.classList.contains('dark');
const say = (text) => { $('.mp-says').textContent = text || ''; };

let loading = 0;  // the newest choice of axes
let axes = [], classes = null, data = null;  // data: { x, y, c, real } of what is drawn
let spots = [], view = null, here = null, nearest = false, pointed = -1, mode = 'go', line = null;
const groups = { more: new Set(), less: new Set() };
const columns = new Map();  // values of an axis by key: the model's, so they never change

async function ask(name, posted) {
  const mine = loading;
  for (;;) {
    const answer = await server[name](posted).catch(() => undefined);
    if (!answer?.again) return answer ?? { error: SILENT };
    if (mine === loading) say(posted.axis?.startsWith('tsne') ? 'The t-SNE is being computed, once for this model: about a minute …' : answer.error);
    do { await pause(1500); } while (element.isConnected && !visible());
    if (!element.isConnected) return { error: '' };
  }
}

function fill(select, list, chosen) {
  const labels = { pca: 'PCA of w', measured: 'Directions', value: 'Measured', tsne: 't-SNE' };
  select.replaceChildren(...Object.entries(labels).map(([kind, label]) => {
    const group = document.createElement('optgroup');
    group.label = label;
    list.filter((a) => a.kind === kind).forEach((a) => group.append(new Option(a.name, a.key)));
    return group;
  }).filter((group) => group.children.length));
  select.value = chosen;
}

async function begin() {
  const answer = await ask('axes', {});
  if (!answer.axes) { say(answer.error); return; }
  ({ axes, classes } = answer);
  const values = axes.filter((a) => a.kind === 'value');
  fill(across, axes, 'pca1');
  fill(up, axes, axes.some((a) => a.key === 'pca2') ? 'pca2' : 'pca1');
  fill(colour, values, values[0].key);
  if (classes) colour.prepend(new Option('Class', 'class', true, true));
  load();
}

const axis = (key) => axes.find((a) => a.key === key) ?? { name: 'Class', unit: '' };
async function column(key) {
  if (key === 'class') return classes;
  if (!columns.has(key)) {
    const answer = await ask('points', { axis: key });
    if (!answer.values) throw new Error(answer.error);
    columns.set(key, answer.values);
  }
  return columns.get(key);
}

async function load() {
  const mine = ++loading;
  try {
    const found = { x: await column(across.value), y: await column(up.value), c: await column(colour.value), keys: [across.value, up.value, colour.value] };
    const real = await realColumns(across.value, up.value);
    if (mine !== loading) return;
    data = { ...found, real: real.points };
    realSays.textContent = real.note;
    here = null;
    say('');
    paint();
    follow(window.brain.recipe);
  } catch (error) { if (mine === loading) say(error.message); }
}

const spread = (values) => {
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))] ?? 0;
  return { low: at(0), high: at(1), from: at(0.02), to: at(0.98) };
};
const mix = (a, b, t) => [1, 3, 5].map((i) => Math.round(
  parseInt(a.slice(i, i + 2), 16) * (1 - t) + parseInt(b.slice(i, i + 2), 16) * t));
function tint(share) {
  const ramp = dark() ? DARK_RAMP : RAMP, at = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const i = Math.min(Math.floor(at), ramp.length - 2);
  return `rgb(${mix(ramp[i], ramp[i + 1], at - i)})`;
}
const digits = (low, high) => (high - low > 20 ? 0 : high - low > 2 ? 1 : 2);
const decimal = (v, places) => v.toFixed(places).replace('-', '−');

function size(canvas) {
  const scale = window.devicePixelRatio || 1, pen = canvas.getContext('2d');
  canvas.width = frame.clientWidth * scale;
  canvas.height = frame.clientHeight * scale;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  return pen;
}

function paint() {
  if (!data || !visible()) return;
  const pen = size(dots), ink = getComputedStyle(element).color;
  const x = spread(data.x.concat(data.real?.x ?? [])), y = spread(data.y.concat(data.real?.y ?? [])), c = spread(data.c);
  const width = frame.clientWidth - EDGE.left - EDGE.right, height = frame.clientHeight - EDGE.top - EDGE.bottom;
  view = {
    x: (v) => EDGE.left + width * (v - x.low) / ((x.high - x.low) || 1),
    y: (v) => EDGE.top + height * (1 - (v - y.low) / ((y.high - y.low) || 1)),
  };
  spots = data.x.map((v, i) => (v === null || data.y[i] === null ? null : [view.x(v), view.y(data.y[i])]));
  const byClass = data.keys[2] === 'class';
  spots.forEach((spot, i) => {
    if (!spot) return;
    const v = data.c[i];
    pen.fillStyle = v === null ? '#888' : byClass ? CLASS[v % CLASS.length] : tint((v - c.from) / ((c.to - c.from) || 1));
    pen.beginPath();
    pen.arc(spot[0], spot[1], 2.6, 0, 7);
    pen.fill();
  });
  paintReal(pen);
  pen.fillStyle = ink;
  pen.font = '12px system-ui, sans-serif';
  const name = (key) => axis(key).name + (axis(key).unit ? ` (${axis(key).unit})` : '');
  const bottom = frame.clientHeight - 8, tick = (v, s) => decimal(v, digits(s.low, s.high));
  if (axis(data.keys[0]).kind !== 'tsne') {
    pen.textAlign = 'left'; pen.fillText(tick(x.low, x), EDGE.left, bottom);
    pen.textAlign = 'right'; pen.fillText(tick(x.high, x), EDGE.left + width, bottom);
  }
  pen.textAlign = 'center';
  pen.fillText(name(data.keys[0]), EDGE.left + width / 2, bottom);
  pen.textAlign = 'right';
  if (axis(data.keys[1]).kind !== 'tsne') {
    pen.fillText(tick(y.high, y), EDGE.left - 8, EDGE.top + 10);
    pen.fillText(tick(y.low, y), EDGE.left - 8, EDGE.top + height);
  }
  pen.save();
  pen.translate(16, EDGE.top + height / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = 'center';
  pen.fillText(name(data.keys[1]), 0, 0);
  pen.restore();
  explain(c, byClass);
  explainReal();
  mark();
}

function explain(c, byClass) {
  legend.hidden = false;
  if (byClass) {
    legend.replaceChildren(...props.classes.map((name, i) => {
      const item = document.createElement('span'), spot = document.createElement('b');
      spot.style.background = CLASS[i % CLASS.length];
      item.append(spot, name);
      return item;
    }));
    return;
  }
  const { name, unit } = axis(data.keys[2]), bar = document.createElement('i');
  bar.style.background = `linear-gradient(90deg, ${[0, 0.2, 0.4, 0.6, 0.8, 1].map(tint)})`;
  const text = (content) => Object.assign(document.createElement('span'), { textContent: content });
  const show = (v) => `${decimal(v, digits(c.from, c.to))} ${unit}`;
  legend.replaceChildren(text(`${name}:`), text(show(c.from)), bar, text(show(c.to)));
}

function mark() {
  if (!view) return;
  const pen = size(top_);
  for (const [name, shade] of GROUPS) {
    pen.strokeStyle = shade;
    pen.lineWidth = 1.5;
    for (const i of groups[name]) {
      if (!spots[i]) continue;
      pen.beginPath();
      pen.arc(spots[i][0], spots[i][1], 4, 0, 7);
      pen.stroke();
    }
  }
  if (here && here[0] !== null && here[1] !== null) {
    const inside = (v, low, high) => Math.min(high, Math.max(low, v));
    const spot = [inside(view.x(here[0]), 10, frame.clientWidth - 10), inside(view.y(here[1]), 10, frame.clientHeight - 10)];
    for (const [shade, width] of [['#fff', 6], ['#be123c', 3]]) {
      pen.strokeStyle = shade;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(spot[0], spot[1], 8, 0, 7);
      pen.stroke();
    }
  }
  if (pointed >= 0 && spots[pointed]) {
    pen.strokeStyle = getComputedStyle(element).color;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(spots[pointed][0], spots[pointed][1], 5.5, 0, 7);
    pen.stroke();
  }
  if (line) {
    pen.strokeStyle = GROUPS.find(([name]) => name === mode)[1];
    pen.lineWidth = 2;
    pen.setLineDash([5, 3]);
    pen.beginPath();
    line.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.stroke();
    pen.setLineDash([]);
  }
}

// The ring follows the picture: one question at a time, newest wins. Where the picture must be
// measured for it, only once the hand rests.
let wanted = null, following = false;
async function follow(recipe) {
  wanted = recipe;
  if (following || !data) return;
  following = true;
  while (wanted && data && visible()) {
    const recipe = wanted, [x, y] = data.keys;
    wanted = null;
    const answer = await server.place({ recipe, across: x, up: y }).catch(() => undefined);
    if (x !== data.keys[0] || y !== data.keys[1]) continue;
    if (!answer?.at) { here = null; mark(); continue; }  // no ring rather than one of another picture
    here = answer.at;
    if (nearest !== answer.nearest || nearest) {
      nearest = answer.nearest;
      say(nearest ? 't-SNE cannot place new pictures: the ring is at the sample whose w is nearest.' : '');
    }
    mark();
  }
  following = false;
}
const quick = () => data && data.keys.slice(0, 2).every((key) => axis(key).kind !== 'value');
document.addEventListener('frame', (event) => { if (quick() && visible()) follow(event.detail); });
document.addEventListener('rest', (event) => { if (data && !quick() && visible()) follow(event.detail); });

// Pictures of samples: one question at a time, newest wins; the last hundred stay.
const seen = new Map();
let next = -1, fetching = false;
async function picture(i) {
  next = i;
  if (fetching) return;
  fetching = true;
  while (next >= 0) {
    const number = next;
    next = -1;
    if (!seen.has(number)) {
      const answer = await server.sample({ sample: number }).catch(() => undefined);
      if (!answer?.recipe) continue;
      if (seen.size >= 100) seen.delete(seen.keys().next().value);
      seen.set(number, answer);
    }
    if (number === pointed) card.querySelector('img').src = seen.get(number).src;
  }
  fetching = false;
}

const value = (key, i) => {
  const v = key === 'class' ? classes[i] : columns.get(key)[i], { name, unit, kind } = axis(key);
  if (kind === 'tsne') return '';
  if (key === 'class') return `class ${props.classes[v]}`;
  return v === null ? `${name}: not measured` : `${name} ${decimal(v, Math.abs(v) < 10 ? 2 : 1)}${unit ? ` ${unit}` : ''}`;
};
function point(i, speak = false) {
  pointed = i;
  mark();
  card.hidden = i < 0;
  if (i < 0) return;
  const facts = [...new Set(data.keys)].map((key) => value(key, i)).filter(Boolean);
  card.querySelector('figcaption').textContent = facts.join(', ');
  card.querySelector('img').hidden = false;
  card.querySelector('img').removeAttribute('src');
  if (seen.has(i)) card.querySelector('img').src = seen.get(i).src;
  beside(spots[i]);
  picture(i);
  if (speak) $('.mp-spoken').textContent = `Brain ${i + 1} of ${spots.length}: ${facts.join(', ')}`;
}

function beside([x, y]) {
  card.style.left = `${x > frame.clientWidth / 2 ? x - 126 : x + 12}px`;
  card.style.top = `${Math.min(Math.max(2, y - 60), frame.clientHeight - 170)}px`;
}

async function go(i) {
  if (i < 0) return;
  const answer = seen.get(i) ?? await server.sample({ sample: i }).catch(() => undefined);
  if (!answer?.recipe) { say(lost(answer)); return; }
  const { noise, own } = window.brain.recipe;
  window.brain.restore({ ...window.brain.defaults, noise, own, ...answer.recipe });
}

function closest(x, y, most = 14) {
  let best = -1, distance = most ** 2;
  spots.forEach((spot, i) => {
    const d = spot ? (spot[0] - x) ** 2 + (spot[1] - y) ** 2 : Infinity;
    if (d < distance) { best = i; distance = d; }
  });
  return best;
}
const at = (event) => { const box = top_.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };

top_.addEventListener('pointerdown', (event) => {
  if (mode === 'go' || !view) return;
  top_.setPointerCapture(event.pointerId);
  line = [at(event)];
});
top_.addEventListener('pointermove', (event) => {
  if (!view) return;
  if (line) { line.push(at(event)); mark(); return; }
  const spot = at(event), real = realAt(spot), i = real < 0 ? closest(...spot) : -1;
  if (i !== pointed) point(i);
  pointReal(real);
});
top_.addEventListener('pointerleave', () => { if (!line) { point(-1); pointReal(-1); } });
top_.addEventListener('pointercancel', () => { line = null; mark(); });
top_.addEventListener('pointerup', (event) => {
  if (mode === 'go' && realAt(at(event)) >= 0) { point(-1); pointReal(realAt(at(event)), true); return; }
  if (mode === 'go') { const i = closest(...at(event), 20); point(i); go(i); return; }
  if (line?.length > 2) take(mode, spots.flatMap((spot, i) => (spot && within(spot, line) ? [i] : [])));
  line = null;
  mark();
});
