// The map: dots that plotly draws once. What moves above them (the ring of the present picture, the
// one around the dot pointed at) is no part of the chart, so that a slider's drag never draws it anew.
// Nothing is asked for while the tab is shut.
import { lost, pause } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { chartIn } from '../../shared/charts.js';
import { decimal } from '../../shared/decimals.js';
import { within } from '../../shared/nodes.js';
import { groupsOf } from './groups.js';
import { realOf } from './real.js';
import { spread, wider } from './shapes.js';

/**
 * What is on the map, for the parts of it that have files of their own.
 * @typedef {object} Sheet
 * @property {{ x: number[], y: number[], c: number[], keys: string[], real: { x: number[], y: number[] } | null } | null} data
 * @property {(number | null)[] | null} here where the picture is, in values
 * @property {number} pointed number of the dot pointed at, or -1
 * @property {string} mode 'go', or the group that is being marked
 * @property {{ more: Set<number>, less: Set<number> }} groups
 * @property {any} card beside a dot
 * @property {ReturnType<typeof chartIn>} chart
 * @property {(name: string, posted: any) => Promise<any>} ask
 * @property {(key: string) => any} axis what is known of an axis
 * @property {() => (number[] | null)[]} spots where its dots are, in CSS pixels; null out of sight
 * @property {(spot: number[]) => void} beside puts the card beside a place
 * @property {(i: number, speak?: boolean) => void} point at a dot
 * @property {() => void} load draws the chosen axes
 * @property {(i: number) => void} go to the brain of a dot
 */

// Cividis, safe for all eyes; on black it begins lighter.
const RAMP = ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'];
const DARK_RAMP = ['#35618f', '#5b7f95', '#8a9a8f', '#b3a973', '#d9c257', '#fee838'];
const CLASS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];  // Okabe and Ito
const GROUPS = /** @type {const} */ ([['more', '#dc2626', 'A'], ['less', '#2563eb', 'B']]);

