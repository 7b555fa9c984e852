// The map. Dots are drawn once on one canvas; what moves (the ring of the present picture, the dot
// pointed at, a line being drawn) on another above it. Nothing is asked for while the tab is shut.
import { lost, pause, SILENT } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { text, within } from '../../shared/nodes.js';
import { groupsOf } from './groups.js';
import { realOf } from './real.js';
import { blend, decimal, digits, encloses, spread } from './shapes.js';

/**
 * What is on the map, for the parts of it that have files of their own.
 * @typedef {object} Sheet
 * @property {{ x: number[], y: number[], c: number[], keys: string[], real: { x: number[], y: number[] } | null } | null} data
 * @property {(number[] | null)[]} spots where its dots are, in CSS pixels
 * @property {{ x: (v: number) => number, y: (v: number) => number } | null} view from values to pixels
 * @property {(number | null)[] | null} here where the picture is, in values
 * @property {number} pointed number of the dot pointed at, or -1
 * @property {string} mode 'go', or the group that a line is drawn for
 * @property {{ more: Set<number>, less: Set<number> }} groups
 * @property {any} frame all of it @property {any} top its upper canvas
 * @property {any} card beside a dot @property {any} legend below
 * @property {(name: string, posted: any) => Promise<any>} ask
 * @property {(key: string) => any} axis what is known of an axis
 * @property {(x: number, y: number, most?: number) => number} closest number of the dot near a place, or -1
 * @property {(spot: number[]) => void} beside puts the card beside a place
 * @property {(i: number, speak?: boolean) => void} point at a dot
 * @property {() => void} load draws the chosen axes
 * @property {(i: number) => void} go to the brain of a dot
 * @property {() => void} mark draws what moves
 */

const RAMP = ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'];  // cividis: safe for all eyes
const DARK_RAMP = ['#35618f', '#5b7f95', '#8a9a8f', '#b3a973', '#d9c257', '#fee838'];  // the same, off black
const CLASS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];  // Okabe and Ito
const EDGE = { left: 46, right: 12, top: 12, bottom: 34 };
const GROUPS = [['more', '#dc2626', 'A'], ['less', '#2563eb', 'B']];
const dark = () => document.body.classList.contains('dark');

function tint(share) {
  const ramp = dark() ? DARK_RAMP : RAMP, at = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const i = Math.min(Math.floor(at), ramp.length - 2);
  return `rgb(${blend(ramp[i], ramp[i + 1], at - i)})`;
}

