// The recipe that is shown, and everything that changes it. The browser owns it; every control
// changes one field of it, and the live view draws whatever it becomes. Parts import `brain`; it is
// `window.brain` too, for inline scripts of Gradio's widgets and for whoever opens the console.
import { hash, valuesIn } from './links.js';
import { lost, pause } from './asking.js';
import { download } from './nodes.js';
import { compact, ofSeed, placeOn, same, seeded, titled, untouched } from './recipe.js';
/** @typedef {import('./recipe.js').Recipe} Recipe */
/** @typedef {import('./recipe.js').Scale} Scale */

/**
 * What the live view brings.
 * @typedef {object} View
 * @property {Recipe} recipe to begin with
 * @property {Recipe} defaults
 * @property {string} digest the model's
 * @property {Scale | null} scale of its classes, where they are in order
 * @property {Record<string, (posted: unknown) => Promise<any>>} server with `draw`, `adopt` and `freeze`
 * @property {() => void} draw draws the recipe soon; newest wins
 * @property {(error: string | null) => void} show a sentence above the picture, or none
 * @property {(name: string, detail: unknown) => void} tell sends an event to the whole page
 * @property {() => { src: string, recipe: Recipe, whole: boolean } | null} picture the newest one drawn
 */

/** A state to show: its name, and what goes there. @typedef {{ name: string, go: () => void }} Prepared */

/** @type {View} */
let view;
/** @type {Recipe} */
let recipe;
/** @type {Recipe} */
let defaults;
/** How often the recipe was changed, and another one was asked for. */
let changes = 0, adoptions = 0;
/** Why the newest link or file was not taken. @type {string | null} */
let broken = null;
const ANSWERS = 1000;  // ms within which a widget answers to what the page has put into it
/**
 * What the page put into the slider of the condition on the journey, and when.
 * @type {{ shown: number, when: number }[]}
 */
let placed = [];
/** The condition that a journey is left for, until its brain is there. @type {number | null} */
let onward = null;
/** @type {() => void} */
let arrived;

function changed() { changes++; view.draw(); }

// Off the journey with the brain that is there, at another place on the scale: the newest asked for.
async function depart(condition) {
  const asked = onward !== null;
  onward = condition;
  if (asked) return;
  const left = recipe, answer = await brain.freeze(recipe);
  [condition, onward] = [onward, null];
  if (recipe !== left) return;  // the hand did something else
  const { noise, own, hold, channels } = recipe;
  if (answer?.key) brain.restore({ ...defaults, ...answer.key, noise, own, hold, channels, condition });
  else view.show(lost(answer));
}

