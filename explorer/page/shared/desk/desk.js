// History (a tree: what was undone stays in the row below), presets, links, files, keys.
import { brain } from '../brain.js';
import { base64, valuesOf } from '../links.js';
import { text, within } from '../nodes.js';
import { same } from '../recipe.js';
import { History } from './history.js';

const MOST = 100, LONG = 8000;  // steps of the history, letters of a link
const KEPT = 'stylegan2-brain-explorer-presets';

const BUILT_IN = { 'Average brain': { psi: 0 }, 'Typical': { psi: 0.7 }, 'As varied as the data': { psi: 1 }, 'Exaggerated': { psi: 1.4 } };
const WORDS = {
  'Untouched': 'shows the brain without your changes; press again to come back',
  'Difference': 'colours what your changes have changed',
  'Side by side': 'both brains and their difference',
  'Pin as A': 'keeps this picture: from now on the three buttons and the changes compare with it',
  'Reset': 'undoes every change but keeps the brain',
  'Save': 'a picture that carries its recipe',
  'Link': 'a link that makes this picture again, to send or keep',
  'Open…': 'a picture saved here brings all controls back; so does dropping it on the page',
  'Present': 'for a projector: the picture, one or two sliders and what moved; arrow keys go through your presets. With a lesson open: its step beside the picture, and arrow keys go through the steps',
};

