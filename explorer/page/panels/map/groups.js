// The map, continued in the scope of map.js: groups of brains, the keyboard, and the direction from
// one group to the other.

// Inside a line that is drawn: an odd number of crossings to the right.
function within([x, y], around) {
  let inside = false;
  around.forEach(([x1, y1], i) => {
    const [x2, y2] = around[(i + 1) % around.length];
    if ((y1 > y) !== (y2 > y) && x < x1 + (x2 - x1) * (y - y1) / (y2 - y1)) inside = !inside;
  });
  return inside;
}

function take(name, numbers) {
  const other = name === 'more' ? 'less' : 'more';
  for (const i of numbers) { groups[name].add(i); groups[other].delete(i); }
  count();
}
function count() {
  $('.mp-count').textContent = `A ${groups.more.size}, B ${groups.less.size} brains`;
  form.querySelector('button').disabled = !groups.more.size || !groups.less.size;
  mark();
}

const SIDES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
top_.addEventListener('keydown', (event) => {
  if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!SIDES[key] && !['Enter', 'a', 'b', 'Home', 'Escape'].includes(key)) return;
  event.preventDefault();
  event.stopPropagation();  // these keys are the page's too
  const start = () => (here && here[0] !== null && here[1] !== null ? closest(view.x(here[0]), view.y(here[1]), 1e6) : closest(frame.clientWidth / 2, frame.clientHeight / 2, 1e6));
  if (key === 'Home' || (SIDES[key] && pointed < 0)) point(start(), true);
  else if (key === 'Escape') point(-1);
  else if (key === 'Enter') go(pointed);
  else if (SIDES[key]) point(neighbour(pointed, SIDES[key]), true);
  else if (pointed >= 0) {
    const [x, y] = spots[pointed], order = spots.map((s, i) => [s ? (s[0] - x) ** 2 + (s[1] - y) ** 2 : Infinity, i]);
    take(key === 'a' ? 'more' : 'less', order.sort((p, q) => p[0] - q[0]).slice(0, NEAR).map(([, i]) => i));
    $('.mp-spoken').textContent = `The ${NEAR} nearest are in group ${key.toUpperCase()}. ${$('.mp-count').textContent}.`;
  }
});
function neighbour(from, [dx, dy]) {
  const [x, y] = spots[from];
  let best = from, least = Infinity;
  spots.forEach((spot, i) => {
    if (!spot || i === from) return;
    const along = (spot[0] - x) * dx + (spot[1] - y) * dy, aside = Math.abs((spot[0] - x) * dy) + Math.abs((spot[1] - y) * dx);
    if (along > 0.5 && aside <= along && along + aside < least) { best = i; least = along + aside; }
  });
  return best;
}

element.addEventListener('click', (event) => {
  const what = event.target.closest('[data-do]')?.dataset.do;
  if (what === 'clear') { groups.more.clear(); groups.less.clear(); count(); }
  else if (what) {
    mode = what;
    for (const name of ['go', 'more', 'less']) $(`[data-do=${name}]`).setAttribute('aria-pressed', String(name === mode));
    top_.style.touchAction = mode === 'go' ? 'auto' : 'none';
    point(-1);
  }
});
element.addEventListener('change', (event) => {
  if (event.target !== across && event.target !== up && event.target !== colour) return;
  // The two axes of a t-SNE mean nothing one by one.
  const other = event.target === across ? up : across;
  if (event.target.value.startsWith('tsne')) { across.value = 'tsne1'; up.value = 'tsne2'; }
  else if (event.target !== colour && other.value.startsWith('tsne')) other.value = event.target.value === 'pca1' ? 'pca2' : 'pca1';
  point(-1);
  load();
});

let made = null;
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button'), said = $('.mp-made');
  button.disabled = true;
  const posted = { recipe: window.brain.recipe, name: form.elements.name.value, more: [...groups.more], less: [...groups.less] };
  const answer = await server.divide(posted).catch(() => undefined);
  count();
  if (!answer?.own) { said.textContent = lost(answer); return; }
  made = answer.own;
  const now = window.brain.recipe;
  window.brain.restore({ ...now, own: [...now.own, made] });  // the list of directions shows it too
  said.textContent = `“${made.name}” is ready, here and among the directions under “Mine”.`
    + (answer.right === null ? '' : ` Left out one at a time, ${Math.round(answer.right * answer.of)} of ${answer.of} brains are told right.`);
  slide.querySelector('span').textContent = made.name;
  slide.hidden = false;
  sync();
});
slide.querySelector('input').addEventListener('input', (event) => {
  window.brain.edit(made.key, Number(event.target.value), null);
  sync();
});
function sync() {
  if (!made) return;
  const now = window.brain.recipe, kept = now.own.some((o) => o.key === made.key);
  slide.hidden = !kept;
  const strength = now.edits.find((e) => e.direction === made.key)?.strength ?? 0;
  slide.querySelector('input').value = strength;
  slide.querySelector('output').textContent = `${strength.toFixed(2)}`;
}
for (const name of ['restored', 'frame']) document.addEventListener(name, sync);  // it moves elsewhere too

new IntersectionObserver((entries) => {
  if (!entries.some((e) => e.isIntersecting)) return;
  if (!axes.length) return;
  paint();
  if (data) follow(window.brain.recipe);
}).observe(frame);
new ResizeObserver(() => paint()).observe(frame);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTimeout(paint, 100));
count();
begin();