/** The recipe on the screen. Nothing but `ready` may be used before that is fulfilled. */
export const brain = {
  /** Fulfilled once the live view has brought the recipe; parts are started then. */
  ready: new Promise((done) => { arrived = () => done(undefined); }),

  /** Comparing, zoom and grey window; the viewer puts it here. @type {any} */
  view: null,
  /**
   * The steps of the history, oldest first; the desk puts it here.
   * @type {(() => { recipe: Recipe, thumb: string }[]) | null}
   */
  steps: null,
  /** What a lecturer steps through; the desk puts it here. @type {(() => Prepared[]) | null} */
  prepared: null,
  /** True while a tool changes the picture step by step. */
  moves: false,

  /**
   * Change one field: set('psi', 0.5), set('noise.mode', 'none').
   * @param {string} path
   * @param {any} value
   */
  set(path, value) {
    const [outer, inner] = path.split('.');
    // Widgets answer to what the page itself has put into them. But a seed is obeyed wherever the
    // picture is none: its number may be the one from before.
    const other = (path === 'seed' && !ofSeed(recipe)) || (path === 'mix.seed' && recipe.mix.recipe);
    if (!other && same(inner ? recipe[outer][inner] : recipe[outer], value)) return;
    if (recipe.walk.keys.length && ['seed', 'class_index'].includes(path)) {
      this.restore({ ...this.left(), [path]: value });  // they belong to the key frames
      return;
    }
    if (recipe.walk.keys.length && path === 'condition') { depart(value); return; }
    if (inner) recipe[outer] = { ...recipe[outer], [inner]: value };
    else recipe[outer] = value;
    if (path === 'seed') recipe.w = null;
    if (path === 'mix.seed') recipe.mix.recipe = null;
    changed();
  },
  /**
   * One direction's strength and layers: edit('pca1', 1.5, [0, 4]); 0 takes it out of the recipe.
   * @param {string} direction its key
   * @param {number} strength in standard deviations
   * @param {[number, number] | null} [layers] first, and one after the last; all if not given
   */
  edit(direction, strength, layers) {
    const others = recipe.edits.filter((e) => e.direction !== direction);
    const one = layers ? { direction, strength, layers } : { direction, strength };
    recipe.edits = strength === 0 ? others : [...others, one];
    changed();
  },
  /**
   * Hold a direction constant, or no longer.
   * @param {string} direction its key
   * @param {boolean} on
   */
  hold(direction, on) {
    recipe.hold = recipe.hold.filter((key) => key !== direction);
    if (on) recipe.hold.push(direction);
    changed();
  },
  /**
   * Keep a direction of one's own in the recipe; the same key replaces.
   * @param {import('./recipe.js').Own} own
   */
  keep(own) { recipe.own = [...recipe.own.filter((o) => o.key !== own.key), own]; changed(); },
  /**
   * Delete a direction of one's own, with what the recipe does along it.
   * @param {string} key
   */
  forget(key) {
    const edits = recipe.edits.filter((e) => e.direction !== key);
    const own = recipe.own.filter((o) => o.key !== key), hold = recipe.hold.filter((k) => k !== key);
    this.restore({ ...recipe, edits, own, hold });
  },
  /**
   * Say that a tool changes the picture step by step: it rests, and enters the history, at the end.
   * @param {boolean} on
   */
  moving(on) { this.moves = on; if (!on) changed(); },
  /**
   * Every control to these values.
   * @param {Recipe} values whole
   * @param {string} [from] where a w comes from; shown in the seed box, which is then empty
   */
  restore(values, from) {
    recipe = structuredClone(values);
    /** @type {NodeListOf<HTMLInputElement>} */
    const boxes = document.querySelectorAll('#seed input');
    for (const box of boxes) box.placeholder = recipe.walk.keys.length ? 'on a journey' : from ?? 'not a seed';
    this.widgets();
    view.tell('restored', recipe);
    changed();
  },
  /** Let Gradio's widgets show the recipe. */
  widgets() { /** @type {HTMLElement | null} */ (document.querySelector('#restore'))?.click(); },
  /** What the slider of the condition is to show. */
  place() {
    const shown = placeOn(recipe, /** @type {Scale} */ (view.scale));
    if (recipe.walk.keys.length) placed = [...placed.slice(-20), { shown, when: performance.now() }];
    return shown;
  },
  /**
   * The condition for what that slider says; it answers to what the page has put there, too.
   * @param {number} value
   */
  chosen(value) {
    const now = performance.now(), scale = /** @type {Scale} */ (view.scale);
    const put = recipe.walk.keys.length ? placed.filter(({ when }) => now - when < ANSWERS) : [];
    const own = [...put.map(({ shown }) => shown), placeOn(recipe, scale)];
    return own.includes(value) ? recipe.condition : value;
  },
  /**
   * What strangers send: a file or values out of a link, looked at by the server first. Directions
   * that are still being computed are waited for, until the hand does something else.
   * @param {{ values: object } | { file: string }} posted file: in base64
   * @returns {Promise<boolean>} whether it was taken
   */
  async adopt(posted) {
    const mine = ++adoptions, before = changes;
    let answer;
    for (;;) {
      answer = await view.server.adopt(posted).catch(() => undefined);
      if (mine !== adoptions) return false;
      if (!answer?.again) break;
      view.show(answer.error);
      await pause(1000);
      if (mine !== adoptions || before !== changes) return false;
    }
    if (answer?.recipe) this.restore({ ...answer.recipe, model: null });
    else { broken = lost(answer); view.show(broken); }
    return Boolean(answer?.recipe);
  },
  /** The untouched brain of a recipe; of a journey the first. */
  start(values = recipe) { return untouched(values, defaults); },
  /** The recipe off its journey and without a w of its own: ready for another seed. */
  left() { return seeded(recipe, defaults, view.scale); },
  /**
   * The picture of a recipe as a plain w: {"key"}, or what is wrong.
   * @param {object} values
   */
  async freeze(values) { return view.server.freeze(values).catch(() => undefined); },
  /**
   * The picture of another recipe, as an address; rejects without an answer.
   * @param {object} values
   * @returns {Promise<string>}
   */
  async draw(values) { return (await view.server.draw({ recipe: values })).src; },
  /** Whether the picture is the whole one; large networks show smaller ones under the hand. */
  get whole() { return view.picture()?.whole ?? true; },
  /** Save the picture as a file, the whole one. */
  async save() {
    const picture = view.picture();
    if (!picture) return;
    const src = picture.whole ? picture.src : await brain.draw(picture.recipe).catch(() => undefined);
    if (!src) view.show('The picture could not be saved: the program does not answer. Try again.');
    else download(src, `synthetic-brain-${titled(picture.recipe)}.png`);
  },
  /** The end of a link that carries these values. */
  hash,
  /** A link that makes this picture again. */
  link() {
    const values = { version: recipe.version, ...compact(recipe, defaults), model: view.digest };
    return location.href.split('#')[0] + hash(values);
  },
  /** Take what the address carries, if anything. */
  async follow() {
    let values;
    try { values = valuesIn(location.hash); } catch { broken = 'This link is damaged: copy it again.'; view.show(broken); return; }
    if (values) await this.adopt({ values });
  },
  /**
   * A sentence above the picture; null takes it away.
   * @param {string | null} error
   */
  show(error) { view.show(error); },
  /** Of the model's classes, where they are in order. */
  get scale() { return view.scale; },
  /** The model's. */
  get digest() { return view.digest; },
  /** A copy of the recipe. */
  get recipe() { return structuredClone(recipe); },
  /** The recipe itself: only to be read, by what looks at every frame. */
  get now() { return recipe; },
  /** A copy of what every field is by default. */
  get defaults() { return structuredClone(defaults); },
};

// On a journey the slider of the condition goes along.
function follow() {
  let soon = 0;
  document.addEventListener('frame', () => {
    if (!recipe.walk.keys.length || soon) return;
    soon = setTimeout(() => { soon = 0; if (recipe.walk.keys.length) brain.widgets(); }, 150);
  });
}

/**
 * Called once, by the live view: from here on there is a recipe.
 * @param {View} its
 */
export function bring(its) {
  view = its;
  recipe = structuredClone(its.recipe);
  ({ defaults } = its);
  window.brain = brain;
  arrived();
  window.addEventListener('hashchange', () => brain.follow());
  if (its.scale) follow();
  if (!location.hash.startsWith('#r=')) { changed(); return; }
  brain.follow().then(() => {
    if (view.picture()) return;
    // The first picture says that all is well; what was wrong with the link is still to be read.
    const why = broken;
    document.addEventListener('frame', () => view.show(why), { once: true });
    changed();
  });
}
