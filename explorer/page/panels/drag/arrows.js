// Arrows on the picture, in its pixels: x, y from its top left corner; and what may move. Set by
// mouse, touch, keys or numbers.
import { within } from '../../shared/nodes.js';

/**
 * What is set, and in which state the tool is.
 * @typedef {object} Board
 * @property {{ from: [number, number], to: [number, number] | null }[]} arrows to: null until the second click
 * @property {number[]} left pixels still to go, in a drag
 * @property {string} tool 'arrows', 'brush' or none
 * @property {boolean} running
 * @property {boolean} looking at the result, without the shade
 */

const NEAR = 6;  // CSS pixels: a press that moves less is a click
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const round = (x) => Math.round(10 * x) / 10;
/** The pixels from an arrow's point to its target. */
export const length = ({ from, to }) => Math.hypot(to[0] - from[0], to[1] - from[1]);
const name = (i, end) => `${end === 'from' ? 'Point' : 'Target'} ${i + 1}`;

function stroke(on, R, from, to, percent) {
  const pen = on.getContext('2d');
  pen.lineCap = 'round';
  pen.lineWidth = Math.max(1, percent / 100 * R);
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(to[0] + 1e-3, to[1]);  // a line without length draws nothing
  pen.stroke();
}

function line(kind, from, to) {
  const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  drawn.setAttribute('class', kind);
  ['x1', 'y1'].forEach((name, k) => drawn.setAttribute(name, from[k]));
  ['x2', 'y2'].forEach((name, k) => drawn.setAttribute(name, to[k]));
  return drawn;
}

/**
 * Arrows that are set on the picture while the panel is open.
 * @param {import('../../shared/part.js').Part} part
 * @param {() => void} left is called when another tab is opened
 */
