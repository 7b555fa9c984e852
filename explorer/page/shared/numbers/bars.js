// Measurements as bars: how far the model's brains and real slices reach, where the untouched brain is
// and where this one.

const WIDER = 0.15;  // beyond what is common, so that what is rare has a place too

/**
 * @typedef {{ model: [number, number], real: [number, number] | null, deviation: number }} Scale
 * @typedef {{ dot: number, tick: number | null, model: [number, number], real: [number, number] | null }} Places
 */

/**
 * Where things lie on a line from 0 to 100; what is beyond its ends stands at them.
 * @param {number} value of the picture
 * @param {number | null} change against the untouched brain, in standard deviations
 * @param {Scale} scale
 * @returns {Places}
 */
export function placesOf(value, change, { model, real, deviation }) {
  const low = Math.min(model[0], real?.[0] ?? model[0]), high = Math.max(model[1], real?.[1] ?? model[1]);
  const wide = Math.max(high - low, 1e-9) * (1 + 2 * WIDER), first = low - wide * WIDER / (1 + 2 * WIDER);
  const at = (x) => Math.min(100, Math.max(0, 100 * (x - first) / wide));
  /** @returns {[number, number]} */
  const pair = ([a, b]) => [at(a), at(b)];
  return { dot: at(value), tick: change === null ? null : at(value - change * deviation),
    model: pair(model), real: real && pair(real) };
}

/**
 * Draw a line of them.
 * @param {HTMLElement} box
 * @param {Places} places
 */
export function drawBar(box, { dot, tick, model, real }) {
  const piece = (name, from, to = from) => {
    const node = document.createElement('i');
    node.className = name;
    node.style.left = `${Math.min(from, to)}%`;
    if (to !== from) node.style.width = `${Math.abs(to - from)}%`;
    return node;
  };
  box.replaceChildren(piece('nb-model', ...model), ...(real ? [piece('nb-reach', ...real)] : []),
    ...(tick === null ? [] : [piece('nb-way', tick, dot), piece('nb-tick', tick)]), piece('nb-dot', dot));
  box.dataset.way = tick === null || dot === tick ? '' : dot > tick ? 'more' : 'less';
}
