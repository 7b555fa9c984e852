// Links that carry a recipe: its values as JSON in base64url behind `#r=`.

/** @param {string} text */
export const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
  .replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** @param {string} code of `encode`; anything else throws */
export const decode = (code) => new TextDecoder().decode(
  Uint8Array.from(atob(code.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0)));

/**
 * The end of a link.
 * @param {object} values
 */
export const hash = (values) => `#r=${encode(JSON.stringify(values))}`;

/**
 * The values in the end of a link; null where it carries none. Throws where it is damaged.
 * @param {string} end from its `#` on
 * @returns {object | null}
 */
export function valuesIn(end) {
  if (!end.startsWith('#r=')) return null;
  return JSON.parse(decode(end.slice(3)));
}

/**
 * The values in a whole link, as somebody has pasted it; null where it carries none.
 * @param {string} link
 * @returns {object | null}
 */
export function valuesOf(link) {
  try { return valuesIn(link.trim().slice(link.trim().indexOf('#'))); } catch { return null; }
}

/**
 * What is in a file, for JSON.
 * @param {Blob} blob
 */
export async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
