// Where a picture shows no head: found anew for every picture, so that the view can show it black. The
// picture itself stays as it is.

const SIDE = 128;  // pixels: larger pictures are looked at this large
const DIM = 0.15, LEAST = 0.05;  // share of the brightest level, and of the picture, that make a head
const REACH = SIDE / 32;  // pixels: gaps up to twice as wide belong to the head

/** @param {Float32Array} values of a square @param {number} side @param {(a: number, b: number, c: number) => number} mix */
function passed(values, side, mix) {
  for (const [step, row] of [[1, side], [side, 1]]) {
    const from = values.slice();
    for (let i = 0; i < side; i++) {
      for (let k = 0, at = i * row; k < side; k++, at += step) {
        values[at] = mix(from[k ? at - step : at], from[at], from[k < side - 1 ? at + step : at]);
      }
    }
  }
}

/** @param {Float32Array} mask of 0 and 1 @param {number} side @param {number} reach */
function grown(mask, side, reach) {
  for (let i = 0; i < reach; i++) passed(mask, side, (a, b, c) => a || b || c);
  return mask;
}

/**
 * All that can be reached without leaving what is free, by its number.
 * @param {number[]} starts @param {number} side @param {(at: number) => boolean} free
 */
function reached(starts, side, free) {
  const seen = new Uint8Array(side * side), found = [];
  const visit = (at) => { if (!seen[at] && free(at)) { seen[at] = 1; found.push(at); } };
  starts.forEach(visit);
  for (let i = 0; i < found.length; i++) {
    const at = found[i], x = at % side;
    if (x) visit(at - 1);
    if (x < side - 1) visit(at + 1);
    if (at >= side) visit(at - side);
    if (at < side * (side - 1)) visit(at + side);
  }
  return found;
}

/** The largest connected piece of a mask. @param {Float32Array} mask @param {number} side */
function largest(mask, side) {
  const left = mask.slice();
  let most = [];
  for (let at = 0; at < left.length; at++) {
    if (!left[at]) continue;
    const piece = reached([at], side, (i) => Boolean(left[i]));
    for (const i of piece) left[i] = 0;
    if (piece.length > most.length) most = piece;
  }
  return most;
}

/**
 * The background: all that reaches the border without crossing the head, the largest bright piece. Gaps
 * and holes of the head belong to it.
 * @param {ImageData} image a square
 * @returns {Uint8Array | null} 1 where the background is, in rows; null where there is no head
 */
export function backgroundOf({ data, width: side }) {
  const grey = new Float32Array(side * side), counts = new Uint32Array(256);
  for (let i = 0; i < grey.length; i++) grey[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3;
  for (let i = 0; i < 2; i++) passed(grey, side, (a, b, c) => (a + 2 * b + c) / 4);
  for (const value of grey) counts[Math.round(value)]++;
  let top = 255;
  for (let above = counts[255]; top && above < 0.01 * grey.length; above += counts[top]) top--;
  const head = largest(grey.map((value) => Number(value > Math.max(1, DIM * top))), side);
  if (head.length < LEAST * grey.length) return null;
  const reach = Math.max(1, Math.round(REACH * side / SIDE)), wide = new Float32Array(grey.length);
  for (const at of head) wide[at] = 1;
  grown(wide, side, reach);
  const border = Array.from({ length: side }, (_, i) => [i, side * (side - 1) + i, side * i, side * i + side - 1]).flat();
  const outside = new Float32Array(grey.length);
  for (const at of reached(border, side, (i) => !wide[i])) outside[at] = 1;
  return Uint8Array.from(grown(outside, side, reach));
}

/**
 * Lay black over the background of a picture.
 * @param {any} picture a canvas
 * @param {any} over the canvas above it
 */
export function blacken(picture, over) {
  const side = Math.min(SIDE, picture.width);
  if (over.width !== side) over.width = over.height = side;
  const context = over.getContext('2d', { willReadFrequently: true });
  context.globalCompositeOperation = 'copy';
  context.drawImage(picture, 0, 0, side, side);
  const image = context.getImageData(0, 0, side, side), found = backgroundOf(image);
  image.data.fill(0);
  if (found) for (let i = 0; i < found.length; i++) image.data[4 * i + 3] = 255 * found[i];
  context.putImageData(image, 0, 0);
}
