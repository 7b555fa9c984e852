// The map of the noise: asked for ten draws at a time, so that it grows under the eye and can stop.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { same } from '../../shared/recipe.js';

const STEP = 10;  // draws of one request
const levels = (x) => (x < 9.95 ? x.toFixed(1) : x.toFixed(0));

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const select = $('select'), button = $('[data-do=map]'), bar = $('progress'), figure = $('figure');
  const status = $('.nz-status');
  let wanted = null, shown = null;

  props.layers.forEach((name, i) => select.add(new Option(`layer ${name}`, i)));

  function show(answer, asked) {
    const image = figure.querySelector('img');
    image.src = answer.src;
    image.alt = `Standard deviation over ${answer.draws} noise draws: ${levels(answer.mean)} grey levels on average, at most ${levels(answer.top)}`;
    const ticks = $('.nz-ticks').children;
    ticks[1].textContent = levels(answer.top / 2);
    ticks[2].textContent = `${levels(answer.top)} grey levels`;
    $('.nz-says').textContent = `Standard deviation over ${answer.draws} draws: ${answer.mean.toFixed(2)} grey levels of 255 on average, at most ${levels(answer.top)}.`;
    figure.hidden = false;
    shown = asked.recipe;
  }

  function rest() {
    wanted = null;
    button.textContent = 'Show';
    bar.hidden = true;
  }

  button.addEventListener('click', async () => {
    if (wanted) { status.textContent = 'Stopped.'; rest(); return; }
    const asked = wanted = { recipe: brain.recipe, layer: JSON.parse(select.value) };
    button.textContent = 'Stop';
    status.textContent = '';
    bar.value = 0;
    bar.hidden = false;
    for (let draws = STEP; draws <= 100 && wanted === asked; draws += STEP) {
      const answer = await server.noise_map({ ...asked, draws }).catch(() => undefined);
      if (wanted !== asked) return;
      if (!answer?.src) {
        status.textContent = lost(answer);
        break;
      }
      show(answer, asked);
      bar.value = draws;
    }
    if (wanted === asked) rest();
  });
  document.addEventListener('rest', (event) => {
    if (shown && !wanted) status.textContent = same(shown, event.detail) ? '' : 'The picture has changed since: show again.';
  });

  // New noise for every picture, until it is frozen.
  let flickering = false;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const next = () => { clearTimeout(timer); timer = setTimeout(() => {
    const word = document.querySelector('#noise-flicker');
    if (flickering && !word?.offsetParent) freeze();  // its tab was left
    if (flickering) brain.set('noise.seed', Math.floor(Math.random() * props.seeds));
  }, 60); };
  function freeze() {
    flickering = false;
    const word = document.querySelector('#noise-flicker');
    if (word) word.textContent = 'Keep drawing';
    brain.restore(brain.recipe);  // the seed box and the choice show what stays
  }
  document.addEventListener('flicker', () => {
    if (flickering) { freeze(); return; }
    flickering = true;
    document.querySelector('#noise-flicker').textContent = 'Freeze';
    brain.set('noise.mode', 'random');
    next();
  });
  document.addEventListener('frame', () => { if (flickering) next(); });
}
