// Looking closer: comparing with another picture, zoom, grey window, sides. Only the view changes,
// never the recipe or what is saved.
import { brain } from '../brain.js';
import { within } from '../nodes.js';
import { blacken } from './background.js';
import { colourDifference } from './difference.js';

const pixels = (canvas) => canvas.getContext('2d', { willReadFrequently: true })
  .getImageData(0, 0, canvas.width, canvas.height);

/** @param {import('../part.js').Part} part */
export function start({ element, props }) {
  const $ = within(element);
  const frame = /** @type {HTMLElement} */ (document.querySelector('#view .lv-frame')), framed = within(frame);
  const now = framed('.lv-now'), over = framed('.lv-over');
  const map = framed('.lv-difference'), label = framed('.lv-mode');
  const [captionA, captionNow, captionFar] = frame.querySelectorAll('.lv-legend span');
  const button = (name) => $(`[data-do=${name}]`);
  const control = (name) => $(`[name=${name}]`);

  // What is compared with, A: the pinned recipe, else what was before the last drag or preset (as
  // long as its brain is shown), else the untouched brain of the present one.
  let pinned = null, mode = 'now';  // 'now', 'before', 'difference', 'pair'
  /** @type {{ recipe: import('../recipe.js').Recipe, name: string, of: string } | null} */
  let earlier = null;
  const base = () => JSON.stringify(brain.start());
  function against() {
    if (earlier && earlier.of !== base()) earlier = null;
    return pinned ? { recipe: pinned, name: 'pinned' } : earlier ?? { recipe: brain.start(), name: 'untouched' };
  }
  let peeked = null;  // the mode that a held key hides
  const pictures = new Map();  // the newest few
  async function reference() {
    const { recipe } = against(), key = JSON.stringify(recipe);
    if (!pictures.has(key)) {
      const image = new Image();
      image.src = await brain.draw(recipe);
      await image.decode();  // throws without an answer: then nothing is compared
      if (pictures.size > 20) pictures.clear();
      pictures.set(key, image);
    }
    return pictures.get(key);
  }

  async function compare() {
    for (const name of ['before', 'difference', 'pair']) {
      button(name).setAttribute('aria-pressed', String(mode === name));
    }
    button('pin').setAttribute('aria-pressed', String(Boolean(pinned)));
    button('pin').textContent = pinned ? 'Unpin A' : 'Pin as A';
    const { name: of } = against(), name = `A, ${of}`;
    button('before').textContent = { pinned: 'Pinned A', untouched: 'Untouched' }[of] ?? 'Before';
    captionA.textContent = name;
    captionNow.textContent = 'B, this picture';
    frame.dataset.mode = mode;
    document.querySelector('#main').toggleAttribute('data-pair', mode === 'pair');
    label.hidden = mode === 'now' || mode === 'pair';
    if (mode === 'now') return;
    const shown = mode, image = await reference();
    if (shown !== mode) return;
    over.getContext('2d', { willReadFrequently: true }).drawImage(image, 0, 0, over.width, over.height);
    black(over);
    label.textContent = name;
    if (mode === 'before') return;
    const { found, most, mean } = colourDifference(pixels(over), pixels(now));
    map.getContext('2d').putImageData(found, 0, 0);
    const far = `${mean.toFixed(1)} of 255 grey levels on average, at most ${most}`;
    label.textContent = `B − A: ${far}`;
    captionFar.textContent = `B − A: ${far}`;
  }
  function turn(to) { mode = mode === to ? 'now' : to; compare(); }
  const told = () => element.dispatchEvent(new CustomEvent('against', { bubbles: true }));
  let due = false;  // a comparison, which waits for the whole picture
  document.addEventListener('frame', () => {
    black(now);
    const had = earlier;
    against();
    due ||= mode !== 'now' || had !== earlier;
    if (due && brain.whole) { due = false; compare(); }
  });

  // Whatever haze the model leaves beside the head.
  function black(picture) {
    const above = picture.parentElement.querySelector('.lv-black');
    above.hidden = !control('black').checked;
    if (!above.hidden) blacken(picture, above);
  }
  control('black').addEventListener('change', () => { black(now); if (mode !== 'now') compare(); });

  // Zoom 1..8 about the middle of what is in view; x, y: shift in parts of the picture.
  const view = { zoom: 1, x: 0, y: 0 };
  function place() {
    const most = (view.zoom - 1) / 2;
    for (const axis of ['x', 'y']) {
      view[axis] = Math.max(-most, Math.min(most, view[axis]));
      frame.style.setProperty(`--${axis}`, String(view[axis]));
    }
    frame.style.setProperty('--zoom', String(view.zoom));
    frame.classList.toggle('zoomed', view.zoom > 1);
    $('.vw-zoom').textContent = `${Number(view.zoom.toFixed(1))}×`;
  }
  function zoom(factor) {
    const before = view.zoom;
    view.zoom = Math.max(1, Math.min(8, view.zoom * factor));
    view.x *= view.zoom / before;
    view.y *= view.zoom / before;
    place();
  }
  let held = null;
  frame.addEventListener('pointerdown', (event) => {
    if (view.zoom === 1 || event.button) return;
    const size = event.target.closest('.lv-cell')?.clientWidth || frame.clientWidth;
    held = { id: event.pointerId, x: event.clientX, y: event.clientY, size };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener('pointermove', (event) => {
    if (held?.id !== event.pointerId) return;
    view.x += (event.clientX - held.x) / held.size;
    view.y += (event.clientY - held.y) / held.size;
    Object.assign(held, { x: event.clientX, y: event.clientY });
    place();
  });
  for (const end of ['pointerup', 'pointercancel']) frame.addEventListener(end, () => { held = null; });
  frame.addEventListener('wheel', (event) => {  // a pinch on a touchpad is a wheel with Ctrl
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 100));
  }, { passive: false });
  frame.addEventListener('dblclick', () => zoom(view.zoom < 8 ? 2 : 1 / 8));

  // Grey window: what lies between level - window / 2 and level + window / 2 runs from black to white.
  function grey() {
    const level = Number(control('level').value) / 100, width = Number(control('window').value) / 100;
    for (const name of ['level', 'window']) {
      control(name).nextElementSibling.textContent = `${control(name).value} %`;
    }
    for (const f of element.querySelectorAll('feComponentTransfer > *')) {
      f.setAttribute('slope', String(1 / width));
      f.setAttribute('intercept', String(0.5 - level / width));
    }
    frame.classList.toggle('windowed', level !== 0.5 || width !== 1);
  }

  function sides() {
    const chosen = control('sides').value;
    const letters = { '': '', ap: 'A P ', rl: 'ARPL', lr: 'ALPR' }[chosen];  // top, left, bottom, right
    for (const old of frame.querySelectorAll('.lv-side')) old.remove();
    [...letters].forEach((letter, i) => {
      if (letter === ' ') return;
      const mark = document.createElement('span');
      mark.className = `lv-side lv-side-${['top', 'left', 'bottom', 'right'][i]}`;
      mark.textContent = letter;
      now.parentElement.querySelector('.lv-black').after(mark);
    });
  }
  if (!props.axial) { control('sides').value = ''; control('sides').disabled = true; }
  for (const option of control('sides').options) {
    if (option.value.includes('l')) option.disabled = props.mirrored;
  }
  $('.vw-note').textContent = !props.axial ? 'Sides are marked on axial slices only.'
    : props.mirrored ? 'Trained with mirrored pictures: this model’s right and left mean nothing.'
    : 'Which side is which depends on the pictures the model was trained on.';

  const actions = {
    before: () => turn('before'),
    difference: () => turn('difference'),
    pair: () => turn('pair'),
    pin() { pinned = pinned ? null : brain.recipe; compare(); told(); },
    against(recipe) { pinned = recipe; mode = 'pair'; compare(); told(); },  // of a tool that knows what was before
    // After a drag or a preset: what was before is A, until another brain is shown.
    since(recipe, name) { earlier = { recipe, name, of: base() }; compare(); told(); },
    in: () => zoom(Math.SQRT2),
    out: () => zoom(Math.SQRT1_2),
    raw() { control('black').click(); },
    fit() {
      Object.assign(view, { zoom: 1, x: 0, y: 0 });
      control('level').value = 50;
      control('window').value = 100;
      place();
      grey();
    },
  };
  element.addEventListener('click', (event) => {
    const pressed = event.target.closest('[data-do]');
    if (pressed) actions[pressed.dataset.do]();
  });
  for (const name of ['level', 'window']) control(name).addEventListener('input', grey);
  control('sides').addEventListener('change', sides);
  brain.view = {
    ...actions,
    A: against,  // what is compared with, and its name
    peek(on) {  // while a key is held; then as it was
      if (on && peeked === null && mode !== 'before') {
        peeked = mode;
        turn('before');
      } else if (!on && peeked !== null) {
        if (mode === 'before') { mode = peeked; compare(); }
        peeked = null;
      }
    },
  };
  sides();
}
