// A PNG with words in it: iTXt chunks (PNG specification, 11.3.4.5) behind its header.

const HEADER = 33;  // bytes: the signature and IHDR

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; i++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** @param {Uint8Array} bytes */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** @param {string} keyword @param {string} text */
function chunk(keyword, text) {
  // Neither compressed nor of a language.
  const body = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0${text}`), made = new Uint8Array(body.length + 8);
  const view = new DataView(made.buffer);
  view.setUint32(0, body.length - 4);
  made.set(body, 4);
  view.setUint32(body.length + 4, checksum(body));
  return made;
}

/**
 * The picture on a canvas as a file that carries these texts.
 * @param {HTMLCanvasElement} canvas
 * @param {Record<string, string>} texts by keyword
 * @returns {Promise<Blob>}
 */
export async function pngOf(canvas, texts) {
  /** @type {Blob} */
  const plain = await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
  const chunks = Object.entries(texts).map(([keyword, text]) => chunk(keyword, text));
  return new Blob([plain.slice(0, HEADER), ...chunks, plain.slice(HEADER)], { type: 'image/png' });
}
