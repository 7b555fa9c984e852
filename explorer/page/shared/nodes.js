// Finding and making nodes.

/**
 * The first node of a part that a selector finds. What that is its template says, which the check
 * of types cannot read.
 * @param {HTMLElement} element the part's
 * @returns {(selector: string) => any}
 */
export const within = (element) => (selector) => element.querySelector(selector);

/**
 * A node with text, and a class if `name` is given.
 * @param {string} tag
 * @param {string | number} content
 * @param {string} [name]
 * @returns {any}
 */
export function text(tag, content, name) {
  const node = document.createElement(tag);
  node.textContent = String(content);
  if (name) node.className = name;
  return node;
}

/**
 * Hand a file to the user.
 * @param {string | Blob} content an address, or what the file holds
 * @param {string} name
 */
export function download(content, name) {
  const link = document.createElement('a');
  link.href = typeof content === 'string' ? content : URL.createObjectURL(content);
  link.download = name;
  link.click();
  if (typeof content !== 'string') setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
