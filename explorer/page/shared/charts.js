// Charts by plotly, which is fetched when the first one is opened. Their colours are the page's. They
// are zoomed with a mouse, with fingers and by buttons, and saved as files for paper: dark on white.
import { download, text } from './nodes.js';

/**
 * What a chart is drawn with.
 * @typedef {object} Ink
 * @property {boolean} dark whether the page is
 * @property {boolean} paper whether it is for a file
 * @property {string} text colour of words
 * @property {string} grid colour of lines behind
 * @property {string} main colour of what is shown
 * @property {string} points plotly's type of trace for many points
 *
 * What is drawn.
 * @typedef {object} Figure
 * @property {object[]} data plotly's traces
 * @property {any} layout plotly's, with the range of both axes
 * @property {string} [says] in a sentence, for the caption
 * @property {{ head: string[], rows: (string | number)[][] }} [table] all of it
 *
 * @typedef {{ x: [number, number], y: [number, number] }} Ranges
 */

/** @type {Ink} */
const PAPER = { dark: false, paper: true, text: '#1e293b', grid: '#dbe1e8', main: '#0d9488', points: 'scatter' };
const STEP = 1.5;  // of a button's zoom
const LEAST = 480, HEAD = 36;  // CSS pixels across a file, and of its title
const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: true, showTips: false };
const fingers = matchMedia('(pointer: coarse)');

/** @type {Promise<any> | null} */
let loading = null;
function plotly() {
  loading ??= new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = new URL('../plotly.min.js', import.meta.url).href;
    script.onload = () => done(window.Plotly);
    script.onerror = () => { loading = null; fail(new Error('The charts could not be loaded.')); };
    document.head.append(script);
  });
  return loading;
}

// Without WebGL (an old driver, a remote desktop) dots are drawn one by one: slower, the same look.
let points = '';
function typeOfPoints() {
  points ||= document.createElement('canvas').getContext('webgl') ? 'scattergl' : 'scatter';
  return points;
}

/** @param {Element} node @returns {Ink} */
function inkOf(node) {
  const dark = document.body.classList.contains('dark');
  return { dark, paper: false, text: getComputedStyle(node).color, grid: dark ? '#374151' : '#e2e8f0',
    main: dark ? '#2dd4bf' : '#0d9488', points: typeOfPoints() };
}

/**
 * What all charts have in common. Margins are fixed: whoever lays something over a chart knows where.
 * @param {any} layout
 * @param {Ink} ink
 */
function dressed(layout, ink) {
  const axis = (own) => ({ gridcolor: ink.grid, zerolinecolor: ink.grid, linecolor: ink.grid, automargin: false,
    ...own, title: { standoff: 6, ...own.title } });
  // Plotly sometimes writes the lower title over the numbers or the legend: it is put below them here.
  const { title, ...below } = layout.xaxis;
  const named = { text: title?.text ?? '', x: 0.5, xref: 'paper', y: 0, yref: 'paper', yanchor: 'top', yshift: -19, showarrow: false, font: { size: 14 } };
  return {
    font: { color: ink.text, family: 'system-ui, sans-serif', size: 12 },
    paper_bgcolor: ink.paper ? '#fff' : 'transparent', plot_bgcolor: 'transparent', showlegend: false,
    hoverlabel: { bgcolor: ink.dark ? '#1f2937' : '#fff', bordercolor: ink.grid, font: { color: ink.text } },
    selections: [], ...layout,
    margin: { l: 56, r: 12, t: 10, b: 42, ...layout.margin, autoexpand: false },
    xaxis: axis(below), yaxis: axis(layout.yaxis), annotations: [...layout.annotations ?? [], named],
  };
}

/**
 * A range about its middle, made smaller by a factor.
 * @param {[number, number]} range
 * @param {number} factor
 * @returns {[number, number]}
 */
export function closer([low, high], factor) {
  const middle = (low + high) / 2, half = (high - low) / 2 / factor;
  return [middle - half, middle + half];
}

/**
 * A chart in a figure of the page, which may bring the node for it, .ct-plot.
 * @param {HTMLElement} box
 * @param {object} its
 * @param {string} its.name what it shows, for titles and names of files
 * @param {(ink: Ink) => Figure | null} its.figure null while there is nothing to draw
 * @param {'x' | 'xy'} [its.zooms] the axes that zoom
 * @param {boolean} [its.wheel] the wheel zooms; or only with Ctrl, and alone it scrolls the page
 * @param {Record<string, (event: any) => void>} [its.hears] plotly's events by name
 * @param {() => void} [its.moved] after all that moves places on it
 */
