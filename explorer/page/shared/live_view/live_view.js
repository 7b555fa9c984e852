// The picture. The browser owns the recipe; every control changes one field of it. Newest wins:
// one request is under way at a time, and whatever the hand did meanwhile goes with the next one.
const canvas = $('.lv-now');
const context = canvas.getContext('2d');
const message = $('.lv-message');
const timing = $('.lv-timing');
const defaults = props.defaults, digest = props.digest;
let recipe = structuredClone(props.value);
let dirty = false, busy = false, picture = null, resting = 0, adopted = 0, moves = false;
const user = Math.random().toString(36).slice(2);  // this page among all that are open
const REST = 250;  // ms without a change: then numbers, companions and history follow

const tell = (name, detail) => canvas.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

function show(error) {
  message.textContent = error || '';
  message.hidden = !error;
}

async function pump() {
  if (busy) return;
  busy = true;
  while (dirty) {
    dirty = false;
    const sent = structuredClone(recipe), start = performance.now();
    let answer;
    try { answer = await server.draw({ recipe: sent, user }); } catch { answer = undefined; }
    if (answer?.superseded) { dirty = true; continue; }  // by a copy of this page
    if (!answer || answer.error) {
      show(lost(answer));
      if (!answer || answer.again) {  // ask again until the program is back or ready
        await pause(1000);
        dirty = true;
      }
      continue;
    }
    const image = new Image();
    image.src = answer.src;
    try { await image.decode(); } catch { show('The browser could not show this picture.'); continue; }
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    show(null);
    picture = { src: answer.src, recipe: sent };
    const wait = performance.now() - start;
    timing.textContent = `${answer.ms.toFixed(0)} ms to compute, ${wait.toFixed(0)} ms to the screen`;
    tell('frame', sent);
  }
  busy = false;
  clearTimeout(resting);
  resting = setTimeout(() => { if (picture && !busy && !moves) tell('rest', picture.recipe); }, REST);
}

function changed() { dirty = true; adopted++; pump(); }

// Without what has its default: what links carry.
function compact(values) {
  const kept = {};
  for (const [key, value] of Object.entries(values)) {
    if (same(value, defaults[key]) || (key === 'walk' && !value.keys.length)) continue;
    const inner = ['walk', 'mix', 'noise'].includes(key);
    kept[key] = !inner ? value : Object.fromEntries(
      Object.entries(value).filter(([k, v]) => !same(v, defaults[key][k])));
  }
  return kept;
}

const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
  .replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const decode = (text) => new TextDecoder().decode(
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0)));

window.brain = {
  // set('psi', 0.5), set('noise.mode', 'none'): one field of the recipe
  set(path, value) {
    const [outer, inner] = path.split('.');
    // Widgets answer to what the page itself has put into them.
    if (same(inner ? recipe[outer][inner] : recipe[outer], value)) return;
    if (recipe.walk.keys.length && ['seed', 'class_index'].includes(path)) {
      this.restore({ ...this.left(), [path]: value });  // they belong to the key frames
      return;
    }
    if (inner) recipe[outer] = { ...recipe[outer], [inner]: value };
    else recipe[outer] = value;
    if (path === 'seed') recipe.w = null;
    if (path === 'mix.seed') recipe.mix.recipe = null;
    changed();
  },
  // edit('pca1', 1.5, [0, 4]): one direction's strength and layers; 0 takes it out of the recipe
  edit(direction, strength, layers) {
    const others = recipe.edits.filter((e) => e.direction !== direction);
    const one = layers ? { direction, strength, layers } : { direction, strength };
    recipe.edits = strength === 0 ? others : [...others, one];
    changed();
  },
  hold(direction, on) {
    recipe.hold = recipe.hold.filter((key) => key !== direction);
    if (on) recipe.hold.push(direction);
    changed();
  },
  // keep a direction of one's own in the recipe; the same key replaces
  keep(own) { recipe.own = [...recipe.own.filter((o) => o.key !== own.key), own]; changed(); },
  // true while a tool changes the picture step by step: it rests, and enters the history, at the end
  moving(on) { moves = on; if (!on) changed(); },
  // every control to these values, which must be whole
  restore(values) {
    recipe = structuredClone(values);
    document.querySelector('#restore')?.click();
    tell('restored', recipe);
    changed();
  },
  // What strangers send: a file or values out of a link, looked at by the server first. Directions
  // that are still being computed are waited for, until the hand does something else.
  async adopt(posted) {
    const mine = ++adopted;
    let answer;
    for (;;) {
      answer = await server.adopt(posted).catch(() => undefined);
      if (!answer?.again) break;
      show(answer.error);
      await pause(1000);
      if (mine !== adopted) return false;
    }
    if (answer?.recipe) this.restore({ ...answer.recipe, model: null });
    else show(lost(answer));
    return Boolean(answer?.recipe);
  },
  // the untouched brain of a recipe; of a journey the first
  start(values = recipe) {
    const { edits, mix, noise, hold, own, channels } = defaults, walk = { ...values.walk, t: 0 };
    return structuredClone({ ...values, edits, mix, walk, noise, hold, own, channels });
  },
  // the recipe off its journey and without a w of its own: ready for another seed
  left() {
    const { keys } = recipe.walk;
    return { ...structuredClone(recipe), w: null, walk: structuredClone(defaults.walk),
      psi: keys.length ? keys[0].psi ?? defaults.psi : recipe.psi };
  },
  async draw(values) { return (await server.draw({ recipe: values })).src; },
  save() {
    if (!picture) return;
    const link = document.createElement('a');
    link.href = picture.src;
    link.download = `synthetic-brain-seed${picture.recipe.seed}.png`;
    link.click();
  },
  hash: (values) => `#r=${encode(JSON.stringify(values))}`,
  link() {
    const values = { version: recipe.version, ...compact(recipe), model: digest };
    return location.href.split('#')[0] + this.hash(values);
  },
  async follow() {
    const code = /^#r=([\w-]+)$/.exec(location.hash)?.[1];
    if (!code) return;
    let values;
    try { values = JSON.parse(decode(code)); } catch { show('This link is damaged: copy it again.'); return; }
    await this.adopt({ values });
  },
  show,
  get recipe() { return structuredClone(recipe); },
  get now() { return recipe; },  // not a copy: only to be read, by what looks at every frame
  get defaults() { return structuredClone(defaults); },
};
window.addEventListener('hashchange', () => window.brain.follow());
if (location.hash.startsWith('#r=')) window.brain.follow().then(() => { if (!picture) changed(); });
else changed();
