// History (a tree: what was undone stays in the row below), presets, links, files, keys.
const history = $('.dk-history'), presets = $('select');
const help = $('dialog'), picker = $('[type=file]');
const canvas = document.querySelector('#view .lv-now');
const MOST = 100, LONG = 8000, KEPT = 'stylegan2-brain-explorer-presets';
const nodes = [];  // { recipe, parent, thumb }
let here = null, undone = [];


function remember(recipe) {
  if (here && same(here.recipe, recipe)) return;
  const small = document.createElement('canvas');
  small.width = small.height = 48;
  small.getContext('2d').drawImage(canvas, 0, 0, 48, 48);
  here = { recipe, parent: here, thumb: small.toDataURL() };
  undone = [];
  nodes.push(here);
  if (nodes.length > MOST) {
    const gone = nodes.shift();  // its steps begin anew, or every recipe would be kept for ever
    for (const node of nodes) if (node.parent === gone) node.parent = null;
  }
  draw();
}

function draw() {
  const at = [...history.children].indexOf(document.activeElement);
  history.replaceChildren(...nodes.map((node, i) => {
    const button = document.createElement('button');
    const image = new Image(40, 40);
    image.src = node.thumb;
    image.alt = '';
    button.append(image);
    button.setAttribute('aria-label', `Step ${i + 1}`);
    if (node === here) button.setAttribute('aria-current', 'true');
    button.addEventListener('click', () => { undone = []; go(node); });
    return button;
  }));
  if (at >= 0) history.children[at]?.focus({ preventScroll: true });
  history.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  $('[data-do=undo]').disabled = !here?.parent;
  $('[data-do=redo]').disabled = !undone.length;
}

function go(node) {
  here = node;
  draw();
  window.brain.restore(node.recipe);
}

const BUILT_IN = { 'Average brain': { psi: 0 }, 'Typical': { psi: 0.7 }, 'As varied as the data': { psi: 1 }, 'Exaggerated': { psi: 1.4 } };
const own = () => { try { return JSON.parse(localStorage.getItem(KEPT)) || {}; } catch { return {}; } };
let range = [];  // brains that show what the model can do
async function learn() {
  const answer = await server.presets({}).catch(() => undefined);
  if (answer?.presets) { range = answer.presets; fill(); }
  else if (answer?.again) setTimeout(learn, 5000);
}
function fill() {
  const mine = own();
  presets.replaceChildren(new Option('Presets', ''));
  for (const name of Object.keys(BUILT_IN)) presets.add(new Option(name, `b:${name}`));
  if (range.length) {
    const group = document.createElement('optgroup');
    group.label = 'Its range, among its brains';
    range.forEach(({ name }, i) => group.append(new Option(name, `r:${i}`)));
    presets.append(group);
  }
  for (const name of Object.keys(mine)) presets.add(new Option(`★ ${name}`, `m:${name}`));
  presets.add(new Option('Keep this as …', 'keep'));
  if (Object.keys(mine).length) presets.add(new Option('Forget mine', 'forget'));
}
presets.addEventListener('change', async () => {
  const value = presets.value;
  if (value === 'keep') {
    const name = prompt('Name of the preset:')?.trim().slice(0, 40);
    try {
      if (name) localStorage.setItem(KEPT, JSON.stringify({ ...own(), [name]: window.brain.recipe }));
    } catch { window.brain.show('This browser keeps no presets for this page.'); }
  } else if (value === 'forget') localStorage.removeItem(KEPT);
  else if (value.startsWith('b:')) {
    const { seed, class_index } = window.brain.recipe;
    window.brain.restore({ ...window.brain.defaults, seed, class_index, ...BUILT_IN[value.slice(2)] });
  } else if (value.startsWith('m:')) await window.brain.adopt({ values: own()[value.slice(2)] });
  else if (value.startsWith('r:')) await window.brain.adopt({ values: range[Number(value.slice(2))].recipe });
  fill();
});

window.brain.base64 = async (blob) => {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
};
async function open(file) {
  // The recipe stands before the pixels: the beginning of a file of any size is enough.
  if (file) await window.brain.adopt({ file: await window.brain.base64(file.slice(0, 900000)) });
}
picker.addEventListener('change', () => { open(picker.files[0]); picker.value = ''; });
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  open(event.dataTransfer.files[0]);
});

