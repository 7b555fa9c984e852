// How far two pictures are apart, pixel by pixel.

const FULL = 64;  // grey levels: as strong as the colours go
const MIDDLE = 0.6;  // of the way, where the pure colour is; from there on it pales

/**
 * How much brighter the second is, as colour: red where it is brighter, blue where it is darker, black
 * where both are alike, pale from 64 of 255 on. Of colours, the channel that differs most counts.
 * @param {ImageData} a
 * @param {ImageData} b of the same size
 * @returns {{ found: ImageData, most: number, mean: number }} the largest and the mean, without sign,
 *   in grey levels
 */
export function colourDifference(a, b) {
  let most = 0, sum = 0;
  const found = new ImageData(a.width, a.height);
  for (let i = 0; i < a.data.length; i += 4) {
    let signed = 0;
    for (let k = i; k < i + 3; k++) {
      const d = b.data[k] - a.data[k];
      if (Math.abs(d) > Math.abs(signed)) signed = d;
    }
    const size = Math.abs(signed), t = Math.min(1, size / FULL);
    most = Math.max(most, size);
    sum += size;
    const pure = 255 * Math.min(1, t / MIDDLE), pale = 190 * Math.max(0, (t - MIDDLE) / (1 - MIDDLE));
    found.data[i] = signed > 0 ? pure : pale;
    found.data[i + 1] = signed > 0 ? pale : Math.max(pale, 0.4 * pure);
    found.data[i + 2] = signed > 0 ? pale : pure;
    found.data[i + 3] = 255;
  }
  return { found, most, mean: sum / (a.data.length / 4) };
}
