// Terms of the glossary, underlined in running text: each once in a panel. Text that scripts write
// later is looked at when it comes. Labels, buttons and live messages are left alone: a term in them
// would be in the way of what they are for. All terms stand in the help too.
import { within } from '../../shared/nodes.js';

const TEXTS = '.tool p, .tool .lead, .tool caption, .tool figcaption, .tool dd, .prose p, .prose li';
const NOT = 'label, button, a, summary, select, code, [role=status], [role=alert], [aria-live], [role=button], .lv, .mp-card, #card, .gl-tip, .pr, .js-plotly-plot, .dk-help, .ls-all, .ls-task ul, .ls-verdict ul';
const begun = (form) => (form.length > 2 ? form[0].toUpperCase() + form.slice(1) : form);  // a sentence

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props }) {
  const $ = within(element);
  const tip = $('.gl-tip');
  const entries = new Map();
  for (const { term, also, says } of props.words) {
    for (const form of [term, ...also]) for (const written of [form, begun(form)]) entries.set(written, { term, says });
  }
  const escaped = [...entries.keys()].sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}²+-])(${escaped.join('|')})(?![\\p{L}\\p{N}²+])`, 'u');

  function mark(block) {
    if (block.closest(NOT)) return;
    const panel = block.closest('dialog, .ls-step, section, .prose') ?? block;
    const known = new Set([...panel.querySelectorAll('.gl-term')].map((node) => node.dataset.term));
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(NOT)) nodes.push(walker.currentNode);
    for (let node of nodes) {
      for (let from = 0; ;) {
        const found = pattern.exec(node.data.slice(from));
        if (!found) break;
        const { term } = entries.get(found[1]);
        if (known.has(term)) { from += found.index + found[1].length; continue; }
        known.add(term);
        const word = node.splitText(from + found.index), rest = word.splitText(found[1].length);
        const span = document.createElement('span');
        span.className = 'gl-term';
        span.dataset.term = term;
        span.tabIndex = 0;
        span.setAttribute('role', 'button');
        span.setAttribute('aria-describedby', `gl-${[...entries.keys()].indexOf(term)}`);
        word.replaceWith(span);
        span.append(word);
        node = rest;
        from = 0;
      }
    }
  }

  let waiting = 0;
  const dirty = new Set();
  function later(nodes) {
    for (const node of nodes) {
      const at = node.nodeType === 1 ? node : node.parentElement;
      if (!at || at.closest(NOT) || at.closest('.gl-term')) continue;
      const block = at.closest(TEXTS);
      if (block) dirty.add(block);
      else if (at.querySelector?.(TEXTS)) at.querySelectorAll(TEXTS).forEach((b) => dirty.add(b));
    }
    if (!dirty.size || waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      const blocks = [...dirty].filter((block) => block.isConnected);
      dirty.clear();
      blocks.forEach(mark);
      watcher.takeRecords();  // its own changes are no news
    }, 150);
  }
  const watcher = new MutationObserver((records) => later(records.flatMap((r) => [...r.addedNodes])));
  watcher.observe(document.body, { childList: true, subtree: true });
  later([document.body]);

  // The explanation stands above the word, or below where there is no room.
  let shown = null;
  function open(span) {
    shown = span;
    tip.textContent = entries.get(span.dataset.term).says;
    tip.showPopover();
    const box = span.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const above = box.top - size.height - 6;
    tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - size.width - 8))}px`;
    tip.style.top = `${above > 4 ? above : box.bottom + 6}px`;
  }
  function close() {
    if (shown) tip.hidePopover();
    shown = null;
  }
  const term = (event) => event.target.closest?.('.gl-term');
  document.addEventListener('mouseover', (event) => { if (term(event)) open(term(event)); });
  document.addEventListener('mouseout', (event) => { if (term(event) && document.activeElement !== shown) close(); });
  document.addEventListener('focusin', (event) => { if (term(event)) open(term(event)); else close(); });
  document.addEventListener('focusout', (event) => { if (term(event)) close(); });
  document.addEventListener('click', (event) => { if (term(event)) open(term(event)); else close(); });
  document.addEventListener('scroll', close, { passive: true, capture: true });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && shown) { close(); event.preventDefault(); event.stopPropagation(); }
  }, true);

  // In the help, where the descriptions of the terms have their place.
  function list() {
    const help = document.querySelector('.dk-help > button');
    if (!help) { requestAnimationFrame(list); return; }
    const all = document.createElement('dl'), head = document.createElement('h2');
    head.textContent = 'Words';
    all.className = 'dk-words gl-list';
    for (const { term: name, says } of props.words) {
      const dt = document.createElement('dt'), dd = document.createElement('dd');
      dt.textContent = name;
      dd.textContent = says;
      dd.id = `gl-${[...entries.keys()].indexOf(name)}`;
      all.append(dt, dd);
    }
    help.before(head, all);
  }
  list();
}
