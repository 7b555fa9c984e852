// Where a picture shows no head: found anew for every picture, so that the view can show it black. The
// picture itself stays as it is.

const SIDE = 128;  // pixels: larger pictures are looked at this large
const DIM = 0.15, LEAST = 0.05;  // share of the brightest level, and of the picture, that make a head
const REACH = SIDE / 32;  // pixels: gaps up to twice as wide belong to the head

/** The two directions of a square: from pixel to pixel, and from line to line. @param {number} side */
const axes = (side) => [[1, side], [side, 1]];

/** @param {Float32Array} grey of a square @param {number} side */
function blur(grey, side) {
  for (const [step, row] of axes(side)) {
    for (let i = 0; i < side; i++) {
      let at = i * row, before = grey[at];
      for (let k = 0; k < side; k++, at += step) {
        const here = grey[at], next = k < side - 1 ? grey[at + step] : here;
        grey[at] = (before + 2 * here + next) / 4;
        before = here;
      }
    }
  }
}

/** All within `reach` of what is 1, along lines and columns. @param {Uint8Array} mask @param {number} side @param {number} reach */
function grow(mask, side, reach) {
  for (const [step, row] of axes(side)) {
    for (let i = 0; i < side; i++) {
      for (const way of [1, -1]) {
        let since = reach + 1;
        for (let k = way > 0 ? 0 : side - 1; k >= 0 && k < side; k += way) {
          const at = i * row + k * step;
          if (mask[at] === 1) since = 0;
          else if (++since <= reach) mask[at] = 2;  // new: nothing grows from it yet
        }
      }
    }
    for (let at = 0; at < mask.length; at++) if (mask[at]) mask[at] = 1;
  }
}

/**
 * Takes all that is connected with some pixels out of what is free.
 * @param {number[]} starts @param {Uint8Array} free 1 where it is @param {number} side
 * @returns {number[]} the pixels, by number
 */
function taken(starts, free, side) {
  const found = [];
  const visit = (at) => { if (free[at]) { free[at] = 0; found.push(at); } };
  starts.forEach(visit);
  for (let i = 0; i < found.length; i++) {
    const at = found[i], x = at % side;
    if (x > 0) visit(at - 1);
    if (x < side - 1) visit(at + 1);
    visit(at - side);  // above and below the square nothing is free
    visit(at + side);
  }
  return found;
}

/**
 * The background: all that reaches the border without crossing the head, the largest bright piece. Gaps
 * and holes of the head belong to it.
 * @param {ImageData} image a square
 * @returns {Uint8Array | null} 1 where the background is, in rows; null where there is no head
 */
export function backgroundOf({ data, width: side }) {
  const grey = new Float32Array(side * side), counts = new Uint32Array(256), bright = new Uint8Array(grey.length);
  for (let i = 0; i < grey.length; i++) grey[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3;
  blur(grey, side);
  blur(grey, side);
  for (const value of grey) counts[Math.round(value)]++;
  let top = 255;
  for (let above = counts[255]; top && above < 0.01 * grey.length; above += counts[top]) top--;
  for (let i = 0; i < grey.length; i++) bright[i] = Number(grey[i] > Math.max(1, DIM * top));
  let head = [];
  for (let i = 0; i < bright.length; i++) {
    if (!bright[i]) continue;
    const piece = taken([i], bright, side);
    if (piece.length > head.length) head = piece;
  }
  if (head.length < LEAST * grey.length) return null;
  const reach = Math.max(1, Math.round(REACH * side / SIDE)), free = new Uint8Array(grey.length), outside = free.slice();
  for (const at of head) free[at] = 1;
  grow(free, side, reach);
  for (let at = 0; at < free.length; at++) free[at] = 1 - free[at];
  const border = Array.from({ length: side }, (_, i) => [i, side * (side - 1) + i, side * i, side * i + side - 1]).flat();
  for (const at of taken(border, free, side)) outside[at] = 1;
  grow(outside, side, reach);
  return outside;
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