export function arrowsOn({ element, props }, left) {
  const $ = within(element);
  const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#view .lv-now'));
  const cell = canvas.parentElement, R = canvas.width;
  const layer = document.createElement('div');
  layer.className = 'dg-layer';
  layer.innerHTML = `<canvas class="dg-region" width="${R}" height="${R}" aria-hidden="true"></canvas>
    <svg viewBox="0 0 ${R} ${R}" aria-hidden="true"></svg>`;
  cell.append(layer);
  const svg = layer.querySelector('svg'), list = $('tbody'), region = $('[name=region]'), reach = $('[name=reach]');
  const paint = Object.assign(document.createElement('canvas'), { width: R, height: R });  // alpha: may move
  /** @type {Board} */
  const board = { arrows: [], left: [], tool: 'arrows', running: false, looking: false };

  const clip = (x) => Math.min(R, Math.max(0, x));
  const whole = () => board.arrows.filter(({ to }) => to);
  /** @returns {[number, number]} */
  function at(event) {
    const box = canvas.getBoundingClientRect();  // with its zoom
    return [clip((event.clientX - box.left) / box.width * R), clip((event.clientY - box.top) / box.height * R)];
  }

  // What may move: alpha of a canvas of the picture's size; null is everything.
  function movable() {
    if (region.value === 'all') return null;
    if (region.value === 'painted') return paint;
    const near = Object.assign(document.createElement('canvas'), { width: R, height: R });
    for (const { from, to } of whole()) stroke(near, R, from, to, 2 * reach.value);
    return near;
  }
  function shade() {
    const pen = layer.querySelector('.dg-region').getContext('2d'), mask = movable();
    pen.globalCompositeOperation = 'source-over';
    pen.clearRect(0, 0, R, R);
    $('.dg-note').hidden = !mask || board.looking || board.running;
    if (!mask || board.looking || (region.value === 'near' && !whole().length)) return;
    pen.fillStyle = '#1e293b';
    pen.fillRect(0, 0, R, R);
    pen.globalCompositeOperation = 'destination-out';
    pen.drawImage(mask, 0, 0);
  }

  const put = (mark, i, end) => {
    const [x, y] = board.arrows[i][end];
    mark.style.setProperty('--u', x / R - 0.5);
    mark.style.setProperty('--v', y / R - 0.5);
    mark.setAttribute('aria-label', `${name(i, end)} at ${round(x)}, ${round(y)}: arrow keys move it`);
  };
  const field = (i, end, k) => list.children[i]?.querySelector(`[data-end="${end}"][data-k="${k}"]`);

  // Places of what is drawn already.
  function move() {
    for (const mark of layer.querySelectorAll('.dg-mark')) put(mark, Number(mark.dataset.i), mark.dataset.end);
    svg.replaceChildren(...whole().flatMap(({ from, to }) => [line('dg-under', from, to), line('dg-over', from, to)]));
    whole().forEach((arrow, i) => {
      for (const end of ['from', 'to']) {
        for (const k of [0, 1]) if (document.activeElement !== field(i, end, k)) field(i, end, k).value = round(arrow[end][k]);
      }
      list.children[i].querySelector('.dg-left').textContent = distance(board.running ? board.left[i] : length(arrow));
    });
    if (!board.running) shade();
  }
  const distance = (px) => `${px.toFixed(1)} px${props.mm ? `, ${(px * props.mm).toFixed(1)} mm` : ''}`;

  // Marks and lines anew, after arrows came or went.
  function draw() {
    for (const mark of layer.querySelectorAll('.dg-mark')) mark.remove();
    board.arrows.forEach((arrow, i) => ['from', 'to'].forEach((end) => {
      if (!arrow[end]) return;
      const mark = document.createElement('button');
      Object.assign(mark, { type: 'button', className: `dg-mark dg-${end}`, textContent: i + 1 });
      Object.assign(mark.dataset, { i, end });
      layer.append(mark);
    }));
    list.replaceChildren(...whole().map((arrow, i) => {
      const row = document.createElement('tr');
      const fields = ['from', 'to'].flatMap((end) => [0, 1].map((k) => `<td><input type="number" min="0" max="${R}" step="0.5"
        data-end="${end}" data-k="${k}" aria-label="${name(i, end)}, ${'xy'[k]} in pixels" /></td>`));
      row.innerHTML = `<th scope="row">${i + 1}</th>${fields.join('')}<td class="dg-left"></td>
        <td><button type="button" aria-label="Remove arrow ${i + 1}" title="Remove this arrow">×</button></td>`;
      return row;
    }));
    $('.dg-list').hidden = !whole().length;
    move();
    enable();
  }
  function enable() {
    $('[data-do=run]').disabled = !board.running && !whole().length;
    $('[data-do=clear]').disabled = board.running || !board.arrows.length;
    $('[data-do=add]').disabled = board.running || board.arrows.length >= props.most;
    $('[data-do=unpaint]').hidden = region.value !== 'painted';
    $('.dg-reach').hidden = region.value === 'all' || (region.value === 'painted' && board.tool !== 'brush');
    $('.dg-reach').firstChild.textContent = region.value === 'painted' ? 'Brush ' : 'Within ';
    reach.nextElementSibling.textContent = `${reach.value} %`;
    for (const other of element.querySelectorAll('.dg-list input, .dg-list button, [data-tool], select, [data-do=unpaint]')) other.disabled = board.running;
    for (const button of element.querySelectorAll('[data-tool]')) button.setAttribute('aria-pressed', String(button.dataset.tool === board.tool));
    layer.dataset.tool = board.running ? 'none' : board.tool;
    layer.classList.toggle('dg-runs', board.running);
  }
  const say = (text) => { $('.dg-status').textContent = text; };

  function remove(i) {
    const ours = list.contains(document.activeElement) || layer.contains(document.activeElement);
    board.looking = false;
    board.arrows.splice(i, 1);
    draw();
    if (ours) (list.querySelector('button') ?? $('[data-do=add]')).focus();
    say('');
  }
  function add(from, to) {
    board.looking = false;
    if (board.arrows.length >= props.most) { say(`At most ${props.most} arrows: remove one first.`); return null; }
    board.arrows.push({ from, to });
    draw();
    return board.arrows.length - 1;
  }

  // Mouse and touch. held: what the pointer has: the end of an arrow, or the brush.
  let held = null;
  layer.addEventListener('pointerdown', (event) => {
    if (board.running || event.button || !board.tool) return;
    event.preventDefault();
    event.stopPropagation();  // the frame would pan
    board.looking = false;
    const place = at(event), mark = event.target.closest('.dg-mark');
    layer.setPointerCapture(event.pointerId);
    const waits = board.arrows.findIndex(({ to }) => !to);
    if (mark) {
      mark.focus();
      held = { i: Number(mark.dataset.i), end: mark.dataset.end };
    } else if (board.tool === 'brush') {
      stroke(paint, R, place, place, reach.value);
      held = { last: place };
      shade();
      return;
    } else if (waits >= 0) {
      board.arrows[waits].to = place;
      draw();
      held = { i: waits, end: 'to' };
    } else {
      const i = add(place, null);
      if (i === null) return;
      held = { i, end: 'to', fresh: [event.clientX, event.clientY] };
    }
    say('');
  });
  layer.addEventListener('pointermove', (event) => {
    if (!held) return;
    const place = at(event);
    if (held.last) { stroke(paint, R, held.last, place, reach.value); held.last = place; shade(); return; }
    const { i, end, fresh } = held;
    if (fresh && Math.hypot(event.clientX - fresh[0], event.clientY - fresh[1]) < NEAR) return;
    if (!board.arrows[i][end]) { board.arrows[i][end] = place; draw(); } else { board.arrows[i][end] = place; move(); }
  });
  layer.addEventListener('pointerup', () => {
    if (held?.fresh && !board.arrows[held.i].to) say(`Now click where point ${held.i + 1} should go. Escape drops it.`);
    held = null;
  });
  layer.addEventListener('pointercancel', () => { held = null; });
  layer.addEventListener('dblclick', (event) => event.stopPropagation());  // the frame would zoom

  // Keys: arrows move what has the focus, Delete removes its arrow.
  layer.addEventListener('keydown', (event) => {
    const { i, end } = event.target.dataset, step = STEPS[event.key];
    if (i === undefined || board.running || !(step || ['Delete', 'Backspace'].includes(event.key))) return;
    event.preventDefault();
    event.stopPropagation();  // the page's own arrow keys go to the next brain
    if (!step) { remove(Number(i)); return; }
    board.looking = false;
    const far = (event.shiftKey ? 5 : 1) * R / 64;
    board.arrows[i][end] = board.arrows[i][end].map((x, k) => clip(x + far * step[k]));
    move();
  });
  document.addEventListener('keydown', (event) => {
    const waits = board.arrows.findIndex(({ to }) => !to);
    if (event.key === 'Escape' && waits >= 0) remove(waits);
  });
  list.addEventListener('input', (event) => {
    const { end, k } = event.target.dataset, value = Number(event.target.value);
    if (event.target.value === '' || !Number.isFinite(value)) return;
    board.arrows[event.target.closest('tr').sectionRowIndex][end][k] = clip(value);
    board.looking = false;
    move();
  });
  list.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) remove(button.closest('tr').sectionRowIndex);
  });
  for (const control of [region, reach]) control.addEventListener('input', () => { board.looking = false; enable(); shade(); });
  // Only while the tab is open; the picture is the picture otherwise.
  const open = () => Boolean(element.offsetParent);
  new ResizeObserver(() => { layer.hidden = !open(); if (open()) shade(); else left(); }).observe(element);
  return { board, R, paint, region, whole, movable, field, distance, move, draw, enable, shade, say, add };
}