/** @param {import('../part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const row = $('.dk-history'), presets = $('select');
  const help = $('dialog'), picker = $('[type=file]');
  const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#view .lv-now'));
  const history = new History(MOST);

  function remember(recipe) {
    const added = history.add(recipe, () => {
      const small = document.createElement('canvas');
      small.width = small.height = 48;
      small.getContext('2d').drawImage(canvas, 0, 0, 48, 48);
      return small.toDataURL();
    });
    if (added) draw();
  }

  function draw() {
    const at = [...row.children].indexOf(document.activeElement);
    row.replaceChildren(...history.steps.map((step, i) => {
      const button = document.createElement('button');
      const image = new Image(40, 40);
      image.src = step.thumb;
      image.alt = '';
      button.append(image);
      button.setAttribute('aria-label', `Step ${i + 1}`);
      if (step === history.here) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => { history.go(step); show(); });
      return button;
    }));
    if (at >= 0) row.children[at]?.focus({ preventScroll: true });
    row.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    $('[data-do=undo]').disabled = !history.canUndo;
    $('[data-do=redo]').disabled = !history.canRedo;
  }

  function show() {
    draw();
    brain.restore(history.here.recipe);
  }

  // Pairs, since of an object names that are numbers would come first; as one they were kept before.
  function own() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT)) ?? [];
      return new Map(Array.isArray(kept) ? kept : Object.entries(kept));
    } catch { return new Map(); }
  }
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
    for (const name of mine.keys()) presets.add(new Option(`★ ${name}`, `m:${name}`));
    presets.add(new Option('Keep this as …', 'keep'));
    presets.add(new Option('Add a link …', 'link'));
    if (mine.size) {
      const group = document.createElement('optgroup');
      group.label = 'Forget';
      for (const name of mine.keys()) group.append(new Option(`Forget “${name}” …`, `f:${name}`));
      if (mine.size > 1) group.append(new Option(`Forget all ${mine.size} of mine …`, 'forget'));
      presets.append(group);
    }
  }
  function store(mine) {
    try {
      localStorage.setItem(KEPT, JSON.stringify([...mine]));
    } catch { brain.show('This browser keeps no presets for this page.'); }
  }
  function keep(name, values) { if (name) store(own().set(name, values)); }
  // They are nowhere else: no Undo brings them back.
  function forget(names, what) {
    if (confirm(`Forget ${what}? Undo does not bring presets back.`)) store([...own()].filter(([name]) => !names.includes(name)));
  }
  const ask = (what) => prompt(what)?.trim();
  /** @type {Record<string, (key: string) => unknown>} */
  const goes = {
    b(name) {
      const { seed, class_index, condition } = brain.recipe;
      brain.restore({ ...brain.defaults, seed, class_index, condition, ...BUILT_IN[name] });
    },
    m: (name) => brain.adopt({ values: own().get(name) }),
    r: (i) => brain.adopt({ values: range[Number(i)].recipe }),
    keep() { keep(ask('Name of the preset:')?.slice(0, 40), brain.recipe); },
    link() {
      const pasted = ask('Paste a link that was copied here:'), values = pasted && valuesOf(pasted);
      if (pasted && !values) brain.show('This link carries no brain: copy it again.');
      if (values) keep(ask('Name of the preset:')?.slice(0, 40), values);
    },
    f(name) { forget([name], `“${name}”`); },
    forget() { forget([...own().keys()], `all ${own().size} of your presets`); },
  };
  presets.addEventListener('change', async () => {
    const [kind, ...name] = presets.value.split(':'), before = brain.recipe;
    await goes[kind](name.join(':'));
    if (!same(before, brain.now)) brain.view.since(before, 'before the preset');
    fill();
  });
  // One's own in the order they were kept; without any, those that come with the model.
  brain.prepared = () => {
    const mine = [...own().keys()].map((name) => ({ name, go: () => goes.m(name) }));
    if (mine.length) return mine;
    return [...Object.keys(BUILT_IN).map((name) => ({ name, go: () => goes.b(name) })),
      ...range.map(({ name }, i) => ({ name, go: () => goes.r(String(i)) }))];
  };

  if (props.no_files) $('[data-do=open]').hidden = true;
  async function open(file) {
    if (file && props.no_files) { brain.show(props.no_files); return; }
    if (!file) return;
    // The recipe stands before the pixels: the beginning of a file of any size is enough.
    const content = await base64(file.slice(0, 900000)).catch(() => null);  // a folder, or a file that is gone
    if (content === null) brain.show('The browser cannot read this: drop a saved picture or recipe, not a folder.');
    else await brain.adopt({ file: content });
  }
  picker.addEventListener('change', () => { open(picker.files[0]); picker.value = ''; });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });

  const click = (selector) => document.querySelector(selector)?.click();
  function psi(step) {
    const { psi } = brain.recipe;
    brain.restore({ ...brain.recipe, psi: Math.round(20 * Math.min(1.5, Math.max(0, psi + step))) / 20 });
  }
  const seed = (step) => brain.restore({ ...brain.left(), seed: Math.max(0, brain.recipe.seed + step) });
  const actions = {
    undo() {
      if (history.here) remember(brain.recipe);  // not rested yet
      if (!history.canUndo) return;
      history.undo();
      show();
    },
    redo() {
      if (!history.canRedo) return;
      history.redo();
      show();
    },
    async link(button) {
      const link = brain.link();
      window.history.replaceState(null, '', link);
      const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
      const word = button.lastElementChild;
      word.textContent = copied ? 'Copied' : 'Address';
      if (!copied) brain.show('The link is in the address bar: copy it from there.');
      if (link.length > LONG) brain.show(`This link has ${Math.round(link.length / 1000)} thousand letters, and mail or chat programs may cut it. “Save” carries the same.`);
      setTimeout(() => { word.textContent = 'Link'; }, 1500);
    },
    reset() {
      const { seed, class_index, condition, w, own, walk } = brain.recipe, { psi } = brain.defaults;
      if (walk.keys.length) { brain.restore({ ...brain.defaults, seed, own, walk, psi: 1 }); return; }
      // A w of its own is no random brain to make typical.
      brain.restore({ ...brain.defaults, seed, class_index, condition, w, own, psi: w ? 1 : psi });
    },
    save() { brain.save(); },
    open() { picker.click(); },
    present() { document.dispatchEvent(new Event('present')); },
    help() { if (help.open) help.close(); else { help.showModal(); help.scrollTop = 0; } },
  };
  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (button) actions[button.dataset.do](button);
  });
  /** @type {Record<string, [string, () => void]>} */
  const KEYS = {
    r: ['new brain', () => click('#new-brain')],
    ArrowLeft: ['the brain before (seed − 1)', () => seed(-1)],
    ArrowRight: ['the next brain (seed + 1)', () => seed(1)],
    '[': ['less variety (ψ − 0.05)', () => psi(-0.05)],
    ']': ['more variety (ψ + 0.05)', () => psi(0.05)],
    0: ['all controls to zero', actions.reset],
    z: ['undo (also Ctrl+Z)', actions.undo],
    Z: ['redo (also Ctrl+Shift+Z, Ctrl+Y)', actions.redo],
    b: ['hold: show the untouched (or pinned) brain', () => brain.view.peek(true)],
    d: ['difference on or off', () => brain.view.difference()],
    c: ['side by side on or off', () => brain.view.pair()],
    p: ['pin this picture as A, or unpin it', () => brain.view.pin()],
    '+': ['zoom in', () => brain.view.in()],
    '-': ['zoom out', () => brain.view.out()],
    g: ['background black, or as the model made it', () => brain.view.raw()],
    f: ['present: picture, slider, what moved, or the lesson (F11 fills the screen)', actions.present],
    n: ['new noise', () => {
      const now = brain.recipe;
      brain.restore({ ...now, noise: { ...now.noise, mode: 'random', seed: Math.floor(Math.random() * 1e6) } });
    }],
    s: ['save the picture', () => brain.save()],
    l: ['copy link', () => actions.link($('[data-do=link]'))],
    '?': ['this list', actions.help],
  };
  /** @type {HTMLElement} */ (document.querySelector('#main')).append(help);  // off the stage: as light as the page
  help.innerHTML = '<h2>Below the picture</h2><dl class="dk-words"></dl><h2>Keyboard</h2><dl class="dk-keys"></dl><p>Sliders: arrow keys, Home, End. Those of directions also: M more of it (layers, film, receipt), K keep fixed, Delete back to 0. Everything is also reachable with Tab.</p><button>Close</button>';
  for (const [key, [what]] of Object.entries(KEYS)) {
    const called = { ArrowLeft: '←', ArrowRight: '→', Z: 'Shift Z' }[key] || key.toUpperCase();
    help.querySelector('.dk-keys').append(text('dt', called), text('dd', what));
  }
  for (const [word, what] of Object.entries(WORDS)) {
    help.querySelector('.dk-words').append(text('dt', word), text('dd', what));
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
    // Sliders, boxes to tick and tabs need the arrows for themselves, and nothing else.
    const arrow = event.key.startsWith('Arrow');
    if (!free || (arrow && (typing(event.target) || event.target.getAttribute?.('role') === 'tab'))) return;
    if (!KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key][1]();
  });
  document.addEventListener('keyup', (event) => {
    if (event.key === 'b') brain.view.peek(false);
  });
  window.addEventListener('blur', () => brain.view?.peek(false));
  // A finger that scrolls the page has touched a slider by chance: what that moved goes back.
  let touched = null;
  document.addEventListener('pointerdown', ({ target, pointerType }) => {
    const slider = pointerType === 'touch' && target.type === 'range';
    touched = slider ? { slider: target, value: target.value, recipe: brain.recipe } : null;
  }, true);
  document.addEventListener('pointercancel', () => {
    if (!touched) return;
    const { slider, value, recipe } = touched;
    touched = null;
    if (slider.value === value) return;
    slider.value = value;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    if (!same(recipe, brain.now)) brain.restore(recipe);  // it moves several at once
  }, true);
  document.addEventListener('rest', (event) => remember(event.detail));
  // The first picture counts even if the hand moves on before it rests.
  document.addEventListener('frame', (event) => remember(event.detail), { once: true });
  brain.steps = () => history.steps.map(({ recipe, thumb }) => ({ recipe, thumb }));
  // Another model is another page, and coming back finds the steps where they were.
  const place = `${KEPT}-history-${brain.digest}`;
  window.addEventListener('pagehide', () => {
    try { sessionStorage.setItem(place, history.written()); } catch { /* too many for this browser */ }
  });
  try { history.read(sessionStorage.getItem(place)); } catch { /* none, or damaged */ }
  fill();
  learn();
  draw();
}
