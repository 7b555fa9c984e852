// Whatever a slider outside the list may change: a direction, variety, the condition, the place on
// a journey.
import { brain } from './brain.js';
import { decimal, signed } from './decimals.js';
import { placeOn } from './recipe.js';

export const PSI = 'psi', CONDITION = 'condition', PLACE = 'walk.t';
const NAMES = { [PSI]: 'Variety ψ', [PLACE]: 'Place on the journey' };
/** Of the condition, on a model that has it. */
const scale = () => /** @type {import('./recipe.js').Scale} */ (brain.scale);
const RANGES = { [PSI]: { min: 0, max: 1.5, step: 0.01 }, [PLACE]: { min: 0, max: 1, step: 0.005 } };

/** @param {string} key */
export function rangeOf(key) {
  if (key === CONDITION) return { min: scale().first, max: scale().last, step: scale().step };
  return RANGES[key] ?? { min: -3, max: 3, step: 0.05 };
}

/** The recipe's value. @param {string} key @returns {number} */
export function valueOf(key) {
  if (key === PSI) return brain.now.psi;
  if (key === CONDITION) return placeOn(brain.now, scale());
  if (key === PLACE) return brain.now.walk.t;
  return brain.now.edits.find((e) => e.direction === key)?.strength ?? 0;
}

/** @param {string} key @param {number} value */
export function put(key, value) {
  if (NAMES[key] || key === CONDITION) brain.set(key, value);
  else brain.edit(key, value, brain.now.edits.find((e) => e.direction === key)?.layers);
}

/** @param {string} key @param {number} value */
export function written(key, value) {
  if (key === CONDITION) return decimal(value, Math.max(0, -Math.floor(Math.log10(scale().step))));
  if (NAMES[key]) return value.toFixed(2);
  return signed(value, 1);
}

/**
 * What there is to choose from: [key, name]. On a journey its place, and elsewhere the condition, which
 * would leave the journey.
 * @param {Record<string, { key: string, name: string }[]>} groups as the server lists directions
 * @returns {[string, string][]}
 */
export function choicesOf(groups) {
  const listed = [...groups.measured ?? [], ...groups.pca ?? []];
  const edited = brain.now.edits.map((e) => e.direction);
  const others = Object.entries(groups).filter(([name]) => name.startsWith('sefa')).flatMap(([, all]) => all)
    .filter((d) => edited.includes(d.key));
  /** @type {[string, string][]} */
  const places = [[PSI, NAMES[PSI]]];
  if (brain.now.walk.keys.length) places.push([PLACE, NAMES[PLACE]]);
  else if (brain.scale) places.push([CONDITION, brain.scale.title]);
  const all = [...listed, ...others, ...brain.now.own].map(({ key, name }) => /** @type {[string, string]} */ ([key, name]));
  return [...places, ...all];
}
