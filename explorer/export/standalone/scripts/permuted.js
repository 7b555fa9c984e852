// Normal numbers as numpy's default_rng draws them, for fresh noise: the seed is spread by hashing
// (SeedSequence), PCG64 makes the numbers (O'Neill 2014, XSL-RR), and the ziggurat makes them normal
// (Marsaglia, Tsang 2000), in float32.

const MASK = (1n << 128n) - 1n, LOW = (1n << 64n) - 1n;
const MULTIPLIER = (0x2360ed051fc65da4n << 64n) | 0x4385df649fccf645n;

/** A hash whose constant goes on with every call. */
function hashing(start, factor) {
  let constant = start;
  return (value) => {
    const mixed = value ^ constant;
    constant = Math.imul(constant, factor);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  };
}

/**
 * Words of 32 bits out of a few whole numbers, as SeedSequence makes them.
 * @param {number[]} entropy at most four numbers of 32 bits
 * @param {number} count
 */
function spread(entropy, count) {
  const hash = hashing(0x43b0d7e5, 0x931e8875);
  const pool = [0, 1, 2, 3].map((i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const mixed = Math.imul(0xca01f9dd, pool[to]) - Math.imul(0x4973f715, hash(pool[from]));
      pool[to] = mixed ^ (mixed >>> 16);
    }
  }
  const draw = hashing(0x8b51f9dd, 0x58f38ded);
  return Array.from({ length: count }, (_, i) => BigInt(draw(pool[i % 4]) >>> 0));
}

/** PCG64's numbers, 32 bits each. @param {number[]} entropy */
function permuted(entropy) {
  const words = spread(entropy, 8);
  const [high, low, ahead, behind] = [0, 2, 4, 6].map((i) => words[i] | (words[i + 1] << 32n));
  const step = ((((ahead << 64n) | behind) << 1n) | 1n) & MASK;
  const advance = (state) => (state * MULTIPLIER + step) & MASK;
  let state = advance((advance(0n) + ((high << 64n) | low)) & MASK);
  let kept = -1;
  return () => {
    if (kept >= 0) {
      const second = kept;
      kept = -1;
      return second;
    }
    state = advance(state);
    const folded = (state >> 64n) ^ (state & LOW), turn = state >> 122n;
    const turned = ((folded >> turn) | (folded << ((64n - turn) & 63n))) & LOW;
    kept = Number(turned >> 32n);
    return Number(turned & 0xffffffffn);
  };
}

const STRIPS = 256, EDGE = 3.6541528853610088, AREA = 0.00492867323399, BITS = 2 ** 23;

/** The ziggurat: of each strip the width of a step, the steps that lie wholly inside, the height. */
function ziggurat() {
  const density = (x) => Math.exp(-0.5 * x * x);
  const width = new Float32Array(STRIPS), inside = new Uint32Array(STRIPS), height = new Float32Array(STRIPS);
  const base = AREA / density(EDGE);
  width[0] = base / BITS;
  inside[0] = (EDGE / base) * BITS;
  height[0] = 1;
  let x = EDGE;
  width[STRIPS - 1] = x / BITS;
  height[STRIPS - 1] = density(x);
  for (let i = STRIPS - 2; i > 0; i--) {
    const above = Math.sqrt(-2 * Math.log(AREA / x + density(x)));
    inside[i + 1] = (above / x) * BITS;
    width[i] = above / BITS;
    height[i] = density(above);
    x = above;
  }
  return { width, inside, height };
}

const { width, inside, height } = ziggurat();

/**
 * What `default_rng([seed, layer]).standard_normal(count, float32)` gives.
 * @param {number} seed
 * @param {number} layer
 * @param {number} count
 */
export function noise(seed, layer, count) {
  const next = permuted([seed, layer]), found = new Float32Array(count);
  const uniform = () => (next() >>> 8) / 0x1000000;
  const { fround } = Math;  // every step in float32, or now and then another number would be taken

  function one() {
    for (;;) {
      const bits = next(), strip = bits & 0xff, steps = bits >>> 9;
      const x = Math.fround(steps * width[strip]), sign = bits & 0x100 ? -1 : 1;
      if (steps < inside[strip]) return sign * x;
      if (strip === 0) {
        for (;;) {  // beyond the edge
          const far = fround(fround(1 / EDGE) * -fround(Math.log1p(-uniform())));
          const lot = -fround(Math.log1p(-uniform()));
          if (2 * lot > fround(far * far)) return ((steps >>> 8) & 1 ? -1 : 1) * fround(fround(EDGE) + far);
        }
      }
      const slice = fround(fround(height[strip - 1] - height[strip]) * uniform());
      if (fround(slice + height[strip]) < Math.exp(-0.5 * x * x)) return sign * x;
    }
  }

  for (let i = 0; i < count; i++) found[i] = one();
  return found;
}
