// Whatever a slider outside the list may change: a direction, variety, the place on a journey.
import { brain } from './brain.js';

export const PSI = 'psi', PLACE = 'walk.t';
const minus = (x) => x.replace('-', '−');
const NAMES = { [PSI]: 'Variety ψ', [PLACE]: 'Place on the journey' };
const RANGES = { [PSI]: { min: 0, max: 1.5, step: 0.01 }, [PLACE]: { min: 0, max: 1, step: 0.005 } };

/** @param {string} key */
export const rangeOf = (key) => RANGES[key] ?? { min: -3, max: 3, step: 0.05 };

/** The recipe's value. @param {string} key @returns {number} */
export function valueOf(key) {
  if (key === PSI) return brain.now.psi;
  if (key === PLACE) return brain.now.walk.t;
  return brain.now.edits.find((e) => e.direction === key)?.strength ?? 0;
}

/** @param {string} key @param {number} value */
export function put(key, value) {
  if (NAMES[key]) brain.set(key, value);
  else brain.edit(key, value, brain.now.edits.find((e) => e.direction === key)?.layers);
}

/** @param {string} key @param {number} value */
export function written(key, value) {
  if (NAMES[key]) return value.toFixed(2);
  return minus((value > 0 ? '+' : '') + value.toFixed(1));
}

/**
 * What there is to choose from: [key, name], a journey's place only while the picture is on one.
 * @param {Record<string, { key: string, name: string }[]>} groups as the server lists directions
 * @returns {[string, string][]}
 */
export function choicesOf(groups) {
  const listed = [...groups.measured ?? [], ...groups.pca ?? []];
  const edited = brain.now.edits.map((e) => e.direction);
  const others = Object.entries(groups).filter(([name]) => name.startsWith('sefa')).flatMap(([, all]) => all)
    .filter((d) => edited.includes(d.key));
  const places = brain.now.walk.keys.length ? [PSI, PLACE] : [PSI];
  const all = [...listed, ...others, ...brain.now.own].map(({ key, name }) => /** @type {[string, string]} */ ([key, name]));
  return [...places.map((key) => /** @type {[string, string]} */ ([key, NAMES[key]])), ...all];
}
