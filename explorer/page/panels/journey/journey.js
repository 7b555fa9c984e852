// The journey. Key frames, way and place live in the recipe while it is on the journey; off it the
// list of key frames is only a list: no picture depends on it.
const list = $('.jr-keys'), scrub = $('.jr-scrub input'), place = $('.jr-scrub output');
const strip = $('.jr-history'), chart = $('.jr-chart'), loop = $('[name=jr-loop]');
const seconds = $('[name=jr-seconds]'), even = $('[name=jr-even]');
const WAYS = { w: ['straight in w', '#0d9488', 'solid'], spline: ['spline in w', '#7c3aed', 'dash'], z: ['arc in z', '#d97706', 'dot'] };
const MOST_KEYS = 20, STEPS_PER_PIECE = 24, MOST_STEPS = 240, AT_ONCE = 8;
const brain = () => window.brain.now;
const on = () => brain().walk.keys.length > 0;

let keys = brain().walk.keys, space = brain().walk.space;
let playing = 0, measuring = null, measured = null, film = null;

function say(text) { $('.jr-says').textContent = text || ''; }

// A key frame: what makes the brain, without the journey, noise and unused directions.
async function keyOf(recipe) {
  if (recipe.walk?.keys?.length) {
    const answer = await server.freeze(recipe).catch(() => undefined);
    if (!answer?.key) say(lost(answer));
    return answer?.key;
  }
  const { walk, noise, model, version, ...key } = recipe;
  const used = new Set([...key.edits.map((e) => e.direction), ...key.hold]);
  key.own = key.own.filter((o) => used.has(o.key));
  for (const [name, value] of Object.entries(key)) {
    if (same(value, window.brain.defaults[name]) && !['seed', 'psi'].includes(name)) delete key[name];
  }
  if (!key.mix?.weights.some(Boolean)) delete key.mix;
  return key;
}
const OF_A_SEED = ['version', 'seed', 'psi', 'cutoff', 'class_index', 'hold', 'own'];
const plain = (key) => Object.keys(key).every((name) => OF_A_SEED.includes(name));
const called = (key) => (key.w ? 'a place' : `seed ${key.seed ?? 0}`) + (plain(key) || key.w ? '' : ' edited');

// Thumbnails, one request at a time; the newest few stay.
const thumbs = new Map();
let drawing = Promise.resolve();
function thumb(key) {
  const recipe = { ...key, noise: brain().noise }, name = JSON.stringify(recipe);
  if (!thumbs.has(name)) {
    if (thumbs.size > 60) thumbs.delete(thumbs.keys().next().value);
    drawing = drawing.then(() => window.brain.draw(recipe)).catch(() => undefined)
      .then((src) => { if (!src) thumbs.delete(name); return src; });
    thumbs.set(name, drawing);
  }
  return thumbs.get(name);
}

function pieces() { return Math.max(1, loop.checked ? keys.length : keys.length - 1); }

let unseen = false;  // drawn while the tab was shut: without pictures
function draw() {
  unseen = !element.offsetParent;
  list.replaceChildren(...keys.map((key, i) => {
    const item = document.createElement('li'), image = new Image();
    item.innerHTML = '<button class="jr-thumb"></button><span></span><div class="jr-tools"></div>';
    image.alt = '';
    if (!unseen) thumb(key).then((src) => { if (src) image.src = src; });
    item.firstChild.append(image);
    item.firstChild.title = 'Go to this key frame';
    item.firstChild.setAttribute('aria-label', `Go to key frame ${i + 1}, ${called(key)}`);
    item.firstChild.addEventListener('click', () => go(i / pieces()));
    item.querySelector('span').textContent = `${i + 1} · ${called(key)}`;
    for (const [sign, what, to] of [['←', 'earlier', i - 1], ['→', 'later', i + 1], ['×', 'remove', null]]) {
      const button = document.createElement('button');
      button.textContent = sign;
      button.title = what;
      button.setAttribute('aria-label', `Key frame ${i + 1}: ${what}`);
      button.disabled = to !== null && !keys[to];
      button.addEventListener('click', () => {
        const changed = keys.filter((_, k) => k !== i);
        if (to !== null) changed.splice(to, 0, key);
        change(changed);
        list.querySelectorAll('.jr-thumb')[Math.min(to ?? i, keys.length - 1)]?.focus();
      });
      item.lastChild.append(button);
    }
    return item;
  }));
  $('.jr-on').hidden = keys.length < 2;
  const seeds = keys.every(plain);
  $('[value=z]').disabled = !seeds;
  if (space === 'z' && !seeds) space = 'w';
  $(`[name=jr-space][value=${space}]`).checked = true;
  if (keys.length < 2) say(keys.length ? 'One key frame: add another.' : 'No key frames yet.');
  else if (!seeds) say('There is no arc in z through these: it needs key frames that are seeds without edits.');
  else say('');
  sync();
}