export function chartIn(box, { name, figure, zooms = 'x', wheel = false, hears = {}, moved = () => {} }) {
  /** @type {any} */
  const plot = box.querySelector('.ct-plot') ?? box.appendChild(document.createElement('div'));
  const bar = document.createElement('div'), says = document.createElement('figcaption'), table = document.createElement('details');
  /** @type {Ranges | null} */
  let home = null;
  /** @type {Ranges | null} */
  let zoomed = null;
  let stale = false;
  plot.classList.add('ct-plot');
  if (!plot.hasAttribute('role')) plot.setAttribute('role', 'img');
  if (!plot.hasAttribute('aria-label')) plot.setAttribute('aria-label', name);
  bar.className = 'ct-bar';
  bar.hidden = true;
  table.className = 'ct-table';
  const rows = document.createElement('div');  // scrolls, with keys too
  rows.tabIndex = 0;
  rows.setAttribute('role', 'region');
  rows.setAttribute('aria-label', `${name}, as a table`);
  rows.append(document.createElement('table'));
  table.append(text('summary', 'As a table'), rows);
  table.hidden = true;
  box.classList.add('ct');
  box.append(bar, says, table);

  function layoutOf(layout, ink) {
    const dragmode = layout.dragmode ?? (zoomed || !fingers.matches ? 'pan' : false);  // a finger scrolls the page
    const now = dressed({ ...layout, dragmode }, ink);
    if (zoomed && !ink.paper) for (const axis of zooms) now[`${axis}axis`].range = [...zoomed[axis]];
    if (zooms === 'x') now.yaxis.fixedrange = true;
    return now;
  }

  /**
   * Draw it, or draw it anew.
   * @param {boolean} [whole] all of it, whatever part was shown before
   */
  async function draw(whole = false) {
    const Plotly = await plotly();
    if (whole) zoomed = null;
    stale = !plot.offsetParent;
    const ink = inkOf(box), found = stale ? null : figure(ink);
    if (!found) return;
    home = { x: found.layout.xaxis.range, y: found.layout.yaxis.range };
    const begun = plot.classList.contains('js-plotly-plot');
    await Plotly.react(plot, found.data, layoutOf(found.layout, ink), CONFIG);
    if (!begun) listen();
    bar.hidden = false;
    says.textContent = found.says ?? '';
    fill(found.table);
    moved();
  }

  function fill(found) {
    table.hidden = !found;
    if (!found) return;
    const row = (cells, tag) => {
      const line = document.createElement('tr');
      line.append(...cells.map((cell) => text(tag, cell)));
      return line;
    };
    const head = document.createElement('thead'), body = document.createElement('tbody');
    head.append(row(found.head, 'th'));
    body.append(...found.rows.map((cells) => row(cells, 'td')));
    table.querySelector('table').replaceChildren(head, body);
  }

  function listen() {
    for (const [event, hear] of Object.entries(hears)) plot.on(event, hear);
    plot.on('plotly_relayouting', moved);
    plot.on('plotly_relayout', () => {
      const { x, y } = ranges();
      zoomed = String([x, y]) === String([home.x, home.y]) ? null : { x, y };
      moved();
    });
    plot.on('plotly_doubleclick', () => draw(true));
  }

  /** The ranges that are shown, also while they are being moved. @returns {Ranges} */
  function ranges() {
    const { xaxis, yaxis } = plot._fullLayout;  // the public layout lags behind a drag
    return structuredClone({ x: xaxis.range, y: yaxis.range });
  }

  /** From values to CSS pixels in the plot's node, and the rectangle of its axes; null at first. */
  function view() {
    if (!home) return null;
    const { x, y } = ranges(), { l, r, t, b } = plot.layout.margin;
    const box = { left: l, top: t, right: plot.clientWidth - r, bottom: plot.clientHeight - b };
    return {
      box,
      x: (v) => box.left + (box.right - box.left) * (v - x[0]) / (x[1] - x[0]),
      y: (v) => box.bottom - (box.bottom - box.top) * (v - y[0]) / (y[1] - y[0]),
    };
  }

  /** Nearer, or with a factor below 1 further away. @param {number} factor */
  function zoom(factor) {
    if (!home) return;
    const now = ranges();
    zoomed = { ...now };
    for (const axis of zooms) zoomed[axis] = closer(now[axis], factor);
    draw();
  }

  async function save(format) {
    const Plotly = await plotly(), found = figure(PAPER);
    const width = Math.max(LEAST, plot.clientWidth), height = plot.clientHeight + HEAD;
    const { margin, ...layout } = dressed(found.layout, PAPER);
    const title = { text: name, x: 0.5, y: 1, xref: 'paper', yref: 'paper', yanchor: 'bottom', yshift: margin.t + 4, showarrow: false, font: { size: 15 } };
    const data = { data: found.data, config: CONFIG, layout: { ...layout,
      annotations: [...layout.annotations ?? [], title], margin: { ...margin, t: margin.t + HEAD } } };
    download(await Plotly.toImage(data, { format, width, height, scale: format === 'png' ? 2 : 1 }),
      `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.${format}`);
  }

  for (const [label, title, does] of /** @type {[string, string, () => void][]} */ ([
    ['−', 'Zoom out', () => zoom(1 / STEP)],
    ['+', `Zoom in (or turn the wheel${wheel ? '' : ' with Ctrl held'}); then drag the chart`, () => zoom(STEP)],
    ['Whole', 'The whole chart again (or double-click it)', () => draw(true)],
    ['Save PNG', 'A picture of the whole chart, dark on white', () => save('png')],
    ['Save SVG', 'A drawing of the whole chart that stays sharp at any size', () => save('svg')],
  ])) {
    const button = text('button', label);
    button.type = 'button';
    button.title = title;
    if (label.length === 1) button.setAttribute('aria-label', title.split(' (')[0]);
    button.addEventListener('click', does);
    bar.append(button);
  }
  // With Ctrl is how a pinch on a touchpad says it.
  plot.addEventListener('wheel', (event) => { if (!wheel && !event.ctrlKey) event.stopPropagation(); }, { capture: true });
  new ResizeObserver(() => {
    if (!plot.offsetParent) return;
    if (stale) draw();
    else if (home) window.Plotly.Plots.resize(plot).then(moved);
  }).observe(plot);
  new MutationObserver(() => { if (home) draw(); }).observe(document.body, { attributeFilter: ['class'] });

  return { plot, draw, zoom, view };
}