const click = (selector) => document.querySelector(selector)?.click();
function psi(step) {
  const { psi } = window.brain.recipe;
  window.brain.restore({ ...window.brain.recipe, psi: Math.round(20 * Math.min(1.5, Math.max(0, psi + step))) / 20 });
}
const seed = (step) => window.brain.restore({ ...window.brain.left(), seed: Math.max(0, window.brain.recipe.seed + step) });
const actions = {
  undo() {
    if (here && !same(here.recipe, window.brain.now)) remember(window.brain.recipe);  // not rested yet
    if (here?.parent) { undone.push(here); go(here.parent); }
  },
  redo() { if (undone.length) go(undone.pop()); },
  async link(button) {
    const link = window.brain.link();
    window.history.replaceState(null, '', link);
    const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
    button.textContent = copied ? 'Copied' : 'In the address bar';
    if (link.length > LONG) window.brain.show(`This link has ${Math.round(link.length / 1000)} thousand letters, and mail or chat programs may cut it. “Save picture” carries the same.`);
    setTimeout(() => { button.textContent = 'Copy link'; }, 1500);
  },
  open() { picker.click(); },
  help() { if (help.open) help.close(); else { help.showModal(); help.scrollTop = 0; } },
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button) actions[button.dataset.do](button);
});
const KEYS = {
  r: ['new brain', () => click('#new-brain')],
  ArrowLeft: ['the brain before (seed − 1)', () => seed(-1)],
  ArrowRight: ['the next brain (seed + 1)', () => seed(1)],
  '[': ['less variety (ψ − 0.05)', () => psi(-0.05)],
  ']': ['more variety (ψ + 0.05)', () => psi(0.05)],
  0: ['all controls to zero', () => click('#reset')],
  z: ['undo (also Ctrl+Z)', actions.undo],
  Z: ['redo (also Ctrl+Shift+Z, Ctrl+Y)', actions.redo],
  b: ['hold: show the untouched (or pinned) brain', () => window.brain.view.peek(true)],
  d: ['difference on or off', () => window.brain.view.difference()],
  c: ['side by side on or off', () => window.brain.view.pair()],
  p: ['pin this picture as A, or unpin it', () => window.brain.view.pin()],
  '+': ['zoom in', () => window.brain.view.in()],
  '-': ['zoom out', () => window.brain.view.out()],
  n: ['new noise', () => {
    const now = window.brain.recipe;
    window.brain.restore({ ...now, noise: { ...now.noise, mode: 'random', seed: Math.floor(Math.random() * 1e6) } });
  }],
  s: ['save the picture', () => window.brain.save()],
  l: ['copy link', () => actions.link($('[data-do=link]'))],
  '?': ['this list', actions.help],
};
const WORDS = {
  'Untouched': 'shows the brain without your changes; press again to come back',
  'Difference': 'colours what your changes have changed',
  'Side by side': 'both brains and their difference',
  'Pin as A': 'keeps this picture: from now on the three buttons compare with it',
  'Reset controls': 'undoes every change but keeps the brain',
  'Copy link': 'a link that makes this picture again, to send or keep',
  'Open…': 'a picture saved here brings all controls back; so does dropping it on the page',
};
help.innerHTML = '<h2>Below the picture</h2><dl class="dk-words"></dl><h2>Keyboard</h2><dl class="dk-keys"></dl><p>Sliders: arrow keys, Home, End. Everything is also reachable with Tab.</p><button>Close</button>';
for (const [key, [what]] of Object.entries(KEYS)) {
  const term = document.createElement('dt'), text = document.createElement('dd');
  term.textContent = { ArrowLeft: '←', ArrowRight: '→', Z: 'Shift Z' }[key] || key.toUpperCase();
  text.textContent = what;
  help.querySelector('.dk-keys').append(term, text);
}
for (const [word, what] of Object.entries(WORDS)) {
  help.querySelector('.dk-words').append(
    Object.assign(document.createElement('dt'), { textContent: word }),
    Object.assign(document.createElement('dd'), { textContent: what }));
}
help.querySelector('button').addEventListener('click', () => help.close());
const typing = (target) => target.matches?.('input, textarea, select, [contenteditable]');
const behind = (key) => {  // nothing changes behind an open one
  const open = document.querySelector('dialog[open]');
  return open && !(open === help && key === '?');
};
document.addEventListener('keydown', (event) => {
  const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
  const step = command && (key === 'y' ? 'redo' : key === 'z' && (event.shiftKey ? 'redo' : 'undo'));
  const free = !typing(event.target) || ['range', 'checkbox', 'radio'].includes(event.target.type);
  if (step && free && !behind()) { event.preventDefault(); actions[step](); return; }
  if (command || event.altKey || behind(event.key)) return;
  if (typing(event.target) || event.target.getAttribute?.('role') === 'tab') return;
  if (!KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key][1]();
});
document.addEventListener('keyup', (event) => {
  if (event.key === 'b') window.brain.view.peek(false);
});
window.addEventListener('blur', () => window.brain.view?.peek(false));
// A finger that scrolls the page has touched a slider by chance: what that moved goes back.
let touched = null;
document.addEventListener('pointerdown', ({ target, pointerType }) => {
  const slider = pointerType === 'touch' && target.type === 'range';
  touched = slider ? { slider: target, value: target.value, recipe: window.brain.recipe } : null;
}, true);
document.addEventListener('pointercancel', () => {
  if (!touched) return;
  const { slider, value, recipe } = touched;
  touched = null;
  if (slider.value === value) return;
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  if (!same(recipe, window.brain.now)) window.brain.restore(recipe);  // it moves several at once
}, true);
document.addEventListener('rest', (event) => remember(event.detail));
// The first picture counts even if the hand moves on before it rests.
document.addEventListener('frame', (event) => remember(event.detail), { once: true });
window.brain.steps = () => nodes.map(({ recipe, thumb }) => ({ recipe, thumb }));
fill();
learn();
draw();
