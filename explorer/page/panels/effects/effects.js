// What moves what. Filled when it is opened; what is computed is the server's. A cell moves a slider
// of the recipe; the last one moved from here goes back to 0, so that one sees one at a time.
import { lost, pause } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { signed } from '../../shared/decimals.js';
import { download, within } from '../../shared/nodes.js';
import { sentence, small } from './sentence.js';

const SOURCES = { measured: 'Anatomy', pca: 'PCA', sefa: 'SeFa', activations: 'Activations', own: 'Mine' };
const STEP = 2, SURE = 0.9;
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const percent = (x) => `${Math.round(100 * Math.abs(x))}\u00a0%`;

function node(tag, text, options = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...options });
}

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const box = $('.ef-box'), grid = $('table'), status = $('.ef-status'), source = $('.ef-source');
  const wanted = $('.ef-wanted'), other = $('.ef-other'), slider = $('.ef-slide input');
  const bar = $('progress'), button = (name) => $(`[data-do=${name}]`);
  const kept = new Map();  // rows that were measured from here, by what they are
  let rows = [], sorted = null, chosen = null, measuring = null, asked = 0, mine = null;

  const open = () => $('details').open && element.offsetParent !== null;
  const named = (k) => props.measurements[k][1];
  // Numbers and names of those that have a value somewhere.
  const used = props.measurements.flatMap(([, name, meaning, somewhere], k) => (somewhere ? [{ k, name, meaning }] : []));

  $('.ef-effect').textContent = props.effect;
  $('.ef-told').textContent = props.told;
  source.add(new Option('all of the list', 'listed'));
  for (const name of ['measured', 'pca', 'sefa']) source.add(new Option(SOURCES[name], `listed:${name}`));
  for (const name of props.groups) source.add(new Option(`SeFa, ${name} layers`, `listed:sefa:${name}`));
  source.add(new Option('mine', 'own'));
  props.maps.forEach((name, i) => source.add(new Option(`Activations, layer ${name}`, `act@${i}`)));
  for (const select of [wanted, other]) used.forEach(({ k, name }) => select.add(new Option(small(name), String(k))));
  other.value = String(used[1]?.k ?? used[0].k);

  // The rows of the chosen source; asked for again while the server is still measuring.
  async function load() {
    const mine = ++asked, [kind, of, group] = source.value.split(':');
    while (mine === asked && open()) {
      const answer = await server.matrix({ recipe: brain.recipe, source: kind }).catch(() => undefined);
      if (mine !== asked) return;
      status.textContent = answer?.rows ? '' : lost(answer);
      if (answer?.rows) {
        rows = answer.rows.map((row) => kept.get(identity(row)) || row).filter((row) => (!of || row.source === of)
          && (of !== 'sefa' || (group ? row.name.endsWith(`, ${group}`) : !row.layers)));
        if (!rows.length) status.textContent = 'None yet: make some under “Mine” in the list below.';
        draw();
        likeness(mine);
        return;
      }
      if (answer && !answer.again) return;
      do { await pause(2000); } while (mine === asked && $('details').open && element.isConnected && !element.offsetParent);
    }
  }
  const identity = (row) => `${row.key} ${brain.recipe.own.find((o) => o.key === row.key)?.vector || ''}`;

  function order() {
    if (sorted === null) return [...rows];
    const size = (row) => (sorted === 'purity' ? row.purity : row.effect && Math.abs(row.effect[sorted])) ?? -1;
    return [...rows].sort((a, b) => size(b) - size(a));
  }

  function draw() {
    const focused = grid.contains(document.activeElement) ? document.activeElement.dataset : null;
    const at = focused && { ...focused }, head = document.createElement('tr');
    head.append(node('th', 'Slider', { scope: 'col' }), ...used.map(({ k, name, meaning }) => column(name, meaning, k)),
      column('Purity', 'How far it moves one thing alone: 1 is one alone', 'purity'));
    $('thead').replaceChildren(head);
    $('tbody').replaceChildren(...order().map(line));
    const cells = [...grid.querySelectorAll('td')];
    const back = at && cells.find((td) => td.dataset.key === at.key && td.dataset.k === at.k);
    if (cells.length) (back || cells[0]).tabIndex = 0;
    if (back) back.focus();
    if (at?.sort) grid.querySelector(`[data-sort="${at.sort}"]`).focus();
    box.hidden = $('.ef-key').hidden = !rows.length;
    button('measure').hidden = rows.every((row) => row.effect);
    button('csv').disabled = !rows.some((row) => row.effect);
    mark();
  }

  function column(name, meaning, by) {
    const th = node('th', '', { scope: 'col' }), press = node('button', name, { title: `${meaning} Click: strongest first.` });
    press.dataset.sort = by;
    if (sorted === by) th.setAttribute('aria-sort', 'descending');
    press.addEventListener('click', () => {
      sorted = sorted === by ? null : by;
      if (sorted !== null && sorted !== 'purity') { wanted.value = sorted; tell(); }
      draw();
      box.scrollTop = 0;
    });
    th.append(press);
    return th;
  }

  function line(row) {
    const tr = document.createElement('tr'), head = node('th', row.name, { scope: 'row', title: row.says || '' });
    tr.dataset.key = row.key;
    head.append(node('small', SOURCES[row.source]));
    tr.append(head, ...used.map(({ k, name }) => cell(row, name, k)));
    const purity = node('td', row.purity == null ? '–' : row.purity.toFixed(2), { className: 'plain', tabIndex: -1 });
    purity.dataset.key = row.key;
    purity.dataset.k = 'purity';
    tr.append(purity);
    return tr;
  }

  function cell(row, name, k) {
    const td = node('td', '', { tabIndex: -1 }), effect = row.effect?.[k] ?? null;
    td.dataset.key = row.key;
    td.dataset.k = k;
    td.setAttribute('role', 'gridcell');
    if (effect === null) { td.textContent = '–'; return td; }
    const agreement = row.agreement[k];
    td.textContent = signed(effect, 2);
    td.append(node('small', percent(agreement)));
    td.style.setProperty('--hue', `var(--${effect < 0 ? 'less' : 'more'})`);
    td.style.setProperty('--size', Math.min(1, Math.abs(effect)));
    td.classList.toggle('unsure', agreement < SURE);
    td.title = `${row.name}, one step: ${name} ${signed(effect, 2)} ± ${row.margin[k].toFixed(2)} SD; ${percent(agreement)} of ${row.counted[k]} brains agree`;
    return td;
  }

  // A cell: its slider to +2, or back to 0.
  function press(td) {
    if (td.classList.contains('plain')) return;
    choose(td.dataset.key);
    const k = td.dataset.k;
    if (k !== wanted.value) other.value = k;
    move(strength(chosen) ? 0 : STEP, true);
    tell();
  }
  function choose(key) {
    if (mine && mine !== key && strength(mine)) {
      brain.restore({ ...brain.recipe, edits: brain.recipe.edits.filter((e) => e.direction !== mine) });
    }
    chosen = mine = key;
  }
  const strength = (key) => brain.recipe.edits.find((e) => e.direction === key)?.strength ?? 0;
  function move(value, all) {
    const now = brain.recipe, edit = now.edits.find((e) => e.direction === chosen);
    if (!all) { brain.edit(chosen, value, edit?.layers); mark(); return; }
    const others = now.edits.filter((e) => e.direction !== chosen);
    brain.restore({ ...now, edits: value ? [...others, { direction: chosen, strength: value }] : others });
  }

  // What the recipe moves, shown.
  function mark() {
    const row = rows.find((r) => r.key === chosen), { edits } = brain.recipe;
    for (const tr of $('tbody').rows) {
      const { key } = tr.dataset, on = edits.find((e) => e.direction === key)?.strength;
      tr.setAttribute('aria-selected', String(key === chosen));
      tr.cells[0].lastChild.textContent = SOURCES[rows.find((r) => r.key === key).source] + (on ? ` · at ${signed(on, 2)}` : '');
    }
    $('.ef-pair').hidden = !row;
    if (!row) return;
    $('.ef-slide label').textContent = row.name;
    slider.setAttribute('aria-label', `${row.name}, standard deviations`);
    slider.value = strength(chosen);
    $('.ef-slide output').textContent = strength(chosen) ? signed(strength(chosen), 2) : '0';
    button('list').hidden = row.source === 'activations';
  }

  // Entangled by the slider, or correlated in the brains themselves?
  let telling = false, again = false;
  async function tell() {
    again = true;
    if (telling) return;
    telling = true;
    while (again && chosen) {
      again = false;
      const a = Number(wanted.value), b = Number(other.value), row = rows.find((r) => r.key === chosen);
      if (a === b) { $('.ef-says').textContent = 'Choose two different measurements.'; continue; }
      if (!row?.effect) { $('.ef-says').textContent = 'This slider has not been measured yet.'; continue; }
      const answer = await server.beside({ recipe: brain.recipe, direction: chosen,
        wanted: props.measurements[a][0], other: props.measurements[b][0] }).catch(() => undefined);
      if (!again) $('.ef-says').textContent = answer?.verdict ? sentence(answer, named(a), named(b)) : lost(answer);
    }
    telling = false;
  }

  async function likeness(mine) {
    const list = $('.ef-alike');
    const answer = await server.alike({ recipe: brain.recipe, keys: rows.map((r) => r.key) }).catch(() => undefined);
    if (mine !== asked || !answer?.pairs) return;
    list.hidden = !answer.pairs.length;
    list.querySelector('summary').textContent = `Sliders that do nearly the same: ${answer.pairs.length}`;
    list.querySelector('ul').replaceChildren(...answer.pairs.map((p) => node('li',
      `${rows[p.first].name} is ${percent(p.cosine)} the same as ${rows[p.second].name}`
      + (p.cosine < 0 ? ' the other way round' : '')
      + (p.effects === null ? '.' : `; same effect: ${percent(p.effects)}${Math.sign(p.effects) !== Math.sign(p.cosine) ? ', but opposite' : ''}.`))));
  }

  async function measure() {
    const run = measuring = {}, todo = rows.filter((row) => !row.effect);
    bar.hidden = false;
    button('measure').textContent = 'Stop';
    for (const [i, row] of todo.entries()) {
      bar.value = i / todo.length;
      status.textContent = `Measuring ${row.name} …`;
      const answer = await server.measure({ recipe: brain.recipe, direction: row.key }).catch(() => undefined);
      if (measuring !== run || !rows.includes(row)) break;
      if (!answer?.row) { status.textContent = lost(answer); break; }
      kept.set(identity(row), answer.row);
      rows = rows.map((r) => (r === row ? answer.row : r));
      status.textContent = '';
      draw();
    }
    if (measuring === run) halt();
  }
  function halt() {
    measuring = null;
    bar.hidden = true;
    button('measure').textContent = 'Measure these';
  }

  async function csv() {
    const keys = order().filter((row) => row.effect).map((row) => row.key);
    const answer = await server.table({ recipe: brain.recipe, keys }).catch(() => undefined);
    if (!answer?.csv) { status.textContent = lost(answer); return; }
    download(new Blob([answer.csv], { type: 'text/csv' }), 'what-moves-what.csv');
  }

  const actions = {
    csv,
    measure() { if (measuring) { halt(); status.textContent = 'Stopped.'; } else measure(); },
    zero() { move(0, true); },
    list() { document.dispatchEvent(new CustomEvent('direction', { detail: chosen })); },
  };
  element.addEventListener('click', (event) => {
    const pressed = event.target.closest('[data-do]'), td = event.target.closest('td');
    if (pressed) actions[pressed.dataset.do]();
    else if (td) press(td);
  });
  $('tbody').addEventListener('keydown', (event) => {
    const td = event.target;
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); event.stopPropagation(); press(td); return; }
    if (!STEPS[event.key] && !['Home', 'End'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();  // the page's own arrow keys go to the next brain
    const [down, right] = STEPS[event.key] || [0, event.key === 'Home' ? -Infinity : Infinity];
    const last = td.parentNode.cells.length - 1, row = $('tbody').rows[td.parentNode.sectionRowIndex + down];
    const next = row?.cells[Math.max(1, Math.min(last, td.cellIndex + right))];
    if (!next) return;
    td.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  slider.addEventListener('input', () => move(Number(slider.value)));
  for (const select of [wanted, other]) select.addEventListener('change', tell);
  source.addEventListener('change', () => { if (measuring) halt(); load(); });
  $('details').addEventListener('toggle', () => {
    document.dispatchEvent(new CustomEvent('wide', { detail: $('details').open }));
    if (open()) load(); else asked++;
  });
  document.addEventListener('rest', () => { if (open()) mark(); });
  document.addEventListener('restored', () => { if (open()) { mark(); if (source.value === 'own' && !measuring) load(); } });
}
