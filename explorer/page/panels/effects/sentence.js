// What a slider does to two measurements, in words.
import { signed } from '../../shared/decimals.js';

/** @param {string} text such as a measurement's name, for the middle of a sentence */
export const small = (text) => text[0].toLowerCase() + text.slice(1);

/**
 * Entangled by the slider, or correlated in the brains themselves?
 * @param {{ wanted: number | null, moved: number | null, r: number | null, expected: number,
 *   brains: number, verdict: 'none' | 'brains' | 'slider' | 'unknown', place?: string | null }} f
 *   what the server found; place: what all those brains share, such as "Slice height"
 * @param {string} a name of the wanted measurement
 * @param {string} b name of the other
 */
export function sentence(f, a, b) {
  if (f.wanted === null || f.moved === null) return 'One of the two could not be measured on enough brains.';
  const does = `One step moves ${small(a)} by ${signed(f.wanted, 2)} SD and ${small(b)} by ${signed(f.moved, 2)} SD. `;
  if (f.r === null) return does;
  const where = f.place ? `, compared at one ${small(f.place)},` : '';
  const together = `In ${f.brains.toLocaleString('en')} of the model’s own brains${where} the two have a correlation of ${signed(f.r, 2)}, so ${signed(f.expected, 2)} SD of ${small(b)} would go with it anyway. `;
  return does + together + {
    none: `So this slider hardly moves ${small(b)}.`,
    brains: 'So most of it is how the brains themselves are: the two belong together.',
    slider: 'So this slider tangles the two: the brains themselves do not.',
    unknown: `It hardly moves ${small(a)}: choose another slider for that.`,
  }[f.verdict];
}