// The list of key frames, also in the recipe if that is on the journey.
function change(next, t) {
  keys = next.slice(0, MOST_KEYS);
  if (space === 'z' && !keys.every(plain)) space = 'w';
  if (on() && keys.length > 1) {
    window.brain.set('walk', { ...brain().walk, keys, space, t: t ?? Math.min(1, brain().walk.t) });
  } else if (on()) leave();
  draw();
  if (next.length > MOST_KEYS) say(`A journey has at most ${MOST_KEYS} key frames.`);
}

// Go to a place; who was not on the journey steps onto it, with nothing on top of the key frames.
function go(t) {
  if (keys.length < 2) return;
  t = Math.round(1e4 * t) / 1e4;
  if (on()) window.brain.set('walk.t', t);
  else {
    const { noise, own, seed } = brain();
    window.brain.restore({ ...window.brain.defaults, noise, own, seed, psi: 1, walk: { keys, t, space, loop: loop.checked } });
  }
  sync();
}

function leave() {
  stop();
  const { noise, own } = brain(), first = keys[0] ?? brain().walk.keys[0];
  const defaults = window.brain.defaults, its = first.own ?? [];  // the key frame's edits need them
  const both = [...its, ...own.filter((o) => !its.some((mine) => mine.key === o.key))];
  window.brain.restore({ ...defaults, ...first, mix: { ...defaults.mix, ...first.mix }, noise,
    own: both, walk: { ...defaults.walk, space, loop: loop.checked } });
}

// What the recipe says, shown.
function sync() {
  const walk = brain().walk, t = on() ? walk.t : 0;
  scrub.value = t;
  place.textContent = on() ? t.toFixed(3) : '–';
  scrub.setAttribute('aria-valuetext', on() ? `${Math.round(100 * t)} per cent of the way` : 'not on the journey');
  $('[data-do=leave]').disabled = !on();
  [...list.children].forEach((item, i) => {
    const here = on() && Math.abs(i / pieces() - t) < 1e-3;
    here ? item.setAttribute('aria-current', 'true') : item.removeAttribute('aria-current');
  });
  const old = measured && measured.of !== meaning(), known = measured?.ways[space] && !old;
  even.disabled = !known;
  if (!known) even.checked = false;
  if (old) {
    $('.jr-facts').textContent = 'The journey has changed: measure again.';
    chart.style.opacity = 0.4;
  }
}

// What the speed depends on.
function meaning() {
  const { walk, ...top } = brain();
  return JSON.stringify([keys, loop.checked, on() ? top : top.noise]);
}
function travelled(t) {
  const { noise, own } = brain();
  const base = on() ? brain() : { ...window.brain.defaults, noise, own, psi: 1 };
  return { ...base, walk: { keys, t, space, loop: loop.checked } };
}

