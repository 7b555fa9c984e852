// Off the page's own thread, so that it stays quick: unpacks runtime and network, and turns recipes
// into pictures. One at a time; the page asks for the next when this one is there.
import { arraysOf, classOf, wsOf } from './latents.js';
import { randn } from './mersenne.js';
import { noise } from './permuted.js';
import { unpack } from './unpack.js';

/** @type {import('./latents.js').Facts} */
let facts;
/** @type {import('./latents.js').Arrays} */
let arrays;
let mapping, synthesis;
const known = new Map();  // w by seed and class
let drawn = { of: '', maps: [] };  // noise of the newest recipe

/** @param {{ facts: import('./latents.js').Facts, parts: Record<string, string> }} data */
async function open(data) {
  ({ facts } = data);
  const loader = new Blob([await unpack(data.parts.loader)], { type: 'text/javascript' });
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(loader) };
  ort.env.wasm.wasmBinary = await unpack(data.parts.wasm);
  arrays = arraysOf(facts, new Float32Array(await unpack(data.parts.arrays)));
  const session = async (text) => ort.InferenceSession.create(new Uint8Array(await unpack(text)));
  mapping = await session(data.parts.mapping);
  synthesis = await session(data.parts.synthesis);
}

async function wOf(seed, recipe) {
  const c = classOf(facts, recipe), key = `${seed} ${c.join(' ')}`;
  if (!known.has(key)) {
    if (known.size > 100) known.clear();
    const feeds = { z: new ort.Tensor('float32', randn(seed, facts.z_dim), [1, facts.z_dim]) };
    if (facts.c_dim) feeds.c = new ort.Tensor('float32', c, [1, facts.c_dim]);
    known.set(key, (await mapping.run(feeds)).w.data);
  }
  return known.get(key);
}

/** A map for each layer. @param {import('./recipe.js').Recipe['noise']} of */
function noiseOf(of) {
  const key = JSON.stringify(of);
  if (drawn.of !== key) {
    const maps = facts.noise_sides.map((side, layer) => {
      const strength = of.mode === 'none' || of.off.includes(layer) ? 0 : of.strength;
      if (!strength) return new Float32Array(side * side);
      const map = of.mode === 'const' ? arrays.noise[layer] : noise(of.seed, layer, side * side);
      return map.map((x) => x * strength);
    });
    drawn = { of: key, maps };
  }
  return drawn.maps;
}

/** @param {import('./recipe.js').Recipe} recipe */
async function draw(recipe) {
  const { num_ws, w_dim, noise_sides } = facts, mixed = recipe.mix.weights.some(Boolean);
  const w = await wOf(recipe.seed, recipe), second = mixed ? await wOf(recipe.mix.seed, recipe) : null;
  const ws = wsOf(facts, arrays, recipe, w, second);
  const feeds = { ws: new ort.Tensor('float32', ws, [1, num_ws, w_dim]) };
  noiseOf(recipe.noise).forEach((map, layer) => {
    feeds[`noise_${layer}`] = new ort.Tensor('float32', map, [1, 1, noise_sides[layer], noise_sides[layer]]);
  });
  return pixelsOf((await synthesis.run(feeds)).image.data);
}

/** Red, green, blue and opacity of every pixel, for a canvas. @param {Float32Array} image */
function pixelsOf(image) {
  const count = facts.resolution ** 2, pixels = new Uint8ClampedArray(4 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      const value = image[facts.colours === 3 ? c * count + i : i];
      pixels[4 * i + c] = Math.floor(value * 127.5 + 128);  // the array bounds it
    }
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

onmessage = async ({ data }) => {
  try {
    if (data.parts) {
      await open(data);
      postMessage({ ready: true });
      return;
    }
    const start = performance.now(), pixels = await draw(data.recipe);
    postMessage({ recipe: data.recipe, pixels, ms: performance.now() - start }, { transfer: [pixels.buffer] });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
