// The journey. Key frames, way and place live in the recipe while it is on the journey; off it the
// list of key frames is only a list: no picture depends on it.
const $ = (selector) => element.querySelector(selector);
const list = $('.jr-keys'), scrub = $('.jr-scrub input'), place = $('.jr-scrub output');
const strip = $('.jr-history'), chart = $('.jr-chart'), loop = $('[name=jr-loop]');
const seconds = $('[name=jr-seconds]'), even = $('[name=jr-even]');
const WAYS = { w: ['straight in w', '#0d9488', 'solid'], spline: ['spline in w', '#7c3aed', 'dash'], z: ['arc in z', '#d97706', 'dot'] };
const MOST_KEYS = 20, STEPS_PER_PIECE = 24, MOST_STEPS = 240, AT_ONCE = 8;
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const lost = 'No answer from the program. Is it still running?';
const brain = () => window.brain.recipe;
const on = () => brain().walk.keys.length > 0;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let keys = brain().walk.keys, space = brain().walk.space;
let playing = 0, measuring = null, measured = null, film = null;

function say(text) { $('.jr-says').textContent = text || ''; }

// A key frame: what makes the brain, without the journey, noise and unused directions.
async function keyOf(recipe) {
  if (recipe.walk?.keys?.length) {
    const answer = await server.freeze(recipe).catch(() => undefined);
    if (!answer?.key) say(answer?.error || lost);
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
  if (next.length > MOST_KEYS) say(`A journey has at most ${MOST_KEYS} key frames.`);
  if (space === 'z' && !keys.every(plain)) space = 'w';
  if (on() && keys.length > 1) {
    window.brain.set('walk', { ...brain().walk, keys, space, t: t ?? Math.min(1, brain().walk.t) });
  } else if (on()) leave();
  draw();
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
  const known = measured?.ways[space] && measured.of === meaning();
  even.disabled = !known;
  if (!known) even.checked = false;
  if (measured && measured.of !== meaning()) {
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

// Speed: asked for in parts, one request at a time, so that it can stop and others get their turn.
async function measure() {
  const mine = measuring = {}, of = meaning(), recipe = travelled(0);
  const ways = ['w', ...(space === 'spline' ? ['spline'] : []), ...(keys.every(plain) ? ['z'] : [])];
  const steps = Math.min(MOST_STEPS, Math.max(2, STEPS_PER_PIECE / AT_ONCE * pieces()) * AT_ONCE);
  const found = {}, bar = $('.jr-busy progress');
  $('.jr-busy').hidden = false;
  $('[data-do=measure]').disabled = true;
  $('.jr-facts').textContent = '';
  try {
    for (const [i, way] of ways.entries()) {
      const changes = [];
      while (changes.length < steps) {
        const asked = { recipe, space: way, steps, first: changes.length, count: Math.min(AT_ONCE, steps - changes.length) };
        const answer = await server.speed(asked).catch(() => undefined);
        if (measuring !== mine) return;
        if (!answer?.changes) throw new Error(answer?.error || lost);
        changes.push(...answer.changes);
        bar.value = (i + changes.length / steps) / ways.length;
      }
      const answer = await server.even({ changes }).catch(() => undefined);
      if (!answer?.places) throw new Error(answer?.error || lost);
      found[way] = { changes, places: answer.places };
    }
    measured = { ways: found, of };
    await show();
  } catch (error) { $('.jr-facts').textContent = error.message; }
  finally {
    if (measuring === mine) measuring = null;
    $('.jr-busy').hidden = true;
    $('[data-do=measure]').disabled = false;
  }
  sync();
}

let loading = null;
function plotly() {
  loading ??= new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = new URL(props.plotly, document.baseURI).href;
    script.onload = done;
    script.onerror = () => { loading = null; fail(new Error('The charts could not be loaded.')); };
    document.head.append(script);
  });
  return loading;
}

async function show() {
  await plotly();
  chart.hidden = false;
  chart.style.opacity = 1;
  const ink = getComputedStyle(element).color, faint = 'rgba(128, 128, 128, 0.3)';
  const traces = Object.entries(measured.ways).map(([way, { changes }]) => ({
    x: changes.map((_, i) => (i + 0.5) / changes.length), y: changes.map((c) => c * changes.length),
    name: WAYS[way][0], mode: 'lines', line: { color: WAYS[way][1], dash: WAYS[way][2], width: 2 },
    hovertemplate: '%{y:.0f} grey levels per way at %{x:.2f}<extra></extra>',
  }));
  const n = pieces();
  await window.Plotly.react(chart, traces, {
    margin: { l: 52, r: 8, t: 8, b: 40 }, paper_bgcolor: 'transparent', plot_bgcolor: 'transparent',
    font: { color: ink, family: 'system-ui, sans-serif', size: 12 }, showlegend: true,
    legend: { orientation: 'h', x: 0, y: 1.15 }, hovermode: 'x', dragmode: false,
    xaxis: { title: { text: 'key frames', standoff: 6 }, range: [0, 1], tickvals: Array.from({ length: n + 1 }, (_, i) => i / n), ticktext: Array.from({ length: n + 1 }, (_, i) => `${i % keys.length + 1}`), gridcolor: faint, zeroline: false },
    yaxis: { title: { text: 'grey levels per whole way' }, rangemode: 'tozero', gridcolor: faint, zerolinecolor: faint },
    shapes: [here()],
  }, { displayModeBar: false, responsive: true });
  chart.removeAllListeners('plotly_click');
  chart.on('plotly_click', (event) => go(event.points[0].x));
  $('.jr-facts').textContent = Object.entries(measured.ways).map(([way, { changes }]) => {
    const whole = changes.reduce((a, b) => a + b, 0);
    const part = changes.length / n, uneven = Array.from({ length: n }, (_, i) => varies(changes.slice(i * part, (i + 1) * part)));
    return `${WAYS[way][0]}: ${whole.toFixed(0)} grey levels in all, ±${Math.round(100 * uneven.reduce((a, b) => a + b) / n)} % between key frames`;
  }).join('; ') + '. Click the chart to go there.';
}
// Standard deviation over mean.
function varies(changes) {
  const mean = changes.reduce((a, b) => a + b, 0) / changes.length;
  const square = changes.reduce((a, b) => a + (b - mean) ** 2, 0) / changes.length;
  return mean ? Math.sqrt(square) / mean : 0;
}
const here = () => ({ type: 'line', x0: brain().walk.t, x1: brain().walk.t, y0: 0, y1: 1, yref: 'paper', line: { color: 'gray', width: 1 } });

async function make() {
  const mine = film = {}, bar = $('.jr-filming progress'), said = $('.jr-made');
  const kind = $('[name=jr-kind]').value;
  const asked = { recipe: travelled(0), kind, seconds: Number(seconds.value), fps: Number($('[name=jr-fps]').value),
    size: Number($('[name=jr-size]').value), changes: even.checked ? measured.ways[space].changes : null };
  const busy = (yes) => { $('.jr-filming').hidden = !yes; $('[data-do=film]').disabled = yes; };
  busy(true);
  bar.value = 0;
  said.textContent = '';
  const started = await server.begin_film(asked).catch(() => undefined);
  let state = started;
  mine.film = started?.film;
  while (mine.film && film === mine && !state?.done) {
    await pause(400);
    state = await server.film_state({ film: mine.film }).catch(() => undefined);
    if (!state || state.error) break;
    bar.value = state.progress;
    said.textContent = state.ahead ? `Waiting for ${state.ahead} before it` : '';
  }
  if (film !== mine) {
    if (mine.film) server.stop_film({ film: mine.film }).catch(() => undefined);
    said.textContent = 'Cancelled.';
  } else {
    const got = state?.done ? await server.fetch_film({ film: mine.film }).catch(() => undefined) : state;
    if (got?.file) await save(got.file, kind, started.frames);
    else said.textContent = got?.error || lost;
  }
  film = null;
  busy(false);
}

async function save(file, kind, frames) {
  const blob = await (await fetch(`data:${kind === 'mp4' ? 'video/mp4' : 'image/gif'};base64,${file}`)).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `synthetic-journey.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  $('.jr-made').textContent = `Saved: ${frames} pictures, ${(blob.size / 1e6).toFixed(1)} MB.`;
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
