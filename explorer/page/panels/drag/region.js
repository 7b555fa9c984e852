// Which pixels may move, for the program.
import { base64 } from '../../shared/links.js';

/**
 * One bit a pixel, row by row, in base64: 1 where it is more opaque than not.
 * @param {ImageData} mask
 */
export function packed({ data }) {
  const pixels = data.length / 4, bytes = new Uint8Array(Math.ceil(pixels / 8));
  for (let i = 0; i < pixels; i++) if (data[4 * i + 3] > 127) bytes[i >> 3] |= 128 >> (i & 7);
  return base64(new Blob([bytes]));
}
