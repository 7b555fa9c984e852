// The drag itself: one step is asked for at a time, and each step's w goes into the recipe, which
// the picture follows as it follows every control. An entry of the history comes at the end.
const button = $('[data-do=run]'), live = $('.dg-live'), problem = $('.dg-problem');
const ENDS = {
  arrived: 'Arrived.',
  stuck: 'It comes no nearer. Let more of it move, pull less far, or press Start to go on from here.',
  steps: 'A drag has no more steps. Press Start to go on from here.',
};
let key = null, wanted = false, began = null;  // began: the recipe and arrows before the last drag
const plain = ({ w, ...rest }) => JSON.stringify(rest);

async function ask(name, posted) {
  const answer = await server[name](posted).catch(() => undefined);
  if (answer && !answer.error) return answer;
  problem.textContent = answer ? words(answer.error) : SILENT;
  return null;
}

function stop(why) {
  if (!wanted) return;
  wanted = false;
  say(why);
}

async function run() {
  if (running) return;
  running = wanted = true;
  problem.textContent = $('.dg-changes').textContent = '';
  $('[data-do=against]').hidden = true;
  say('Dragging.');
  arrows = whole();
  left = arrows.map(length);
  draw();
  button.textContent = 'Stop';
  const start = { recipe: window.brain.recipe, arrows: structuredClone(arrows) };
  const mask = movable();
  const posted = { recipe: start.recipe, arrows: arrows.map(({ from, to }) => [...from, ...to]),
    region: mask && await packed(mask), instead: key };
  const answer = await ask('start_drag', posted);
  if (answer) {
    key = answer.key;
    began = start;
    window.brain.moving(true);
    await follow(answer.recipe);
    server.forget_drag({ key }).catch(() => undefined);
    key = null;
    window.brain.moving(false);
    looking = true;
    compare(window.brain.recipe);
  } else say('');
  running = wanted = false;
  button.textContent = 'Start';
  live.textContent = '';
  draw();
}

// Steps until it ends, is stopped, or somebody else changes the recipe.
async function follow(recipe) {
  const times = [];
  if (window.brain.recipe.walk.keys.length) window.brain.restore(recipe);  // off its journey
  let w = window.brain.recipe.w;
  const rest = plain(window.brain.recipe);
  while (wanted) {
    const step = await ask('step_drag', { key });
    if (!step) { say('Stopped.'); return; }
    const now = window.brain.recipe;
    if (plain(now) !== rest || now.w !== w) { stop('Stopped, as the picture was changed by hand.'); return; }
    if (!wanted) return;
    w = step.w;
    window.brain.set('w', w);
    left = step.left;
    step.handles.forEach((place, i) => { arrows[i].from = place; });
    move();
    times.push(performance.now());
    if (times.length > 20) times.shift();
    const rate = times.length > 1 ? 1000 * (times.length - 1) / (times.at(-1) - times[0]) : 0;
    const most = Math.max(...left);
    live.textContent = `Step ${step.steps}: ${distance(most)} to go${left.length > 1 ? ' at most' : ''}, ${rate.toFixed(0)} steps a second`;
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
  against() { window.brain.view.against(began.recipe); },
  run() { if (running) stop('Stopped. Start goes on from here; Undo brings the picture before the drag back.'); else run(); },
  add() {
    arrows = whole();
    const i = add([R / 2, R / 2], [R / 2, R / 2 - R / 8]);
    if (i !== null) field(i, 'from', 0).focus();
  },
  clear() { arrows = []; draw(); say(''); },
  unpaint() { paint.getContext('2d').clearRect(0, 0, R, R); shade(); },
};
element.addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-do], [data-tool]');
  if (!pressed) return;
  if (pressed.dataset.do) { actions[pressed.dataset.do](); return; }
  tool = tool === pressed.dataset.tool ? '' : pressed.dataset.tool;
  if (tool === 'brush') region.value = 'painted';
  looking = false;
  enable();
  shade();
});
// Undo brings the points back to where they were in that picture.
document.addEventListener('restored', (event) => {
  if (running || !began || JSON.stringify(event.detail) !== JSON.stringify(began.recipe)) return;
  arrows = structuredClone(began.arrows);
  looking = false;
  say('');
  draw();
});
draw();
