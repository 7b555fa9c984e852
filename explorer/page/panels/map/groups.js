// Groups of brains on the map, the keyboard, and the direction from one group to the other.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { neighbour } from './shapes.js';

const NEAR = 20;  // brains that a key takes into a group
const SIDES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {import('../../shared/part.js').Part} part
 * @param {import('./map.js').Sheet} sheet
 */
export function groupsOf({ element, server }, sheet) {
  const $ = within(element);
  const form = $('.mp-make'), slide = $('.mp-slide');
  const across = $('[name=mp-across]'), up = $('[name=mp-up]'), colour = $('[name=mp-colour]');

  function take(name, numbers) {
    const other = name === 'more' ? 'less' : 'more';
    for (const i of numbers) { sheet.groups[name].add(i); sheet.groups[other].delete(i); }
    count();
  }
  function count() {
    $('.mp-count').textContent = `A ${sheet.groups.more.size}, B ${sheet.groups.less.size} brains`;
    form.querySelector('button').disabled = !sheet.groups.more.size || !sheet.groups.less.size;
    if (sheet.data) sheet.chart.draw();
  }

  // The dot in sight that is nearest to a place, or -1.
  function closest(spots, [x, y]) {
    const apart = spots.map((spot) => (spot ? (spot[0] - x) ** 2 + (spot[1] - y) ** 2 : Infinity));
    const least = Math.min(...apart);
    return least === Infinity ? -1 : apart.indexOf(least);
  }

  sheet.chart.plot.addEventListener('keydown', (event) => {
    if (!sheet.data || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!SIDES[key] && !['Enter', 'a', 'b', 'Home', 'Escape', '+', '-'].includes(key)) return;
    event.preventDefault();
    event.stopPropagation();  // these keys are the page's too
    const view = sheet.chart.view(), spots = sheet.spots(), known = sheet.here?.every((v) => v !== null);
    const start = () => closest(spots, known ? [view.x(sheet.here[0]), view.y(sheet.here[1])] : [(view.box.left + view.box.right) / 2, (view.box.top + view.box.bottom) / 2]);
    if (key === 'Home' || (SIDES[key] && sheet.pointed < 0)) sheet.point(start(), true);
    else if (key === 'Escape') sheet.point(-1);
    else if (key === 'Enter') sheet.go(sheet.pointed);
    else if (key === '+' || key === '-') sheet.chart.zoom(key === '+' ? 1.5 : 1 / 1.5);
    else if (SIDES[key]) sheet.point(neighbour(spots, sheet.pointed, SIDES[key]), true);
    else if (sheet.pointed >= 0) {
      const [x, y] = spots[sheet.pointed], order = spots.map((s, i) => [s ? (s[0] - x) ** 2 + (s[1] - y) ** 2 : Infinity, i]);
      take(key === 'a' ? 'more' : 'less', order.sort((p, q) => p[0] - q[0]).slice(0, NEAR).filter(([far]) => far < Infinity).map(([, i]) => i));
      $('.mp-spoken').textContent = `The ${NEAR} nearest are in group ${key.toUpperCase()}. ${$('.mp-count').textContent}.`;
    }
  });

  element.addEventListener('click', (event) => {
    const what = event.target.closest('[data-do]')?.dataset.do;
    if (what === 'clear') { sheet.groups.more.clear(); sheet.groups.less.clear(); count(); }
    else if (what) {
      sheet.mode = what;
      for (const name of ['go', 'more', 'less']) $(`[data-do=${name}]`).setAttribute('aria-pressed', String(name === sheet.mode));
      $('.mp-with').hidden = sheet.mode === 'go';
      sheet.point(-1);
      if (sheet.data) sheet.chart.draw();
    }
  });
  $('[name=mp-with]').addEventListener('change', () => sheet.chart.draw());
  element.addEventListener('change', (event) => {
    if (event.target !== across && event.target !== up && event.target !== colour) return;
    // The two axes of a t-SNE mean nothing one by one.
    const other = event.target === across ? up : across;
    if (event.target.value.startsWith('tsne')) { across.value = 'tsne1'; up.value = 'tsne2'; }
    else if (event.target !== colour && other.value.startsWith('tsne')) other.value = event.target.value === 'pca1' ? 'pca2' : 'pca1';
    sheet.point(-1);
    sheet.load();
  });

  let made = null;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button'), said = $('.mp-made');
    button.disabled = true;
    const posted = { recipe: brain.recipe, name: form.elements.name.value, more: [...sheet.groups.more], less: [...sheet.groups.less] };
    const answer = await server.divide(posted).catch(() => undefined);
    count();
    if (!answer?.own) { said.textContent = lost(answer); return; }
    made = answer.own;
    const now = brain.recipe;
    brain.restore({ ...now, own: [...now.own, made] });  // the list of directions shows it too
    const marked = [posted.more.length, posted.less.length];
    said.textContent = `“${made.name}” is ready, here and among the directions under “Mine”.`
      + answer.used.map((n, i) => (n < marked[i] ? ` Of the ${marked[i]} brains in ${'AB'[i]}, ${n} were used, evenly chosen.` : '')).join('')
      + (answer.right === null ? '' : ` Left out one at a time, ${Math.round(answer.right * answer.of)} of ${answer.of} brains are classified correctly.`);
    slide.querySelector('span').textContent = made.name;
    slide.hidden = false;
    sync();
  });
  slide.querySelector('input').addEventListener('input', (event) => {
    brain.edit(made.key, Number(event.target.value), null);
    sync();
  });
  function sync() {
    if (!made) return;
    const now = brain.recipe, kept = now.own.some((o) => o.key === made.key);
    slide.hidden = !kept;
    const strength = now.edits.find((e) => e.direction === made.key)?.strength ?? 0;
    slide.querySelector('input').value = strength;
    slide.querySelector('output').textContent = `${strength.toFixed(2)}`;
  }
  for (const name of ['restored', 'frame']) document.addEventListener(name, sync);  // it moves elsewhere too

  count();
  return { take };
}
