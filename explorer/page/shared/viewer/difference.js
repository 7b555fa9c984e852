// How far two pictures are apart, pixel by pixel.

/**
 * The largest difference of the channels as colour: black, purple, orange, white at 64 of 255 and
 * above, so that it is readable without colour too.
 * @param {ImageData} a
 * @param {ImageData} b of the same size
 * @returns {{ found: ImageData, most: number, mean: number }} the largest and the mean in grey levels
 */
export function colourDifference(a, b) {
  let most = 0, sum = 0;
  const found = new ImageData(a.width, a.height);
  for (let i = 0; i < a.data.length; i += 4) {
    const d = Math.max(Math.abs(a.data[i] - b.data[i]), Math.abs(a.data[i + 1] - b.data[i + 1]),
      Math.abs(a.data[i + 2] - b.data[i + 2]));
    most = Math.max(most, d);
    sum += d;
    const t = Math.min(1, d / 64);
    found.data[i] = 255 * Math.min(1, 2 * t);
    found.data[i + 1] = 255 * Math.max(0, 2 * t - 1);
    found.data[i + 2] = 255 * (t < 0.5 ? t : Math.max(1 - t, 2 * t - 1.2));
    found.data[i + 3] = 255;
  }
  return { found, most, mean: sum / (a.data.length / 4) };
}