/** @param {import('../../shared/part.js').Part} part */
export function start(part) {
  const { element, props, server } = part, $ = within(element);
  $('.mp-told').textContent = props.told;
  const frame = $('.mp-frame'), card = $('.mp-card'), ring = $('.mp-here'), halo = $('.mp-point');
  const across = $('[name=mp-across]'), up = $('[name=mp-up]'), colour = $('[name=mp-colour]');
  const visible = () => frame.isConnected && frame.offsetParent !== null;
  const say = (text) => { $('.mp-says').textContent = text || ''; };

  let loading = 0;  // the newest choice of axes
  let axes = [], classes = null, nearest = false;
  /** @type {Sheet} */
  const sheet = {
    data: null, here: null, pointed: -1, mode: 'go', groups: { more: new Set(), less: new Set() },
    card, ask, axis, spots, beside, point, load, go,
    chart: chartIn(frame, { name: 'Map of brains', figure, zooms: 'xy', wheel: true, moved: mark, hears: {
      plotly_hover: ({ points: [dot] }) => { over(dot); },
      plotly_unhover: () => { point(-1); },
      plotly_click: ({ points: [dot] }) => {
        if (sheet.mode !== 'go') return;
        over(dot, true);
        if (!isReal(dot)) go(dot.customdata);
      },
      plotly_selecting: () => { if (sheet.pointed >= 0) point(-1); },
      plotly_selected: (event) => {
        const numbers = (event?.points ?? []).filter((dot) => !isReal(dot)).map((dot) => dot.customdata);
        if (event) setTimeout(() => brains.take(sheet.mode, numbers));  // plotly is still at it
      },
    } }),
  };
  const isReal = (dot) => dot.data.meta === 'real';
  const columns = new Map();  // values of an axis by key: the model's, so they never change

  async function ask(name, posted) {
    const mine = loading;
    for (;;) {
      const answer = await server[name](posted).catch(() => undefined);
      if (!answer?.again) return answer ?? { error: lost() };
      if (mine === loading) say(posted.axis?.startsWith('tsne') ? 'The t-SNE is being computed, once for this model: about a minute …' : answer.error);
      do { await pause(1500); } while (element.isConnected && !visible());
      if (!element.isConnected) return { error: '' };
    }
  }

  function fill(select, list, chosen) {
    const labels = { condition: 'Condition', pca: 'PCA of w', measured: 'Directions', value: 'Measured', tsne: 't-SNE' };
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
    const values = axes.filter((a) => a.kind === 'value' || a.kind === 'condition');
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
      await sheet.chart.draw(true);
      follow(brain.recipe);
    } catch (error) { if (mine === loading) say(error.message); }
  }

  /** @param {import('../../shared/charts.js').Ink} ink @returns {import('../../shared/charts.js').Figure | null} */
  function figure(ink) {
    if (!sheet.data) return null;
    const { x, y, c, keys, real: slices } = sheet.data, byClass = keys[2] === 'class';
    const placed = [...x.keys()].filter((i) => x[i] !== null && y[i] !== null);
    const title = (key) => axis(key).name + (axis(key).unit ? ` (${axis(key).unit})` : '');
    const side = (values, more) => { const { low, high } = spread(values.concat(more ?? [])); return wider(low, high, 0.04); };
    const among = (key) => ({ title: { text: title(key) }, zeroline: false,
      // Numbers that mean nothing are not shown, but keep their room: plotly would move the title.
      ...(axis(key).kind === 'tsne' ? { tickfont: { color: 'transparent' } } : {}) });
    const dots = (name, numbers, marker, more = {}) => ({
      type: ink.points, mode: 'markers', name, x: numbers.map((i) => x[i]), y: numbers.map((i) => y[i]),
      customdata: numbers, hoverinfo: 'none', marker: { size: 6, line: { width: 0 }, ...marker },
      selected: { marker: { opacity: 1 } }, unselected: { marker: { opacity: 1 } }, ...more,
    });
    /** @type {any[]} */
    const data = [];
    if (byClass) props.classes.forEach((name, k) => data.push(dots(name, placed.filter((i) => c[i] === k), { color: CLASS[k % CLASS.length] })));
    else {
      const { from, to } = spread(c), ramp = ink.dark ? DARK_RAMP : RAMP;
      const without = placed.filter((i) => c[i] === null), measured = placed.filter((i) => c[i] !== null);
      data.push(dots('brains', measured, {
        color: measured.map((i) => c[i]), cmin: from, cmax: to > from ? to : from + 1,
        colorscale: ramp.map((shade, i) => [i / (ramp.length - 1), shade]),
        colorbar: { orientation: 'h', x: 0, xanchor: 'left', y: 1, yanchor: 'bottom', ypad: 4, len: 0.62, xpad: 0,
          thickness: 9, outlinewidth: 0, ticklen: 2, nticks: 4, title: { text: title(keys[2]), side: 'top' } },
      }, { showlegend: false }));
      if (without.length) data.push(dots(`${axis(keys[2]).name} not measured`, without, { color: '#888' }));
    }
    if (slices) data.push(real.trace(ink));
    for (const [group, shade, letter] of GROUPS) {
      const numbers = placed.filter((i) => sheet.groups[group].has(i));
      if (numbers.length) data.push(dots(`group ${letter}`, numbers, { symbol: 'circle-open', size: 10, line: { width: 1.8 }, color: ink.dark ? { more: '#f87171', less: '#60a5fa' }[group] : shade }, { hoverinfo: 'skip' }));
    }
    if (ink.paper && sheet.here?.every((v) => v !== null)) {
      data.push({ type: 'scatter', mode: 'markers', name: 'this picture', x: [sheet.here[0]], y: [sheet.here[1]],
        marker: { symbol: 'circle-open', size: 17, color: '#be123c', line: { width: 3 } } });
    }
    const named = data.filter((trace) => trace.showlegend !== false).length, lines = frame.clientWidth > 500 || ink.paper ? 1 : named;
    return {
      data,
      layout: {
        margin: { t: byClass ? 12 : 60, b: named ? 52 + 19 * lines : 42 }, hovermode: 'closest', showlegend: named > 0,
        legend: { orientation: 'h', x: 0, y: 0, yref: 'container', yanchor: 'bottom', itemsizing: 'constant' },
        ...(sheet.mode === 'go' ? {} : { dragmode: $('[name=mp-with]').value, selectdirection: 'd' }),
        newselection: { line: { color: GROUPS.find(([group]) => group === sheet.mode)?.[1] ?? ink.text, width: 2, dash: 'dash' } },
        xaxis: { ...among(keys[0]), range: side(x, slices?.x) }, yaxis: { ...among(keys[1]), range: side(y, slices?.y) },
      },
      says: `${placed.length.toLocaleString('en')} brains by ${title(keys[0])} and ${title(keys[1])}, coloured by ${title(keys[2])}. Turn the wheel to zoom.`,
    };
  }

  function spots() {
    const { box, x, y } = sheet.chart.view(), { data } = sheet;
    return data.x.map((v, i) => {
      if (v === null || data.y[i] === null) return null;
      const spot = [x(v), y(data.y[i])];
      return spot[0] < box.left || spot[0] > box.right || spot[1] < box.top || spot[1] > box.bottom ? null : spot;
    });
  }

  // Where the rings are now. The picture's own stays at the border where it is out of sight.
  function mark() {
    if (!sheet.chart.view()) return;
    const { box, x, y } = sheet.chart.view(), within = (v, low, high) => Math.min(high, Math.max(low, v));
    const put = (node, at) => { node.style.transform = `translate(${at[0]}px, ${at[1]}px)`; };
    ring.hidden = !sheet.here?.every((v) => v !== null);
    if (!ring.hidden) put(ring, [within(x(sheet.here[0]), box.left, box.right), within(y(sheet.here[1]), box.top, box.bottom)]);
    const spot = sheet.pointed < 0 ? null : spots()[sheet.pointed];
    halo.hidden = !spot;
    if (spot) put(halo, spot);
    else if (sheet.pointed >= 0) point(-1);  // moved out of sight
  }

  function over(dot, clicked = false) {
    if (isReal(dot)) { point(-1); real.point(dot.customdata, clicked); } else if (dot.customdata !== sheet.pointed) point(dot.customdata);
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
  function picturedBy(i) {
    card.querySelector('img').src = seen.get(i).src;
    card.querySelector('.tile-mark').textContent = seen.get(i).preview;
  }
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
      if (number === sheet.pointed) picturedBy(number);
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
    card.querySelector('.tile-mark').textContent = '';
    if (seen.has(i)) picturedBy(i);
    beside(spots()[i]);
    picture(i);
    if (speak) $('.mp-spoken').textContent = `Brain ${i + 1} of ${sheet.data.x.length}: ${facts.join(', ')}`;
  }

  /** @param {number[]} spot */
  function beside([x, y]) {
    const { clientWidth: width, clientHeight: height } = sheet.chart.plot;
    card.style.left = `${x > width / 2 ? x - 126 : x + 14}px`;
    card.style.top = `${Math.min(Math.max(2, y - 60), height - 170)}px`;
  }

  async function go(i) {
    if (i < 0) return;
    const answer = seen.get(i) ?? await server.sample({ sample: i }).catch(() => undefined);
    if (!answer?.recipe) { say(lost(answer)); return; }
    const { noise, own } = brain.recipe;
    brain.restore({ ...brain.defaults, noise, own, ...answer.recipe }, 'from the map');
  }

  const real = realOf(part, sheet), brains = groupsOf(part, sheet);
  new IntersectionObserver((entries) => {
    if (sheet.data && entries.some((e) => e.isIntersecting)) follow(brain.recipe);
  }).observe(frame);
  sheet.chart.draw().catch((error) => say(error.message));  // nothing as yet, but plotly is on its way
  begin();
}
