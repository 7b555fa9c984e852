// Numbers and companions: asked for once the hand rests, one request at a time, newest wins.
import { lost, pause } from '../asking.js';
import { brain } from '../brain.js';
import { decimal, signed } from '../decimals.js';
import { text, within } from '../nodes.js';
import { drawBar, placesOf } from './bars.js';
import { spreadOf } from './spread.js';

const AGAINST = { untouched: 'the same brain untouched', pinned: 'the picture you pinned' };

/** @param {import('../part.js').Part} part */
export function start(part) {
  const { element, props, server } = part, $ = within(element), spread = spreadOf(part);
  const body = $('tbody'), note = $('.nb-note');
  const meter = $('meter'), rarer = $('.nb-rarer');
  const back = $('.nb-back'), row = $('.cp-row');
  let wanted = null, busy = false;
  /** @type {Record<string, import('./bars.js').Scale>} */
  let scales = {};  // of the height of the picture

  const means = $('dl');
  const none = $('.nb-none'), among = $('.nb-among'), kept = $('.nb-kept'), table = $('table');
  table.classList.toggle('nb-alone', !props.reals);
  among.textContent = props.reals_problem;
  $('.nb-told').textContent = `${props.told} ${props.near}`.trim();

  // Per cent of the real slices that have less: in figures, as a mark on a line, and in words.
  function placed(real) {
    const at = text('td', real ? '' : '–');
    at.className = 'nb-real';
    if (!real) return at;
    const below = real.below.toFixed(0), line = document.createElement('i');
    line.style.setProperty('--at', `${real.below}%`);
    const figures = text('span', `${below} %`);
    figures.ariaHidden = line.ariaHidden = 'true';
    const words = text('span', `more than ${below} % of real slices${real.level ? ' at this height' : ''}`);
    words.className = 'nb-words';
    at.append(figures, words, line);
    return at;
  }

  // What a line means and its figures, below the table: with the pointer on it, or the focus.
  let tipped = null;
  function tip(name) {
    tipped = name;
    const line = [...body.children].find((tr) => tr.firstElementChild.textContent === name);
    $('.nb-tip').textContent = line?.dataset.tip ?? '';
  }
  for (const event of ['mouseover', 'focusin']) body.addEventListener(event, ({ target }) => tip(target.closest('tr')?.firstElementChild.textContent));
  for (const event of ['mouseleave', 'focusout']) body.addEventListener(event, () => tip(null));
  body.addEventListener('keydown', (event) => {  // one stop for Tab; up and down from there
    const now = event.target.closest('tr'), next = { ArrowUp: now?.previousElementSibling, ArrowDown: now?.nextElementSibling }[event.key];
    if (!next) return;
    event.preventDefault();
    now.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  $('[data-do=digits]').addEventListener('click', ({ currentTarget }) => {
    currentTarget.setAttribute('aria-pressed', String(table.classList.toggle('nb-digits')));
  });
  $('.nb-head .why').append($('.nb-key'));

  function explain(rows) {
    const real = rows.filter((r) => r.real).map((r) => r.real), level = real.find((r) => r.level);
    if (!props.reals) return;
    among.textContent = level ? `Real: the same among ${level.slices.toLocaleString('en')} real slices within 5 mm of this height (the height itself: among all).`
      : real.length ? `Real: the same among ${real[0].slices.toLocaleString('en')} real slices.` : 'Real: nothing to place among real slices.';
  }

  const figures = (r) => (r.value === null ? '–' : `${decimal(r.value, r.unit === '' ? 2 : 1)} ${r.unit}`);
  const far = (r) => (r.change === null ? '–' : Math.abs(r.change) < 0.05 ? '0' : `${signed(r.change, 1)} SD`);

  // Where it lies, and the same in words for whom it does not help to look.
  function lineOf(r, scale) {
    const cell = text('td', ''), box = document.createElement('div');
    cell.className = 'nb-line';
    if (r.value === null) { cell.textContent = '–'; return cell; }
    if (scale) drawBar(box, placesOf(r.value, r.change, scale));
    box.ariaHidden = 'true';
    const change = r.change === null ? '' : far(r) === '0' ? ', unchanged' : `, changed by ${far(r)}`;
    cell.append(text('span', `${figures(r)}${change}${r.below === null ? '' : `, more than ${r.below.toFixed(0)} % of the model’s brains`}`, 'unseen'), box);
    return cell;
  }

  // Why some have no value.
  function without(rows) {
    none.hidden = !rows.length;
    none.replaceChildren(...rows.map((r) => text('li', `${r.name}: ${r.why[0].toLowerCase()}${r.why.slice(1)}`)));
  }

  function fill(answer, recipe) {
    const at = [...body.children].findIndex((line) => line.tabIndex === 0), held = body.contains(document.activeElement);
    body.replaceChildren(...answer.rows.map((r, i) => {
      const line = document.createElement('tr'), head = text('th', r.name);
      head.scope = 'row';
      line.append(head, text('td', figures(r)), text('td', far(r)), text('td', r.below === null ? '–' : `${r.below.toFixed(0)} %`), placed(r.real), lineOf(r, scales[r.key]));
      if (r.change !== null && Math.abs(r.change) >= 0.5) line.classList.add('moved');
      line.tabIndex = i === Math.max(0, at) ? 0 : -1;
      line.dataset.tip = `${r.name}: ${figures(r)}${far(r) === '0' || far(r) === '–' ? '' : ` (${far(r)})`}. ${r.meaning}`;
      return line;
    }));
    if (held) body.children[at]?.focus({ preventScroll: true });
    if (tipped) tip(tipped);
    if (!means.children.length) {
      means.append(...answer.rows.flatMap((r) => [text('dt', r.name), text('dd', r.meaning)]));
      if (props.reals) means.append(text('dt', 'Real'), text('dd', `Place among real slices: ${props.reals}.`));
    }
    kept.textContent = leftOf(answer.held);
    without(answer.rows.filter((r) => r.why));
    explain(answer.rows);
    spread.follow(answer.rows, recipe);
    meter.value = answer.rarer;
    rarer.textContent = (answer.rarer < 1 ? `Very typical: almost every random brain${here()} is rarer` : `Rarer than ${Math.min(99, Math.floor(answer.rarer))} % of random brains${here()}`)
      + (recipe.edits.length ? ' along the edits' : '');
    back.disabled = answer.rarer < 1 || (!recipe.edits.length && Math.abs(recipe.psi) <= 0.7);
    row.src = answer.companions;
    $('.cp-preview').textContent = answer.preview;
    note.textContent = answer.rows.some((r) => r.below !== null) ? ''
      : 'The model’s brains are being measured for the first time; change and rank come soon.';
  }

  // Brains are compared at one place of a scale.
  const here = () => (brain.scale ? ` at this ${brain.scale.name.toLowerCase()}` : '');

  // What "keep fixed" has not taken back: a part of it may be beyond the model.
  function leftOf(held) {
    return held.map(({ name, left }) => (left === null ? `${name} is to stay, but cannot be measured here.`
      : Math.abs(left) < 0.05 ? `${name} is kept: less than 0.05 SD is left.`
        : `${name} is not quite kept: ${signed(left, 2)} SD is left.`)).join(' ');
  }

  // Numbers of another picture would be worse than none.
  function empty(reason) {
    for (const td of body.querySelectorAll('td')) td.textContent = '–';
    for (const line of body.children) { line.classList.remove('moved'); line.dataset.tip = ''; }
    tip(null);
    meter.value = 0;
    rarer.textContent = '';
    back.disabled = none.hidden = true;
    row.removeAttribute('src');
    $('.cp-preview').textContent = '';
    kept.textContent = '';
    among.textContent = props.reals_problem;
    note.textContent = reason;
  }

  async function ask() {
    if (busy) return;
    busy = true;
    while (wanted) {
      const recipe = wanted;
      wanted = null;
      const A = brain.view.A();
      const answer = await server.look({ recipe, against: A.recipe }).catch(() => undefined);
      if (!wanted) element.classList.remove('nb-behind');
      if (!answer?.rows) empty(lost(answer));
      else {
        const height = answer.rows.find((r) => r.key === 'height')?.value ?? null;
        scales = (await server.ranges({ height, recipe }).catch(() => undefined))?.scales ?? {};
        fill(answer, recipe);
        const first = A.name === 'untouched' && recipe.walk.keys.length;
        $('.nb-against').textContent = first ? 'the first key frame' : AGAINST[A.name] ?? `the picture ${A.name}`;
        element.dispatchEvent(new CustomEvent('measured', { bubbles: true, detail: answer.rows }));
        element.dispatchEvent(new CustomEvent('looked', { bubbles: true, detail: recipe }));
        if (note.textContent && !wanted) {  // the population is on its way
          for (let i = 0; i < 20 && !wanted; i++) await pause(200);
          wanted = wanted || recipe;
        }
      }
    }
    busy = false;
  }

  // What plays or is being dragged has other numbers by now.
  document.addEventListener('frame', () => element.classList.add('nb-behind'));
  document.addEventListener('rest', (event) => { wanted = event.detail; ask(); });
  document.addEventListener('against', () => { wanted = brain.recipe; ask(); });
  back.addEventListener('click', () => {
    const recipe = brain.recipe;
    if (recipe.edits.length) {
      recipe.edits = recipe.edits.map((e) => ({ ...e, strength: Math.round(15 * e.strength) / 20 }))
        .filter((e) => e.strength !== 0);
    } else if (Math.abs(recipe.psi) > 0.7) recipe.psi = 0.7;
    brain.restore(recipe);
  });
}
