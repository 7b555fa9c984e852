// The picture. The browser owns the recipe; every control changes one field of it. Newest wins:
// one request is under way at a time, and whatever the hand did meanwhile goes with the next one.
const canvas = element.querySelector('canvas');
const context = canvas.getContext('2d');
const message = element.querySelector('.lv-message');
const timing = element.querySelector('.lv-timing');
let recipe = structuredClone(props.value);
let dirty = false, busy = false, picture = null;

function show(error) {
  message.textContent = error || '';
  message.hidden = !error;
}

async function pump() {
  if (busy) return;
  busy = true;
  while (dirty) {
    dirty = false;
    const sent = structuredClone(recipe), start = performance.now();
    let answer;
    try { answer = await server.draw(sent); } catch { answer = undefined; }
    if (!answer || answer.error) {
      show(answer ? answer.error : 'No answer from the program. Is it still running?');
      if (!answer) {  // ask again until the program is back
        await new Promise((done) => setTimeout(done, 1000));
        dirty = true;
      }
      continue;
    }
    const image = new Image();
    image.src = answer.src;
    await image.decode();
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    show(null);
    picture = { src: answer.src, recipe: sent };
    const wait = performance.now() - start;
    timing.textContent = `${answer.ms.toFixed(0)} ms to compute, ${wait.toFixed(0)} ms to the screen`;
    canvas.dispatchEvent(new CustomEvent('frame', { bubbles: true, detail: sent }));
  }
  busy = false;
}

function changed() { dirty = true; pump(); }

window.brain = {
  // set('psi', 0.5), set('noise.mode', 'none'): one field of the recipe
  set(path, value) {
    const [outer, inner] = path.split('.');
    if (inner) recipe[outer] = { ...recipe[outer], [inner]: value };
    else recipe[outer] = value;
    changed();
  },
  // edit('pca1', 1.5): one direction's strength; 0 takes it out of the recipe
  edit(direction, strength) {
    const others = recipe.edits.filter((e) => e.direction !== direction);
    recipe.edits = strength === 0 ? others : [...others, { direction, strength }];
    changed();
  },
  // play the interpolation by moving its own slider to and fro, six seconds each way
  play(button) {
    if (this.playing) { this.playing = false; return; }
    const slider = document.querySelector('#walk-t input[type=range]');
    const from = Number(slider.value), start = performance.now();
    this.playing = true;
    button.textContent = 'Stop';
    const move = (now) => {
      if (!this.playing || !slider.isConnected) {
        this.playing = false;
        button.textContent = 'Play';
        return;
      }
      const phase = (from + (now - start) / 6000) % 2;
      slider.value = phase < 1 ? phase : 2 - phase;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      requestAnimationFrame(move);
    };
    requestAnimationFrame(move);
  },
  save() {
    if (!picture) return;
    const link = document.createElement('a');
    link.href = picture.src;
    link.download = `synthetic-brain-seed${picture.recipe.seed}.png`;
    link.click();
  },
  get recipe() { return structuredClone(recipe); },
};
changed();
