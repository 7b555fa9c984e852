// Basic hides controls, and the lab, and nothing else: whatever they were set to still counts. A phone begins with
// Basic, where Full is a long way to scroll; a larger window with Full, which has room for it. What
// was chosen is remembered in this browser, and ?mode=basic or ?mode=full in a link decides.
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';

const KEPT = 'stylegan2-brain-explorer-mode', MODES = ['basic', 'full'];
function kept() { try { return localStorage.getItem(KEPT); } catch { return null; } }
function keep(mode) { try { localStorage.setItem(KEPT, mode); } catch { /* forgotten, then */ } }

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props }) {
  const $ = within(element);
  const buttons = [...element.querySelectorAll('[data-mode]')];
  let main = null;  // all but the header; it may come after this script
  const tabs = () => [...main.querySelectorAll('[role=tab]')];
  const asked = new URLSearchParams(location.search).get('mode');
  let left = {};  // the tab and the source that Full showed last

  function show(mode) {
    const before = main.dataset.mode;
    if (mode === before) return;
    const tab = tabs().find((t) => t.getAttribute('aria-selected') === 'true');
    const source = main.querySelector('.dr-tabs [aria-pressed=true]');
    if (mode === 'basic') left = { tab: tab?.textContent.trim(), source: source?.dataset.source };
    main.dataset.mode = mode;
    lay();
    if (mode === 'basic' && main.hasAttribute('data-lab')) document.dispatchEvent(new Event('lab'));
    lab.hidden = mode === 'basic';
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
    if (mode === 'basic') settle();
    else if (before) {
      tabs().find((t) => t.textContent.trim() === left.tab)?.click();
      if (left.source && left.source !== source?.dataset.source) pick(left.source);
    }
    tell();
  }

  const pick = (source) => main.querySelector(`.dr-tabs [data-source=${source}]`)?.click();
  // Nothing that is hidden now stays open: the named directions, or the first axes where none are.
  function settle() {
    const tab = tabs().find((t) => t.getAttribute('aria-selected') === 'true');
    if (tab && !tab.offsetParent) tabs()[0].click();  // of the hidden one nothing is computed
    const source = main.querySelector('.dr-tabs [aria-pressed=true]')?.dataset.source;
    if (!source || source === 'measured' || main.dataset.unlocked?.includes('sources')) return;
    pick('measured');
    if (!main.querySelector('.dr-row')) pick('pca');
  }

  // Settings of the recipe that only Full shows, in words.
  function hidden(recipe) {
    const { noise, mix, walk, edits, hold, channels, cutoff } = recipe, plain = brain.defaults;
    const even = props.groups.every(([first, end]) => new Set(
      Array.from({ length: end - first }, (_, i) => mix.weights[first + i] ?? 0)).size === 1);
    const listed = [...main.querySelectorAll('.dr-rows .dr-row')].map((row) => row.dataset.key);
    return [
      cutoff !== null && 'variety of some layers only',
      JSON.stringify(noise) !== JSON.stringify(plain.noise) && 'noise',
      walk.keys.length > 0 && 'a journey',
      mix.recipe && mix.weights.some(Boolean) && 'a second brain that is more than a seed',
      !even && 'mixing layer by layer',
      edits.some((e) => e.layers) && 'directions on some layers only',
      edits.some((e) => !e.direction.startsWith('measured:') && !listed.includes(e.direction)) && 'other directions',
      hold.length > 0 && 'directions held constant',
      channels.length > 0 && 'single channels',
    ].filter(Boolean);
  }
  function tell() {
    const note = main?.querySelector('.md-note');
    if (!note) return;
    const found = main.dataset.mode === 'basic' && !main.dataset.unlocked ? hidden(brain.recipe) : [];
    note.hidden = !found.length;
    main.toggleAttribute('data-note', found.length > 0);
    note.firstElementChild.textContent = found.length ? `This picture also has settings that only Full shows: ${found.join(', ')}.` : '';
  }

  function choose(mode) {
    const address = new URL(location.href);
    if (address.searchParams.has('mode')) {  // or the link would still say otherwise
      address.searchParams.set('mode', mode);
      history.replaceState(null, '', address);
    }
    keep(mode);
    show(mode);
  }
  for (const button of buttons) button.addEventListener('click', () => choose(button.dataset.mode));
  document.addEventListener('click', (event) => { if (event.target.closest('.md-note button')) choose('full'); });

  // A lesson shows what its step needs, Basic or not: names of tabs, and of parts in mode.css.
  document.addEventListener('unlock', ({ detail }) => {
    for (const tab of tabs()) tab.toggleAttribute('data-unlocked', detail.includes(tab.textContent.trim()));
    if (detail.length) main.dataset.unlocked = detail.join(' ').toLowerCase();
    else delete main.dataset.unlocked;
    if (main.dataset.mode === 'basic') settle();
    tell();
  });
  // What takes room goes across the page, with a smaller picture: some tabs by themselves, others when
  // something large is opened in them. Each keeps what was chosen.
  const wide = new Map([['Map', true], ['Inside', true]]);
  const open = () => tabs().find((t) => t.getAttribute('aria-selected') === 'true')?.textContent.trim();
  function lay() {
    const now = open(), on = Boolean(wide.get(now)) && !(now === 'Directions' && main.dataset.mode === 'basic');
    main.toggleAttribute('data-wide', on);
    for (const button of main.querySelectorAll('[data-widen]')) if (button.offsetParent) button.setAttribute('aria-pressed', String(on));
  }
  document.addEventListener('wide', ({ detail }) => { wide.set(open(), detail); lay(); });
  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-widen]')) return;
    wide.set(open(), !wide.get(open()));
    lay();
  });
  const lab = $('[data-do=lab]');
  lab.addEventListener('click', () => document.dispatchEvent(new Event('lab')));
  document.addEventListener('lab-open', ({ detail }) => lab.setAttribute('aria-expanded', String(detail)));
  const lessons = $('[data-do=lessons]');
  lessons.addEventListener('click', () => document.dispatchEvent(new Event('lessons')));
  document.addEventListener('lessons-open', ({ detail }) => lessons.setAttribute('aria-expanded', String(detail)));
  for (const name of ['rest', 'restored']) document.addEventListener(name, tell);

  function begin() {
    main = document.querySelector('#main');
    const list = main?.querySelector('[role=tablist]');
    if (list) new MutationObserver(lay).observe(list, { subtree: true, attributeFilter: ['aria-selected'] });
    const usual = matchMedia('(max-width: 768px)').matches ? 'basic' : 'full';
    if (list) show([asked, kept(), usual].find((m) => MODES.includes(m)));
    else requestAnimationFrame(begin);
  }
  begin();
}