/** @param {import('../../shared/part.js').Part} part */
export function start(part) {
  const { element, props, server } = part, $ = within(element);
  const frame = $('.mp-frame'), dots = $('.mp-dots'), top_ = $('.mp-top'), card = $('.mp-card');
  const across = $('[name=mp-across]'), up = $('[name=mp-up]'), colour = $('[name=mp-colour]');
  const legend = $('.mp-legend');
  const visible = () => top_.isConnected && top_.offsetParent !== null;
  const say = (text) => { $('.mp-says').textContent = text || ''; };

  let loading = 0;  // the newest choice of axes
  let axes = [], classes = null, nearest = false, line = null;
  /** @type {Sheet} */
  const sheet = {
    data: null, spots: [], view: null, here: null, pointed: -1, mode: 'go',
    groups: { more: new Set(), less: new Set() },
    frame, top: top_, card, legend, ask, axis, closest, beside, point, load, go, mark,
  };
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
    axes = answer.axes;
    classes = answer.classes;
    const values = axes.filter((a) => a.kind === 'value');
    fill(across, axes, 'pca1');
    fill(up, axes, axes.some((a) => a.key === 'pca2') ? 'pca2' : 'pca1');
    fill(colour, values, values[0].key);
    if (classes) colour.prepend(new Option('Class', 'class', true, true));
    load();
  }

  function axis(key) { return axes.find((a) => a.key === key) ?? { name: 'Class', unit: '' }; }
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
      const slices = await real.columns(across.value, up.value);
      if (mine !== loading) return;
      sheet.data = { ...found, real: slices.points };
      $('.mp-real-says').textContent = slices.note;
      sheet.here = null;
      say('');
      paint();
      follow(brain.recipe);
    } catch (error) { if (mine === loading) say(error.message); }
  }

  function size(canvas) {
    const scale = window.devicePixelRatio || 1, pen = canvas.getContext('2d');
    canvas.width = frame.clientWidth * scale;
    canvas.height = frame.clientHeight * scale;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    return pen;
  }

  function paint() {
    if (!sheet.data || !visible()) return;
    const pen = size(dots), ink = getComputedStyle(element).color;
    const x = spread(sheet.data.x.concat(sheet.data.real?.x ?? [])), y = spread(sheet.data.y.concat(sheet.data.real?.y ?? [])), c = spread(sheet.data.c);
    const width = frame.clientWidth - EDGE.left - EDGE.right, height = frame.clientHeight - EDGE.top - EDGE.bottom;
    sheet.view = {
      x: (v) => EDGE.left + width * (v - x.low) / ((x.high - x.low) || 1),
      y: (v) => EDGE.top + height * (1 - (v - y.low) / ((y.high - y.low) || 1)),
    };
    sheet.spots = sheet.data.x.map((v, i) => (v === null || sheet.data.y[i] === null ? null : [sheet.view.x(v), sheet.view.y(sheet.data.y[i])]));
    const byClass = sheet.data.keys[2] === 'class';
    sheet.spots.forEach((spot, i) => {
      if (!spot) return;
      const v = sheet.data.c[i];
      pen.fillStyle = v === null ? '#888' : byClass ? CLASS[v % CLASS.length] : tint((v - c.from) / ((c.to - c.from) || 1));
      pen.beginPath();
      pen.arc(spot[0], spot[1], 2.6, 0, 7);
      pen.fill();
    });
    real.paint(pen);
    pen.fillStyle = ink;
    pen.font = '12px system-ui, sans-serif';
    const name = (key) => axis(key).name + (axis(key).unit ? ` (${axis(key).unit})` : '');
    const bottom = frame.clientHeight - 8, tick = (v, s) => decimal(v, digits(s.low, s.high));
    if (axis(sheet.data.keys[0]).kind !== 'tsne') {
      pen.textAlign = 'left'; pen.fillText(tick(x.low, x), EDGE.left, bottom);
      pen.textAlign = 'right'; pen.fillText(tick(x.high, x), EDGE.left + width, bottom);
    }
    pen.textAlign = 'center';
    pen.fillText(name(sheet.data.keys[0]), EDGE.left + width / 2, bottom);
    pen.textAlign = 'right';
    if (axis(sheet.data.keys[1]).kind !== 'tsne') {
      pen.fillText(tick(y.high, y), EDGE.left - 8, EDGE.top + 10);
      pen.fillText(tick(y.low, y), EDGE.left - 8, EDGE.top + height);
    }
    pen.save();
    pen.translate(16, EDGE.top + height / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = 'center';
    pen.fillText(name(sheet.data.keys[1]), 0, 0);
    pen.restore();
    explain(c, byClass);
    real.explain();
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
    const { name, unit } = axis(sheet.data.keys[2]), bar = document.createElement('i');
    bar.style.background = `linear-gradient(90deg, ${[0, 0.2, 0.4, 0.6, 0.8, 1].map(tint)})`;
    const show = (v) => `${decimal(v, digits(c.from, c.to))} ${unit}`;
    legend.replaceChildren(text('span', `${name}:`), text('span', show(c.from)), bar, text('span', show(c.to)));
  }

  function mark() {
    if (!sheet.view) return;
    const pen = size(top_);
    for (const [name, shade] of GROUPS) {
      pen.strokeStyle = shade;
      pen.lineWidth = 1.5;
      for (const i of sheet.groups[name]) {
        if (!sheet.spots[i]) continue;
        pen.beginPath();
        pen.arc(sheet.spots[i][0], sheet.spots[i][1], 4, 0, 7);
        pen.stroke();
      }
    }
    if (sheet.here && sheet.here[0] !== null && sheet.here[1] !== null) {
      const clip = (v, low, high) => Math.min(high, Math.max(low, v));
      const spot = [clip(sheet.view.x(sheet.here[0]), 10, frame.clientWidth - 10), clip(sheet.view.y(sheet.here[1]), 10, frame.clientHeight - 10)];
      for (const [shade, width] of [['#fff', 6], ['#be123c', 3]]) {
        pen.strokeStyle = shade;
        pen.lineWidth = width;
        pen.beginPath();
        pen.arc(spot[0], spot[1], 8, 0, 7);
        pen.stroke();
      }
    }
    if (sheet.pointed >= 0 && sheet.spots[sheet.pointed]) {
      pen.strokeStyle = getComputedStyle(element).color;
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(sheet.spots[sheet.pointed][0], sheet.spots[sheet.pointed][1], 5.5, 0, 7);
      pen.stroke();
    }
    if (line) {
      pen.strokeStyle = GROUPS.find(([name]) => name === sheet.mode)[1];
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
    if (following || !sheet.data) return;
    following = true;
    while (wanted && sheet.data && visible()) {
      const recipe = wanted, [x, y] = sheet.data.keys;
      wanted = null;
      const answer = await server.place({ recipe, across: x, up: y }).catch(() => undefined);
      if (x !== sheet.data.keys[0] || y !== sheet.data.keys[1]) continue;
      if (!answer?.at) { sheet.here = null; mark(); continue; }  // no ring rather than one of another picture
      sheet.here = answer.at;
      if (nearest !== answer.nearest || nearest) {
        nearest = answer.nearest;
        say(nearest ? 't-SNE cannot place new pictures: the ring is at the sample whose w is nearest.' : '');
      }
      mark();
    }
    following = false;
  }
  const quick = () => sheet.data && sheet.data.keys.slice(0, 2).every((key) => axis(key).kind !== 'value');
  document.addEventListener('frame', (event) => { if (quick() && visible()) follow(event.detail); });
  document.addEventListener('rest', (event) => { if (sheet.data && !quick() && visible()) follow(event.detail); });

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
      if (number === sheet.pointed) card.querySelector('img').src = seen.get(number).src;
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
    sheet.pointed = i;
    mark();
    card.hidden = i < 0;
    if (i < 0) return;
    const facts = [...new Set(sheet.data.keys)].map((key) => value(key, i)).filter(Boolean);
    card.querySelector('figcaption').textContent = facts.join(', ');
    card.querySelector('img').hidden = false;
    card.querySelector('img').removeAttribute('src');
    if (seen.has(i)) card.querySelector('img').src = seen.get(i).src;
    beside(sheet.spots[i]);
    picture(i);
    if (speak) $('.mp-spoken').textContent = `Brain ${i + 1} of ${sheet.spots.length}: ${facts.join(', ')}`;
  }

  /** @param {number[]} spot */
  function beside([x, y]) {
    card.style.left = `${x > frame.clientWidth / 2 ? x - 126 : x + 12}px`;
    card.style.top = `${Math.min(Math.max(2, y - 60), frame.clientHeight - 170)}px`;
  }

  async function go(i) {
    if (i < 0) return;
    const answer = seen.get(i) ?? await server.sample({ sample: i }).catch(() => undefined);
    if (!answer?.recipe) { say(lost(answer)); return; }
    const { noise, own } = brain.recipe;
    brain.restore({ ...brain.defaults, noise, own, ...answer.recipe });
  }

  function closest(x, y, most = 14) {
    let best = -1, distance = most ** 2;
    sheet.spots.forEach((spot, i) => {
      const d = spot ? (spot[0] - x) ** 2 + (spot[1] - y) ** 2 : Infinity;
      if (d < distance) { best = i; distance = d; }
    });
    return best;
  }
  /** @returns {[number, number]} */
  const at = (event) => { const box = top_.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };

  top_.addEventListener('pointerdown', (event) => {
    if (sheet.mode === 'go' || !sheet.view) return;
    top_.setPointerCapture(event.pointerId);
    line = [at(event)];
  });
  top_.addEventListener('pointermove', (event) => {
    if (!sheet.view) return;
    if (line) { line.push(at(event)); mark(); return; }
    const spot = at(event), slice = real.at(spot), i = slice < 0 ? closest(...spot) : -1;
    if (i !== sheet.pointed) point(i);
    real.point(slice);
  });
  top_.addEventListener('pointerleave', () => { if (!line) { point(-1); real.point(-1); } });
  top_.addEventListener('pointercancel', () => { line = null; mark(); });
  top_.addEventListener('pointerup', (event) => {
    if (sheet.mode === 'go' && real.at(at(event)) >= 0) { point(-1); real.point(real.at(at(event)), true); return; }
    if (sheet.mode === 'go') { const i = closest(...at(event), 20); point(i); go(i); return; }
    if (line?.length > 2) brains.take(sheet.mode, sheet.spots.flatMap((spot, i) => (spot && encloses(line, spot) ? [i] : [])));
    line = null;
    mark();
  });

  const real = realOf(part, sheet), brains = groupsOf(part, sheet);
  new IntersectionObserver((entries) => {
    if (!entries.some((e) => e.isIntersecting)) return;
    if (!axes.length) return;
    paint();
    if (sheet.data) follow(brain.recipe);
  }).observe(frame);
  new ResizeObserver(() => paint()).observe(frame);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTimeout(paint, 100));
  begin();
}
