// The journey. Key frames, way and place live in the recipe while it is on the journey; off it the
// list of key frames is only a list: no picture depends on it.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { framesOf, same, seedsIn } from '../../shared/recipe.js';
import { filmOf } from './film.js';
import { speedOf } from './speed.js';
import { called, keysIn, phaseAt, placeAt, plain } from './way.js';

/**
 * What the panel says of its journey, to what measures and films it.
 * @typedef {object} Way
 * @property {any[]} keys its key frames
 * @property {string} space 'w', 'spline' or 'z'
 * @property {{ of: string, ways: Record<string, { changes: number[], places: number[] }> } | null} measured
 * @property {HTMLInputElement} even equal speed
 * @property {HTMLInputElement} seconds of the whole way
 * @property {() => number} pieces between key frames
 * @property {(t: number) => object} travelled the recipe at a place
 * @property {() => string} meaning what the speed depends on
 * @property {() => void} sync shows what the recipe says
 * @property {(t: number) => void} go to a place
 */

const MOST_KEYS = 20;
const on = () => brain.now.walk.keys.length > 0;

/** @param {import('../../shared/part.js').Part} part */
export function start(part) {
  const { element, props } = part, $ = within(element);
  const list = $('.jr-keys'), scrub = $('.jr-scrub input'), place = $('.jr-scrub output');
  const strip = $('.jr-history'), chart = $('.jr-chart'), loop = $('[name=jr-loop]');
  const seconds = $('[name=jr-seconds]'), even = $('[name=jr-even]');

  /** @type {Way} */
  const way = { keys: brain.now.walk.keys, space: brain.now.walk.space, measured: null,
    even, seconds, pieces, travelled, meaning, sync, go };
  let playing = 0;

  function say(text) { $('.jr-says').textContent = text || ''; }

  function sayRemoved(i, before) {
    const back = document.createElement('button');
    back.textContent = 'Put it back';
    back.addEventListener('click', () => change(before));
    $('.jr-says').append(` Key frame ${i + 1} is removed. `, back);
  }

  // A key frame: what makes the brain, without the journey, noise and unused directions.
  async function keyOf(recipe) {
    if (recipe.walk?.keys?.length) {
      const answer = await brain.freeze(recipe);
      if (!answer?.key) say(lost(answer));
      return answer?.key;
    }
    const { walk, noise, model, version, ...key } = recipe;
    const used = new Set([...key.edits.map((e) => e.direction), ...key.hold]);
    key.own = key.own.filter((o) => used.has(o.key));
    for (const [name, value] of Object.entries(key)) {
      if (same(value, brain.defaults[name]) && !['seed', 'psi'].includes(name)) delete key[name];
    }
    if (!key.mix?.weights.some(Boolean)) delete key.mix;
    return key;
  }

  // Thumbnails, one request at a time; the newest few stay.
  const thumbs = new Map();
  let drawing = Promise.resolve();
  function thumb(key) {
    const recipe = { ...key, noise: brain.now.noise }, name = JSON.stringify(recipe);
    if (!thumbs.has(name)) {
      if (thumbs.size > 60) thumbs.delete(thumbs.keys().next().value);
      drawing = drawing.then(() => brain.draw(recipe)).catch(() => undefined)
        .then((src) => { if (!src) thumbs.delete(name); return src; });
      thumbs.set(name, drawing);
    }
    return thumbs.get(name);
  }

  function pieces() { return Math.max(1, loop.checked ? way.keys.length : way.keys.length - 1); }

  let unseen = false;  // drawn while the tab was shut: without pictures
  function draw() {
    unseen = !element.offsetParent;
    list.replaceChildren(...way.keys.map((key, i) => {
      const item = document.createElement('li'), image = new Image();
      item.innerHTML = '<button class="jr-thumb"></button><span></span><div class="jr-tools"></div>';
      image.alt = '';
      if (!unseen) thumb(key).then((src) => { if (src) image.src = src; });
      item.firstChild.append(image);
      item.firstChild.title = 'Go to this key frame';
      item.firstChild.setAttribute('aria-label', `Go to key frame ${i + 1}, ${called(key)}`);
      item.firstChild.addEventListener('click', () => go(i / pieces()));
      item.querySelector('span').textContent = `${i + 1} · ${called(key)}`;
      /** @type {[string, string, number | null][]} */
      const tools = [['←', 'earlier', i - 1], ['→', 'later', i + 1], ['×', 'remove', null]];
      for (const [sign, what, to] of tools) {
        const button = document.createElement('button');
        button.textContent = sign;
        button.title = what;
        button.setAttribute('aria-label', `Key frame ${i + 1}: ${what}`);
        button.disabled = to !== null && !way.keys[to];
        button.addEventListener('click', () => {
          const before = way.keys, changed = before.filter((_, k) => k !== i);
          if (to !== null) changed.splice(to, 0, key);
          change(changed);
          if (to === null && !on()) sayRemoved(i, before);  // on the journey Undo brings it back
          list.querySelectorAll('.jr-thumb')[Math.min(to ?? i, way.keys.length - 1)]?.focus();
        });
        item.lastChild.append(button);
      }
      return item;
    }));
    $('.jr-on').hidden = way.keys.length < 2;
    const seeds = way.keys.every(plain);
    $('[value=z]').disabled = !seeds;
    if (way.space === 'z' && !seeds) way.space = 'w';
    $(`[name=jr-space][value=${way.space}]`).checked = true;
    if (way.keys.length < 2) say(way.keys.length ? 'One key frame: add another.' : 'No key frames yet.');
    else if (!seeds) say('There is no arc in z through these: it needs key frames that are seeds without edits.');
    else say('');
    sync();
  }

  // The list of key frames, also in the recipe if that is on the journey.
  function change(next, t) {
    way.keys = next.slice(0, MOST_KEYS);
    if (way.space === 'z' && !way.keys.every(plain)) way.space = 'w';
    if (on() && way.keys.length > 1) {
      brain.set('walk', { ...brain.now.walk, keys: way.keys, space: way.space, t: t ?? Math.min(1, brain.now.walk.t) });
    } else if (on()) leave();
    draw();
    if (next.length > MOST_KEYS) say(`A journey has at most ${MOST_KEYS} key frames.`);
  }

  // Go to a place; who was not on the journey steps onto it, with nothing on top of the key frames.
  function go(t) {
    if (way.keys.length < 2) return;
    t = Math.round(1e4 * t) / 1e4;
    if (on()) brain.set('walk.t', t);
    else {
      const { noise, own, seed } = brain.now;
      brain.restore({ ...brain.defaults, noise, own, seed, psi: 1, walk: { keys: way.keys, t, space: way.space, loop: loop.checked } });
    }
    sync();
  }

  function leave() {
    stop();
    const { noise, own } = brain.now, first = way.keys[0] ?? brain.now.walk.keys[0];
    const defaults = brain.defaults, its = first.own ?? [];  // the key frame's edits need them
    const both = [...its, ...own.filter((o) => !its.some((mine) => mine.key === o.key))];
    brain.restore({ ...defaults, ...first, mix: { ...defaults.mix, ...first.mix }, noise,
      own: both, walk: { ...defaults.walk, space: way.space, loop: loop.checked } });
  }

  // What the recipe says, shown.
  function sync() {
    const walk = brain.now.walk, t = on() ? walk.t : 0;
    scrub.value = t;
    place.textContent = on() ? t.toFixed(3) : '–';
    scrub.setAttribute('aria-valuetext', on() ? `${Math.round(100 * t)} per cent of the way` : 'not on the journey');
    $('[data-do=leave]').disabled = !on();
    [...list.children].forEach((item, i) => {
      const here = on() && Math.abs(i / pieces() - t) < 1e-3;
      here ? item.setAttribute('aria-current', 'true') : item.removeAttribute('aria-current');
    });
    const old = way.measured && way.measured.of !== meaning(), known = way.measured?.ways[way.space] && !old;
    even.disabled = !known;
    if (!known) even.checked = false;
    if (old) {
      $('.jr-facts').textContent = 'The journey has changed: measure again.';
      chart.style.opacity = 0.4;
    }
  }

  // What the speed depends on; stepping onto the journey, or along it, changes nothing of it.
  function meaning() {
    const { walk, seed, ...top } = travelled(0);
    return JSON.stringify([walk.keys, walk.loop, Object.entries(top).sort()]);
  }
  function travelled(t) {
    const { noise, own } = brain.now;
    const base = on() ? brain.now : { ...brain.defaults, noise, own, psi: 1 };
    return { ...base, walk: { keys: way.keys, t, space: way.space, loop: loop.checked } };
  }

  // Playing: a loop goes round, another way to and fro. Equal speed looks the place up.
  const table = () => (even.checked ? way.measured?.ways[way.space]?.places : undefined);
  function stop() {
    if (playing) brain.moving(false);
    playing = 0;
    $('[data-do=play]').textContent = 'Play';
  }
  function play() {
    if (playing) { stop(); return; }
    go(on() ? brain.now.walk.t : 0);
    const mine = playing = performance.now();
    brain.moving(true);
    $('[data-do=play]').textContent = 'Pause';
    let phase = phaseAt(brain.now.walk.t, table()) % (loop.checked ? 1 : 2), before = mine;
    const step = (now) => {
      if (playing !== mine) return;
      if (!element.isConnected || element.offsetParent === null || !on()) { stop(); return; }
      phase += Math.max(0, now - before) / 1000 / Math.max(1, Number(seconds.value) || 8);
      before = now;
      phase %= loop.checked ? 1 : 2;
      brain.set('walk.t', Math.round(1e4 * placeAt(phase <= 1 ? phase : 2 - phase, table())) / 1e4);
      sync();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  function history() {
    strip.hidden = !strip.hidden;
    $('[data-do=history]').setAttribute('aria-expanded', String(!strip.hidden));
    if (strip.hidden) return;
    const steps = brain.steps?.() ?? [];
    strip.replaceChildren(...steps.map(({ recipe, thumb: src }, i) => {
      const button = document.createElement('button'), image = new Image();
      image.src = src;
      image.alt = '';
      button.append(image);
      button.setAttribute('aria-label', `Add step ${i + 1} of the history`);
      button.addEventListener('click', async () => {
        const key = await keyOf(recipe);
        if (key) change([...way.keys, key]);
      });
      return button;
    }));
  }

  // A stop on the way keeps the place and what lies on top of the journey; another brain comes last.
  async function add() {
    const now = brain.now;
    if (!on()) {
      const key = await keyOf(now);
      if (key) change([...way.keys, key]);
      return;
    }
    const key = await keyOf({ ...brain.defaults, seed: now.seed, psi: 1, walk: now.walk });
    if (!key) return;
    const next = Math.min(way.keys.length, Math.floor(now.walk.t * pieces() + 1e-6) + 1);
    const parts = loop.checked ? way.keys.length + 1 : way.keys.length;
    change([...way.keys.slice(0, next), key, ...way.keys.slice(next)], Math.min(1, next / parts));
  }

  function sown(seeds) { change([...way.keys, ...framesOf(seeds, brain.left())]); }

  const speed = speedOf(part, way), film = filmOf(part, way);
  const actions = {
    add, history, play, leave, measure: speed.measure, film: film.make,
    random() { sown(Array.from({ length: 4 }, () => Math.floor(Math.random() * 1e6))); },
    'stop-measure': speed.stop,
    'stop-film': film.stop,
  };
  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (button) actions[button.dataset.do]();
  });
  $('.jr-seeds').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = $('.jr-seeds input');
    const seeds = seedsIn(input.value).filter((s) => s <= 4294967295);
    if (!seeds.length) { say('Seeds are whole numbers, as 3, 17, 20.'); return; }
    input.value = '';
    sown(seeds);
  });
  scrub.addEventListener('input', () => { stop(); go(Number(scrub.value)); });
  element.addEventListener('change', (event) => {
    if (event.target.name === 'jr-space') way.space = event.target.value;
    else if (event.target !== loop) return;
    if (on()) brain.set('walk', { ...brain.now.walk, space: way.space, loop: loop.checked });
    sync();
  });
  document.addEventListener('restored', () => {
    if (playing) stop();  // undone, or another brain
    const walk = brain.now.walk;
    if (walk.keys.length && !(same(walk.keys, way.keys) && walk.space === way.space && walk.loop === loop.checked)) {
      way.keys = walk.keys;
      way.space = walk.space;
      loop.checked = walk.loop;
      draw();
    } else sync();
  });
  document.addEventListener('rest', () => {
    sync();
    speed.mark();
  });
  new IntersectionObserver((entries) => {
    if (unseen && entries.some((e) => e.isIntersecting)) draw();
  }).observe(element);
  // Off the journey no recipe holds the list: another page of this tab, or this one again, finds it.
  const kept = `stylegan2-brain-explorer-journey-${brain.digest}`;
  window.addEventListener('pagehide', () => {
    try { sessionStorage.setItem(kept, JSON.stringify(way.keys)); } catch { /* no room */ }
  });
  if (!way.keys.length) {
    try { way.keys = keysIn(sessionStorage.getItem(kept)); } catch { /* none, or damaged */ }
  }
  for (const size of props.sizes) $('[name=jr-size]').add(new Option(`${size} px`, size, size === 256, size === 256));
  loop.checked = brain.now.walk.loop;
  draw();
}
