// Numbers and companions: asked for once the hand rests, one request at a time, newest wins.
import { lost, pause } from '../asking.js';
import { brain } from '../brain.js';
import { text, within } from '../nodes.js';
import { spreadOf } from './spread.js';

const signed = (x) => (x > 0 ? '+' : x < 0 ? '−' : '') + Math.abs(x).toFixed(1);

/** @param {import('../part.js').Part} part */
export function start(part) {
  const { element, props, server } = part, $ = within(element), spread = spreadOf(part);
  const body = $('tbody'), note = $('.nb-note');
  const meter = $('meter'), rarer = $('.nb-rarer');
  const back = $('.nb-back'), row = $('.cp-row');
  let wanted = null, busy = false;

  const means = $('dl');
  const none = $('.nb-none'), among = $('.nb-among'), table = $('table');
  table.classList.toggle('nb-alone', !props.reals);
  among.textContent = props.reals_problem;

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

  function explain(rows) {
    const real = rows.filter((r) => r.real).map((r) => r.real), level = real.find((r) => r.level);
    if (!props.reals) return;
    among.textContent = level ? `Real: the same among ${level.slices.toLocaleString('en')} real slices within 5 mm of this height (the height itself: among all).`
      : real.length ? `Real: the same among ${real[0].slices.toLocaleString('en')} real slices.` : 'Real: nothing to place among real slices.';
  }

  // Why some have no value.
  function without(rows) {
    none.hidden = !rows.length;
    none.replaceChildren(...rows.map((r) => text('li', `${r.name}: ${r.why[0].toLowerCase()}${r.why.slice(1)}`)));
  }

  function fill(answer, recipe) {
    body.replaceChildren(...answer.rows.map((r) => {
      const line = document.createElement('tr');
      const head = text('th', r.name), digits = r.unit === '' ? 2 : 1;
      head.scope = 'row';
      line.append(
        head,
        text('td', r.value === null ? '–' : `${r.value.toFixed(digits).replace('-', '−')} ${r.unit}`),
        text('td', r.change === null ? '–' : Math.abs(r.change) < 0.05 ? '0' : `${signed(r.change)} SD`),
        text('td', r.below === null ? '–' : `${r.below.toFixed(0)} %`),
        placed(r.real),
      );
      if (r.change !== null && Math.abs(r.change) >= 0.5) line.classList.add('moved');
      return line;
    }));
    if (!means.children.length) {
      means.append(...answer.rows.flatMap((r) => [text('dt', r.name), text('dd', r.meaning)]));
      if (props.reals) means.append(text('dt', 'Real'), text('dd', `Place among real slices: ${props.reals}.`));
    }
    without(answer.rows.filter((r) => r.why));
    explain(answer.rows);
    spread.follow(answer.rows);
    meter.value = answer.rarer;
    rarer.textContent = `rarer than ${answer.rarer.toFixed(0)} % of random brains`
      + (recipe.edits.length ? ' along the edits' : '');
    back.disabled = !recipe.edits.length && Math.abs(recipe.psi) <= 0.7;
    row.src = answer.companions;
    note.textContent = answer.rows.some((r) => r.below !== null) ? ''
      : 'The model’s brains are being measured for the first time; change and rank come soon.';
  }

  // Numbers of another picture would be worse than none.
  function empty(reason) {
    for (const td of body.querySelectorAll('td')) td.textContent = '–';
    for (const line of body.children) line.classList.remove('moved');
    meter.value = 0;
    rarer.textContent = '';
    back.disabled = none.hidden = true;
    row.removeAttribute('src');
    among.textContent = props.reals_problem;
    note.textContent = reason;
  }

  async function ask() {
    if (busy) return;
    busy = true;
    while (wanted) {
      const recipe = wanted;
      wanted = null;
      const answer = await server.look(recipe).catch(() => undefined);
      if (!answer?.rows) empty(lost(answer));
      else {
        fill(answer, recipe);
        element.dispatchEvent(new CustomEvent('looked', { bubbles: true, detail: recipe }));
        if (note.textContent && !wanted) {  // the population is on its way
          for (let i = 0; i < 20 && !wanted; i++) await pause(200);
          wanted = wanted || recipe;
        }
      }
    }
    busy = false;
  }

  document.addEventListener('rest', (event) => { wanted = event.detail; ask(); });
  back.addEventListener('click', () => {
    const recipe = brain.recipe;
    if (recipe.edits.length) {
      recipe.edits = recipe.edits.map((e) => ({ ...e, strength: Math.round(15 * e.strength) / 20 }))
        .filter((e) => e.strength !== 0);
    } else if (Math.abs(recipe.psi) > 0.7) recipe.psi = 0.7;
    brain.restore(recipe);
  });
}
