// The drag itself: one step is asked for at a time, and each step's w goes into the recipe, which
// the picture follows as it follows every control. An entry of the history comes at the end.
import { lost, words } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { same } from '../../shared/recipe.js';
import { arrowsOn, length } from './arrows.js';
import { packed } from './region.js';

const ENDS = {
  arrived: 'Arrived.',
  jumped: 'A point was found at its target by a jump, not step by step: look whether it is still the same spot.',
  stuck: 'It comes no nearer. Let more of it move, pull less far, or press Start to go on from here.',
  steps: 'A drag has no more steps. Press Start to go on from here.',
};
// A recipe but for its w.
const plain = ({ w, ...rest }) => JSON.stringify(rest);

/** @param {import('../../shared/part.js').Part} part */
export function start(part) {
  const { element, server } = part, $ = within(element);
  const { board, R, paint, region, whole, movable, field, distance, move, draw, enable, shade, say, add } = arrowsOn(
    part, () => stop('Stopped, as you went to another tab.'));
  const button = $('[data-do=run]'), live = $('.dg-live'), problem = $('.dg-problem');
  let key = null, wanted = false, stepped = false, began = null;  // began: the recipe and arrows before the last drag

  async function ask(name, posted) {
    const answer = await server[name](posted).catch(() => undefined);
    if (answer && !answer.error) return answer;
    problem.textContent = words(lost(answer));
    return null;
  }

  function stop(why) {
    if (!wanted) return;
    wanted = false;
    say(why);
  }

  async function run() {
    if (board.running) return;
    board.running = wanted = true;
    stepped = false;
    problem.textContent = $('.dg-changes').textContent = '';
    $('[data-do=against]').hidden = true;
    say('Dragging.');
    board.arrows = whole();
    board.left = board.arrows.map(length);
    draw();
    button.textContent = 'Stop';
    const start = { recipe: brain.recipe, arrows: structuredClone(board.arrows) };
    const mask = movable();
    const posted = { recipe: start.recipe, arrows: board.arrows.map(({ from, to }) => [...from, ...to]),
      region: mask && await packed(mask.getContext('2d').getImageData(0, 0, R, R)), instead: key };
    const answer = await ask('start_drag', posted);
    if (answer) {
      key = answer.key;
      began = start;
      brain.moving(true);
      await follow(answer.recipe);
      server.forget_drag({ key }).catch(() => undefined);
      key = null;
      brain.moving(false);
      board.looking = true;
      if (stepped) brain.view.since(start.recipe, 'before the drag');
      compare(brain.recipe);
    } else say('');
    board.running = wanted = false;
    button.textContent = 'Start';
    live.textContent = '';
    draw();
  }

  // Steps until it ends, is stopped, or somebody else changes the recipe.
  async function follow(recipe) {
    const times = [];
    if (brain.recipe.walk.keys.length) brain.restore(recipe);  // off its journey
    let w = brain.recipe.w;
    const rest = plain(brain.recipe);
    while (wanted) {
      const step = await ask('step_drag', { key });
      if (!step) { say('Stopped.'); return; }
      const now = brain.recipe;
      if (plain(now) !== rest || now.w !== w) { stop('Stopped, as the picture was changed by hand.'); return; }
      if (!wanted) return;
      w = step.w;
      if (now.w === null) brain.restore({ ...now, w }, 'dragged');  // the seed box empties
      else brain.set('w', w);
      stepped = true;
      board.left = step.left;
      step.handles.forEach((place, i) => { board.arrows[i].from = place; });
      move();
      times.push(performance.now());
      if (times.length > 20) times.shift();
      const rate = times.length > 1 ? 1000 * (times.length - 1) / (times.at(-1) - times[0]) : 0;
      const most = Math.max(...board.left);
      live.textContent = `Step ${step.steps}: ${distance(most)} to go${board.left.length > 1 ? ' at most' : ''}, ${rate.toFixed(0)} steps a second`;
      if (step.ended) {
        stop(`${ENDS[step.ended]} ${distance(most)} to go after ${step.steps} steps.`);
        return;
      }
    }
  }

  // What the drag has changed, in words; only of the newest one.
  async function compare(after) {
    const { recipe } = began;
    const answer = await server.compare_drag({ before: recipe, after }).catch(() => undefined);
    if (answer?.words && began.recipe === recipe) $('.dg-changes').textContent = answer.words;
    $('[data-do=against]').hidden = false;
  }

  const actions = {
    against() { brain.view.against(began.recipe); },
    run() {
      if (!board.running) run();
      else if (stepped) stop('Stopped. Start goes on from here; Undo brings the picture before the drag back.');
      else stop('Stopped before the first step: nothing has changed.');
    },
    add() {
      board.arrows = whole();
      const i = add([R / 2, R / 2], [R / 2, R / 2 - R / 8]);
      if (i !== null) field(i, 'from', 0).focus();
    },
    clear() { board.arrows = []; draw(); say(''); },
    unpaint() { paint.getContext('2d').clearRect(0, 0, R, R); shade(); },
  };
  element.addEventListener('click', (event) => {
    const pressed = event.target.closest('[data-do], [data-tool]');
    if (!pressed) return;
    if (pressed.dataset.do) { actions[pressed.dataset.do](); return; }
    board.tool = board.tool === pressed.dataset.tool ? '' : pressed.dataset.tool;
    if (board.tool === 'brush') region.value = 'painted';
    board.looking = false;
    enable();
    shade();
  });
  // Undo brings the points back to where they were in that picture.
  document.addEventListener('restored', (event) => {
    if (board.running || !began || !same(event.detail, began.recipe)) return;
    board.arrows = structuredClone(began.arrows);
    board.looking = false;
    say('');
    draw();
  });
  draw();
}
