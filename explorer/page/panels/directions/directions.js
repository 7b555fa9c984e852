// The list of directions. Rows are made here, since the measured ones may come later and users add
// their own; a slider costs the same however many there are.
import { lost, pause, words } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { signed } from '../../shared/decimals.js';
import { films } from '../../shared/films.js';
import { handlesOf } from '../../shared/handles.js';
import { base64 } from '../../shared/links.js';
import { download, text, within } from '../../shared/nodes.js';
import { same, seedsIn } from '../../shared/recipe.js';
import { draw as drawMoves } from './moves.js';
import { screeOf } from './scree.js';

// The button, what it says about its list in a line, the rest, and what the share of a row is.
/** @type {Record<string, [string, string, string, ((share: string) => string)?]>} */
const SOURCES = {
  measured: ['Anatomy', 'Each is aimed at one measurement. R²: how much it explains.', 'Found by regression on the model’s own pictures. How much of the measurement they explain was checked on pictures not seen before (R²).', (share) => `explains ${share}`],
  pca: ['Main axes (PCA)', 'Principal components: where the brains differ most.', 'The directions in which the model’s brains differ most (principal components of w), with their share of all variety. What does each one change?', (share) => `${share} of variety`],
  sefa: ['Styles (SeFa)', 'What moves the styles most. Choose the layers first.', 'Read straight from the network’s weights without a picture (closed form), with their share of all movement. Each choice of layers has its own directions.', (share) => `${share} of movement`],
  activations: ['One layer', 'Where one layer’s maps differ most. Choose the layer first.', 'The principal components of one layer’s feature maps (activations), brought back to w, with their share of all variety in those maps.', (share) => `${share} of variety`],
  own: ['Mine', 'Directions of your own.', 'They are kept in your links and pictures, not on the server.'],
};
const KEYS = { measured: 'measured:', pca: 'pca', sefa: 'sefa', activations: 'act', own: 'own:' };  // begin so
const NUMBERED = { pca: 'PCA', sefa: 'SeFa' };  // their rows have no other name
const percent = (x) => `${(100 * x).toFixed(x < 0.095 ? 1 : 0)} %`;
const recipe = () => brain.recipe;

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  $('.dr-told').textContent = props.told;
  const tabs = $('.dr-tabs'), rows = $('.dr-rows'), form = $('.dr-make'), dialog = $('.dr-receipt');
  let groups = {}, source = 'pca', range = 'sefa', chosen = false;
  let layer = Math.min(3, props.maps.length - 1), asking = false;
  let effects = {};  // of one step, by key
  const axes = {};  // of the layers that were looked at
  const layered = props.maps.length + 1;  // layers of w
  const layersOf = new WeakMap();  // of a row: sets its handles
  const scree = screeOf($('.dr-scree'), (key) => {
    if (!rows.classList.contains('dr-all')) $('.dr-more').click();
    reach(key);
  });

  function tab(name) {
    source = name;
    for (const button of tabs.children) {
      button.setAttribute('aria-pressed', String(button.dataset.source === name));
    }
    $('.dr-about').replaceChildren(SOURCES[name][1], ' ', why(SOURCES[name][2]));
    form.hidden = name !== 'own';
    list();
  }

  function list() {
    const own = recipe().own.map((o) => ({ key: o.key, name: o.name, source: 'own', share: null, says: null }));
    const shown = { own, sefa: groups[range], activations: axes[layer] }[source] || groups[source] || [];
    rows.replaceChildren();
    if (source === 'sefa') rows.append(ranges());
    if (source === 'activations') { rows.append(maps()); find(); }
    shown.forEach((d, i) => rows.append(line(d, i + 1)));
    scree(shown, ['pca', 'sefa', 'activations'].includes(source) ? SOURCES[source][3]('').trim() : '');
    sync();
  }

  // The list anew, with the hand where it was.
  function anew(draw) {
    const at = document.activeElement, row = rows.contains(at) ? at.closest('.dr-row') : null;
    const parts = (r) => [...r.querySelectorAll('input, button')], i = row ? parts(row).indexOf(at) : -1;
    const opened = [...rows.querySelectorAll('.dr-tools:not([hidden])')].map((node) => node.closest('.dr-row').dataset.key);
    draw();
    for (const r of rows.querySelectorAll('.dr-row')) if (opened.includes(r.dataset.key)) r.querySelector('.dr-menu').click();
    const again = i < 0 ? null : [...rows.children].find((r) => r.dataset.key === row.dataset.key);
    if (again) parts(again)[i]?.focus({ preventScroll: true });
  }

  function why(rest) {
    const details = document.createElement('details'), summary = text('summary', '?');
    details.className = 'why';
    summary.setAttribute('aria-label', 'More about these directions');
    details.append(summary, text('p', rest));
    return details;
  }

  function ranges() {
    const box = document.createElement('label');
    const select = document.createElement('select');
    for (const [name, span] of props.layers) {
      const key = name === 'all' ? 'sefa' : `sefa-${name}`;
      select.add(new Option(span ? `${name} layers (${span[0] + 1}–${span[1]})` : 'all layers', key));
    }
    select.value = range;
    select.addEventListener('change', () => { range = select.value; list(); });
    box.append('Styles of ', select);
    return box;
  }

  function maps() {
    const box = document.createElement('label'), select = document.createElement('select');
    props.maps.forEach((name, i) => select.add(new Option(name, i)));
    select.value = String(layer);
    select.addEventListener('change', () => { layer = Number(select.value); list(); });
    box.append('Maps of layer ', select);
    return box;
  }

  // The axes of the chosen layer, which take seconds the first time.
  async function find() {
    if (asking) return;
    asking = true;
    while (source === 'activations' && !axes[layer]) {
      const asked = layer, answer = await server.activations({ layer: asked }).catch(() => undefined);
      if (answer?.rows) { axes[asked] = answer.rows; list(); continue; }  // the layer may be another now
      if (asked === layer) $('.dr-progress').textContent = lost(answer);
      await pause(1000);
    }
    asking = false;
    if (axes[layer] && source === 'activations') $('.dr-progress').textContent = '';
  }

  function line(d, number) {
    const row = $('template').content.firstElementChild.cloneNode(true);
    const slider = row.querySelector('[type=range]'), box = row.querySelector('[type=number]');
    const tools = row.querySelector('.dr-tools'), menu = row.querySelector('.dr-menu'), hold = row.querySelector('[type=checkbox]');
    const prefix = { pca: 'axis', measured: 'anatomy', sefa: 'sefa', activations: 'maps', own: 'mine' }[d.source];
    row.id = `${prefix}-${number}`;
    row.dataset.key = d.key;
    slider.id = `${row.id}-range`;
    const name = row.querySelector('.dr-name');
    name.htmlFor = slider.id;
    name.textContent = d.source in NUMBERED ? `${NUMBERED[d.source]} ${number}` : d.name;
    if (d.source in NUMBERED && d.says) name.append(text('small', d.says));
    name.title = d.says || d.name;
    row.querySelector('.dr-says').textContent = d.says || '';
    const badge = document.createElement('span');
    badge.className = `dr-badge dr-${d.source}`;
    badge.textContent = d.share === null ? SOURCES[d.source][0] : SOURCES[d.source][3](percent(d.share));
    row.querySelector('.dr-says').append(badge);
    box.setAttribute('aria-label', `${d.name}, standard deviations`);
    hold.setAttribute('aria-label', `keep ${d.name} fixed`);
    row.querySelector('[data-do=forget]').hidden = d.source !== 'own';
    menu.setAttribute('aria-label', `More of ${d.name}`);
    drawMoves(row.querySelector('.dr-moves'), effects[d.key], props.measurements);

    // Layers: of the direction unless the handles say otherwise, which are made when they are looked at.
    const usual = d.layers ?? [0, layered], spans = row.querySelector('.dr-spans');
    let span = usual, handles = null;
    const layers = () => (same(span, usual) ? null : span);
    const choose = (to) => {
      span = to ?? usual;
      handles?.set(span);
      for (const button of spans.children) button.setAttribute('aria-pressed', String(button.dataset.span === JSON.stringify(span)));
    };
    layersOf.set(row, choose);
    function handle() {
      handles = handlesOf(d.name, layered, (to) => { choose(to); go(box.value); });
      row.querySelector('.dr-layers').setAttribute('aria-label', `${d.name}: layers`);
      row.querySelector('.dr-layers').append(handles.box);
      for (const [name, of] of props.layers) {
        const button = text('button', name === 'all' && d.layers ? 'its layers' : name, 'plain');
        button.dataset.span = JSON.stringify(of ?? usual);
        button.addEventListener('click', () => { choose(of); go(box.value); });
        spans.append(button);
      }
      choose(span);
    }

    const go = (value) => brain.edit(d.key, Number(value), layers());
    const zero = () => { slider.value = box.value = 0; go(0); };
    slider.addEventListener('input', () => { box.value = slider.value; go(slider.value); });
    slider.addEventListener('dblclick', zero);
    box.addEventListener('input', () => {
      if (box.value === '' || !box.checkValidity()) return;
      slider.value = box.value;
      go(box.value);
    });
    box.addEventListener('change', () => {  // what is no step of it becomes the nearest
      if (box.value !== '' && box.checkValidity()) return;
      const step = Number(box.step), near = step * Math.round(Number(box.value) / step);
      box.value = slider.value = Math.min(Math.max(near, Number(box.min)), Number(box.max)).toFixed(2);
      go(box.value);
    });
    hold.addEventListener('change', () => { mark(row); brain.hold(d.key, hold.checked); });
    const acts = {
      zero,
      film: () => film(row, d, layers()),
      receipt: () => receipt(d, layers()),
      forget() { brain.forget(d.key); $('.dr-tabs [aria-pressed=true]').focus(); },
      menu() {
        if (!handles) handle();
        tools.hidden = !tools.hidden;
        menu.setAttribute('aria-expanded', String(!tools.hidden));
      },
    };
    row.addEventListener('click', (event) => acts[event.target.closest('[data-do]')?.dataset.do]?.());
    row.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.target === box) return;
      const act = { m: acts.menu, k: () => hold.click(), Delete: zero }[event.key];
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    return row;
  }

  // What is set behind the dots shows outside too.
  function mark(row) {
    const menu = row.querySelector('.dr-menu'), held = row.querySelector('[type=checkbox]').checked;
    const edit = brain.now.edits.find((e) => e.direction === row.dataset.key);
    menu.classList.toggle('dr-set', held || Boolean(edit?.layers));
    row.classList.toggle('dr-held', held);
  }

  // Sliders show the recipe.
  function sync() {
    const now = recipe();
    for (const row of rows.querySelectorAll('.dr-row')) {
      const edit = now.edits.find((e) => e.direction === row.dataset.key);
      const strength = edit ? edit.strength : 0;
      row.querySelector('[type=range]').value = strength;
      if (document.activeElement !== row.querySelector('[type=number]')) row.querySelector('[type=number]').value = strength;
      if (edit) layersOf.get(row)(edit.layers);
      row.querySelector('[type=checkbox]').checked = now.hold.includes(row.dataset.key);
      mark(row);
    }
    for (const button of tabs.children) count(button, now.edits);
  }

  // A slider that is moved shows on its list's button too, for whoever looks at another list.
  function count(button, edits) {
    const moved = edits.filter((e) => e.direction.startsWith(KEYS[button.dataset.source])).length;
    const [number, word] = button.children;
    number.textContent = moved || '';
    word.textContent = moved ? ' moved' : '';
  }

  const asked = (d, layers) => ({ recipe: recipe(), direction: d.key, layers });

  async function film(row, d, layers) {
    const box = row.querySelector('.dr-film');
    if (!box.hidden) { box.hidden = true; return; }
    const posted = asked(d, layers), answer = await server.film(posted).catch(() => undefined);
    if (!answer?.src) { brain.show(lost(answer)); return; }
    unroll(row, answer, `This brain from −3 to +3 standard deviations along ${d.name}`, posted.recipe);
  }

  // A film depends on all but its own direction.
  const unroll = films(rows, (recipe, key) => JSON.stringify(
    { ...recipe, edits: recipe.edits.filter((e) => e.direction !== key) }));
  document.addEventListener('rest', sync);

  async function receipt(d, layers) {
    const end = text('button', 'Close');
    end.addEventListener('click', () => dialog.close());
    dialog.replaceChildren(text('p', 'Measuring 16 other brains …'), end);
    dialog.showModal();
    // The button stays, with a focus or a finger on it.
    const say = (...nodes) => {
      while (end.previousSibling) end.previousSibling.remove();
      end.before(...nodes);
    };
    const waits = () => dialog.open && end.isConnected;  // not closed, nor opened for another one
    let answer;
    while (waits()) {
      answer = await server.receipt(asked(d, layers)).catch(() => undefined);
      if (!answer?.again) break;
      say(text('p', answer.error));
      await pause(2000);
    }
    if (!waits()) return;
    if (!answer || answer.error) {
      say(text('p', lost(answer)));
      return;
    }
    const table = document.createElement('table');
    table.innerHTML = '<thead><tr><th>What</th><th>Effect of +1, SD</th><th>Agreement</th><th>Linearity</th><th>Brains</th></tr></thead><tbody></tbody>';
    for (const r of answer.rows) {
      const tr = document.createElement('tr');
      const cells = [r.name, r.effect === null ? '–' : `${signed(r.effect, 2)} ± ${r.margin.toFixed(2)}`,
        r.agreement === null ? '–' : `${Math.round(100 * r.agreement)} %`,
        r.linearity === null ? '–' : r.linearity.toFixed(2), String(r.counted)];
      cells.forEach((cell) => tr.append(text('td', cell)));
      table.tBodies[0].append(tr);
    }
    const facts = answer.purity === null ? '' : ` Purity ${answer.purity.toFixed(2)}, leakage ${answer.leakage.toFixed(2)}.`;
    say(
      text('h3', `${d.name}: ${answer.name}`),
      text('p', `${answer.effect}${facts} ${answer.told}`.trim()),
      table,
      text('p', 'Agreement: on how many brains it moves to the same side. Linearity: 1 if every step from −3 to +3 does the same. The name tells what moves by 0.3 SD or more, on 90\u00a0% of the brains more than its interval, and more than twice as far as noise does; “mostly” if hardly anything else moves (purity 0.6). Brains: on how many it has a value at both steps; with fewer than 4 no effect is given, and with fewer than 8 it gives no name.'));
  }

  async function load() {
    const answer = await server.directions({}).catch(() => undefined);
    if (!answer?.groups) { setTimeout(load, 2000); return; }
    groups = answer.groups;
    if (!chosen && groups.measured?.length) source = 'measured';
    $('.dr-progress').textContent = answer.progress === 0  // kept results are being opened, or it begins
      ? 'Names and Anatomy are on their way.' : answer.progress < 1
      ? `Measuring the model’s brains for the first time: ${Math.round(100 * answer.progress)} %. Names and Anatomy come then.` : '';
    while (rows.matches(':active')) await pause(100);  // a hand would lose its slider
    if (!rows.contains(document.activeElement) || answer.progress === 1) anew(() => tab(source));
    if (answer.progress < 1) setTimeout(load, 2000);
    else if (!Object.keys(effects).length) learn();
  }
  async function learn() {
    effects = (await server.effects({}).catch(() => undefined))?.effects ?? {};
    for (const row of rows.querySelectorAll('.dr-row')) {
      drawMoves(row.querySelector('.dr-moves'), effects[row.dataset.key], props.measurements);
    }
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const [name, more, less] = ['name', 'more', 'less'].map((k) => form.elements[k].value);
    const posted = { recipe: recipe(), name };
    if (more || less) Object.assign(posted, { more: seedsIn(more), less: seedsIn(less) });
    const answer = await server.make_own(posted).catch(() => undefined);
    if (!answer?.own) { $('.dr-made').textContent = lost(answer); return; }
    brain.keep(answer.own);
    $('.dr-made').textContent = answer.right === null ? `“${answer.own.name}” is ready.`
      : `“${answer.own.name}” is ready. Left out one at a time, ${Math.round(answer.right * answer.of)} of ${answer.of} brains are classified correctly${answer.right < 0.7 ? ': give more examples' : ''}.`;
    list();
  });
  const aims = form.elements.namedItem('aim');
  aims.append(...props.aims.map(([key, name]) => new Option(name, key, false, key === 'ventricles')));
  async function aim(button) {
    const says = (what) => { $('.dr-aimed').textContent = what; };
    button.disabled = true;
    says('Trying small steps around this brain …');
    const answer = await server.aim_here({ recipe: recipe(), key: aims.value }).catch(() => undefined);
    button.disabled = false;
    if (!answer?.own) { says(words(lost(answer))); return; }
    const { own, aimed, reached, height, leak } = answer;
    brain.keep(own);
    const moved = [height !== null && aims.value !== 'height' && `the slice height moves by ${signed(height, 2)} SD`, leak !== null && `all else by ${leak.toFixed(2)} SD on average`].filter(Boolean);
    says(`“${own.name}” is ready. One step aims at ${signed(aimed, 2)} SD. Measured by other instruments it brings ${reached === null ? 'something that cannot be measured' : `${signed(reached, 2)} SD`}${moved.length ? `; ${moved.join(', ')}` : ''}. On other brains it may do something else.`);
    list();
    reach(own.key);
  }
  form.querySelector('[data-do=load]').hidden = !props.takes_files;
  form.addEventListener('click', async (event) => {
    const what = event.target.dataset.do;
    if (what === 'aim') aim(event.target);
    if (what === 'load') form.querySelector('[type=file]').click();
    if (what !== 'save') return;
    const answer = await server.write_own(recipe()).catch(() => undefined);
    if (!answer?.file) { $('.dr-made').textContent = lost(answer); return; }
    download(`data:application/octet-stream;base64,${answer.file}`, 'directions.safetensors');
  });
  // All of a file or none: a recipe with too many makes no picture.
  function taken(owns) {
    const all = new Set([...recipe().own, ...owns].map((o) => o.key)).size;
    if (all > props.most_own) return `With the ${owns.length} of the file you would have ${all} directions, and a recipe carries ${props.most_own}: delete some of yours first.`;
    owns.forEach((o) => brain.keep(o));
    return `${owns.length} loaded.`;
  }
  form.querySelector('[type=file]').addEventListener('change', async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    const content = await base64(file.slice(0, 4e6 + 1)).catch(() => null);  // the file may be gone
    const answer = content === null ? { error: 'The browser cannot read this file: choose it again.' }
      : await server.read_own({ file: content }).catch(() => undefined);
    $('.dr-made').textContent = answer?.owns ? taken(answer.owns) : lost(answer);
    event.target.value = '';
    list();
  });

  for (const [name, [label]] of Object.entries(SOURCES)) {
    const button = text('button', `${label} `);
    button.dataset.source = name;
    button.append(text('i', ''), text('span', '', 'unseen'));
    button.addEventListener('click', () => { chosen = true; tab(name); });
    tabs.append(button);
  }
  $('.dr-more').addEventListener('click', () => {
    $('.dr-more').textContent = rows.classList.toggle('dr-all') ? 'Fewer directions' : 'More directions';
  });
  document.addEventListener('restored', () => anew(list));
  // Another panel points at a direction by its key.
  document.addEventListener('direction', ({ detail: key }) => {
    const found = Object.entries(groups).find(([, all]) => all.some((d) => d.key === key));
    if (found?.[0].startsWith('sefa')) range = found[0];
    chosen = true;
    tab(found ? found[0].split('-')[0] : 'own');
    reach(key);
  });
  function reach(key) {
    const row = [...rows.children].find((r) => r.dataset.key === key);
    row?.scrollIntoView({ block: 'center' });
    row?.querySelector('input').focus({ preventScroll: true });
  }
  load();
}
