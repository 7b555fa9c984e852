// Normal numbers as numpy's RandomState draws them: the Mersenne Twister (Matsumoto, Nishimura 1998)
// and Marsaglia's polar method. So a seed is the same brain here as in the explorer.

const LENGTH = 624, SHIFT = 397;

/**
 * The twister's numbers, 32 bits each, from a seed of 32 bits.
 * @param {number} seed
 * @returns {() => number}
 */
export function twister(seed) {
  const state = new Uint32Array(LENGTH);
  state[0] = seed;
  for (let i = 1; i < LENGTH; i++) {
    const before = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(1812433253, before) + i;
  }
  let at = LENGTH;

  function twist() {
    for (let i = 0; i < LENGTH; i++) {
      const joined = (state[i] & 0x80000000) | (state[(i + 1) % LENGTH] & 0x7fffffff);
      state[i] = state[(i + SHIFT) % LENGTH] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  }

  return () => {
    if (at === LENGTH) twist();
    let x = state[at++];
    x ^= x >>> 11;
    x ^= (x << 7) & 0x9d2c5680;
    x ^= (x << 15) & 0xefc60000;
    return (x ^ (x >>> 18)) >>> 0;
  };
}

/**
 * What `RandomState(seed).randn(count)` gives, rounded to float32.
 * @param {number} seed
 * @param {number} count
 */
export function randn(seed, count) {
  const next = twister(seed), found = new Float32Array(count);
  // 53 bits out of two numbers.
  const uniform = () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
  for (let i = 0; i < count; i += 2) {
    let x, y, square;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt(-2 * Math.log(square) / square);
    found[i] = scale * y;
    if (i + 1 < count) found[i + 1] = scale * x;
  }
  return found;
}
