// A range of layers, by two handles on one line.
import { text } from './nodes.js';

/**
 * @param {string} name what it is of, for screen readers
 * @param {number} count how many layers there are
 * @param {(span: [number, number]) => void} moved hears of the first layer, and one after the last
 */
export function handlesOf(name, count, moved) {
  const box = document.createElement('span'), says = text('output', '');
  const [low, high] = ['first', 'last'].map((which, i) => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'range', min: 1, max: count, step: 1, value: i ? count : 1 });
    input.setAttribute('aria-label', `${name}: ${which} layer`);
    return input;
  });
  box.className = 'hd';
  box.append(low, high, says);

  /** @returns {[number, number]} */
  const span = () => [Number(low.value) - 1, Number(high.value)];
  function say() {
    const [first, end] = span();
    says.textContent = first === 0 && end === count ? 'all layers' : end === first + 1 ? `layer ${end}` : `layers ${first + 1}–${end}`;
    box.style.setProperty('--low', String((first) / Math.max(1, count - 1)));
    box.style.setProperty('--high', String((end - 1) / Math.max(1, count - 1)));
    // Where both are at the same end, the one that can still move is above.
    low.style.zIndex = first > (count - 1) / 2 ? '2' : '1';
  }
  for (const input of [low, high]) {
    input.addEventListener('input', () => {
      if (Number(low.value) > Number(high.value)) input.value = input === low ? high.value : low.value;
      say();
      moved(span());
    });
  }
  say();
  return {
    box,
    span,
    /** @param {[number, number]} to */
    set([first, end]) {
      low.value = String(first + 1);
      high.value = String(end);
      say();
    },
  };
}