// Playing: a loop goes round, another way to and fro. Equal speed looks the place up.
function even_t(phase) {
  const table = even.checked && measured?.ways[space]?.places;
  if (!table) return phase;
  const at = phase * (table.length - 1), i = Math.min(Math.floor(at), table.length - 2);
  return table[i] + (at - i) * (table[i + 1] - table[i]);
}
function phase_of(t) {
  const table = even.checked && measured?.ways[space]?.places;
  if (!table) return t;
  const i = Math.max(0, table.findLastIndex((x) => x <= t));
  if (i >= table.length - 1) return 1;
  return (i + (t - table[i]) / (table[i + 1] - table[i])) / (table.length - 1);
}
function stop() {
  playing = 0;
  $('[data-do=play]').textContent = 'Play';
}
function play() {
  if (playing) { stop(); return; }
  go(on() ? brain().walk.t : 0);
  const mine = playing = performance.now();
  $('[data-do=play]').textContent = 'Pause';
  let phase = phase_of(brain().walk.t) % (loop.checked ? 1 : 2), before = mine;
  const step = (now) => {
    if (playing !== mine) return;
    if (!element.isConnected || element.offsetParent === null || !on()) { stop(); return; }
    phase += Math.max(0, now - before) / 1000 / Math.max(1, Number(seconds.value) || 8);
    before = now;
    phase %= loop.checked ? 1 : 2;
    window.brain.set('walk.t', Math.round(1e4 * even_t(phase <= 1 ? phase : 2 - phase)) / 1e4);
    sync();
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function history() {
  strip.hidden = !strip.hidden;
  $('[data-do=history]').setAttribute('aria-expanded', String(!strip.hidden));
  if (strip.hidden) return;
  const steps = window.brain.steps?.() ?? [];
  strip.replaceChildren(...steps.map(({ recipe, thumb: src }, i) => {
    const button = document.createElement('button'), image = new Image();
    image.src = src;
    image.alt = '';
    button.append(image);
    button.setAttribute('aria-label', `Add step ${i + 1} of the history`);
    button.addEventListener('click', async () => {
      const key = await keyOf(recipe);
      if (key) change([...keys, key]);
    });
    return button;
  }));
}

// A stop on the way keeps the place and what lies on top of the journey; another brain comes last.
async function add() {
  const now = brain();
  if (!on()) {
    const key = await keyOf(now);
    if (key) change([...keys, key]);
    return;
  }
  const key = await keyOf({ ...window.brain.defaults, seed: now.seed, psi: 1, walk: now.walk });
  if (!key) return;
  const next = Math.min(keys.length, Math.floor(now.walk.t * pieces() + 1e-6) + 1);
  const parts = loop.checked ? keys.length + 1 : keys.length;
  change([...keys.slice(0, next), key, ...keys.slice(next)], Math.min(1, next / parts));
}

function sown(seeds) {
  const { class_index, psi } = window.brain.left();
  change([...keys, ...seeds.map((seed) => ({ seed, psi, ...(class_index === null ? {} : { class_index }) }))]);
}

const actions = {
  add, history, play, leave, measure, film: make,
  random() { sown(Array.from({ length: 4 }, () => Math.floor(Math.random() * 1e6))); },
  'stop-measure'() { measuring = null; },
  'stop-film'() { film = null; },
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button) actions[button.dataset.do]();
});
$('.jr-seeds').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = $('.jr-seeds input');
  const seeds = input.value.split(/[^\d]+/).filter(Boolean).map(Number).filter((s) => s <= 4294967295);
  if (!seeds.length) { say('Seeds are whole numbers, as 3, 17, 20.'); return; }
  input.value = '';
  sown(seeds);
});
scrub.addEventListener('input', () => { stop(); go(Number(scrub.value)); });
element.addEventListener('change', (event) => {
  if (event.target.name === 'jr-space') space = event.target.value;
  else if (event.target !== loop) return;
  if (on()) window.brain.set('walk', { ...brain().walk, space, loop: loop.checked });
  sync();
});
document.addEventListener('restored', () => {
  const walk = brain().walk;
  if (walk.keys.length && !(same(walk.keys, keys) && walk.space === space && walk.loop === loop.checked)) {
    ({ keys, space } = walk);
    loop.checked = walk.loop;
    draw();
  } else sync();
});
document.addEventListener('rest', () => {
  sync();
  if (!chart.hidden && chart.offsetParent && window.Plotly) window.Plotly.relayout(chart, { shapes: [here()] });
});
new IntersectionObserver((entries) => {
  if (unseen && entries.some((e) => e.isIntersecting)) draw();
}).observe(element);
for (const size of props.sizes) $('[name=jr-size]').add(new Option(`${size} px`, size, size === 256, size === 256));
loop.checked = brain().walk.loop;
draw();
