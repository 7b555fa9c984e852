// A brain that changes under the hand, without a server: the page keeps the recipe, a worker makes
// the pictures. Newest wins, and one picture is asked for at a time.
import { controls } from './controls.js';
import { pngOf } from './png.js';
import { compact, defaults, hash, valuesIn, whole } from './recipe.js';
import { unpack } from './unpack.js';

const RESTS = 300;  // milliseconds after which the hand rests

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
/** @type {import('./latents.js').Facts} */
const facts = JSON.parse($('facts').textContent);
const view = $('view'), pen = view.getContext('2d');
const begin = whole(facts.recipe, facts);
let recipe = structuredClone(begin);
/** @type {import('./recipe.js').Recipe | null} */
let wanted = null;
/** What the canvas shows. @type {import('./recipe.js').Recipe | null} */
let shown = null;
/** @type {Worker} */
let worker;
let busy = true, resting = 0;  // busy until the network is there

function say(words, wrong = false) {
  $('status').textContent = words;
  $('status').classList.toggle('wrong', wrong);
}

function change(values) {
  recipe = { ...recipe, ...values };
  draw();
}

const show = controls({ facts, now: () => recipe, change });

function draw() {
  show(recipe);
  wanted = structuredClone(recipe);
  $('picture').setAttribute('aria-busy', 'true');
  if (!busy) ask();
  clearTimeout(resting);
  resting = setTimeout(rest, RESTS);
}

function ask() {
  busy = true;
  worker.postMessage({ recipe: wanted });
  wanted = null;
}

// The address carries the brain, so that it is there again after a reload.
function rest() {
  if (busy) { resting = setTimeout(rest, RESTS); return; }
  $('picture').setAttribute('aria-busy', 'false');
  const values = compact(recipe, facts), untouched = JSON.stringify(recipe) === JSON.stringify(begin);
  const end = untouched ? location.pathname : hash(values);
  if (!untouched || location.hash) history.replaceState(null, '', end);
}

function receive({ data }) {
  busy = false;
  if (data.error) {
    say(`This browser could not make the picture (${data.error}). Try another or a newer one.`, true);
    return;
  }
  if (data.ready && !$('status').classList.contains('wrong')) say('');
  if (data.pixels) {
    shown = data.recipe;
    pen.putImageData(new ImageData(data.pixels, facts.resolution), 0, 0);
    view.setAttribute('aria-label', `Synthetic brain, seed ${shown.seed}`);
    view.hidden = false;
    $('save').disabled = false;
    $('first').hidden = true;
    document.dispatchEvent(new CustomEvent('frame', { bubbles: true, detail: { recipe: compact(shown, facts), ms: data.ms } }));
  }
  if (wanted) ask();
}

// What a link carries behind its address; in words why not.
function follow(end) {
  try {
    const values = valuesIn(end);
    if (!values) return;
    recipe = whole(values, facts);
    say('');
  } catch (error) {
    const damaged = [SyntaxError, TypeError, DOMException].some((kind) => error instanceof kind);
    say(`The link cannot be followed: ${damaged ? 'it is damaged' : error.message}.`, true);
    return;
  }
  draw();
}

function download(content, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

$('reset').addEventListener('click', () => {
  const { seed, class_index, condition } = recipe;  // they say which brain it is
  recipe = { ...defaults(facts), seed, class_index, condition };
  draw();
});
$('save').addEventListener('click', async () => {
  const texts = { Description: facts.synthetic, recipe: JSON.stringify(compact(shown, facts)), model: facts.digest };
  download(await pngOf(view, texts), `synthetic-brain-seed${shown.seed}.png`);
});
$('recipe').addEventListener('click', () => {
  download(new Blob([JSON.stringify(compact(recipe, facts))], { type: 'application/json' }), `synthetic-brain-seed${recipe.seed}.json`);
});
$('link').addEventListener('click', async () => {
  const link = location.href.split('#')[0] + hash(compact(recipe, facts));
  const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
  rest();
  say(copied ? 'The link is copied.' : 'The link is in the address bar: copy it from there.');
});
// Of the event, for by now `rest` may have written the address anew.
window.addEventListener('hashchange', (event) => follow(new URL(event.newURL).hash));

async function start() {
  const parts = {};
  for (const name of ['loader', 'wasm', 'mapping', 'synthesis', 'arrays']) parts[name] = $(name).textContent;
  const scripts = [await unpack($('script').textContent), '\n', await unpack($('worker').textContent)];
  worker = new Worker(URL.createObjectURL(new Blob(scripts, { type: 'text/javascript' })));
  worker.addEventListener('message', receive);
  worker.addEventListener('error', (event) => receive({ data: { error: event.message } }));
  worker.postMessage({ facts, parts });
}

draw();
follow(location.hash);
start().catch((error) => receive({ data: { error: String(error) } }));
