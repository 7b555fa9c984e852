// The picture. Newest wins: one request is under way at a time, and whatever the hand did meanwhile
// goes with the next one. Of a large network smaller pictures come first, and once the hand pauses
// larger ones, up to the whole.
import { lost, pause } from '../asking.js';
import { brain, bring } from '../brain.js';
import { within } from '../nodes.js';
import { started } from '../part.js';

const REST = 250;  // ms without a change: then numbers, companions and history follow
const PAUSE = 80;  // ms without a change: then a smaller picture is followed by a larger one

export const first = true;  // of all parts: the others start once there is a recipe

/** @param {import('../part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const canvas = $('.lv-now'), context = canvas.getContext('2d', { willReadFrequently: true });
  const message = $('.lv-message'), timing = $('.lv-timing'), mark = $('.lv-preview');
  const user = Math.random().toString(36).slice(2);  // this page among all that are open
  let dirty = false, busy = false, picture = null;
  /** @type {ReturnType<typeof setTimeout>} */
  let resting;

  const tell = (name, detail) => canvas.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

  function show(error) {
    message.textContent = error || '';
    message.hidden = !error;
  }

  async function pump() {
    if (busy) return;
    busy = true;
    let shown;  // size of a picture that is not the whole one
    while (dirty || shown) {
      if (shown && !dirty) await pause(PAUSE);
      const soon = dirty || !shown ? true : shown;
      dirty = false;
      shown = undefined;
      const sent = brain.recipe, start = performance.now();
      let answer;
      try { answer = await server.draw({ recipe: sent, user, soon }); } catch { answer = undefined; }
      if (answer?.superseded) { dirty = true; continue; }  // by a copy of this page
      if (!answer || answer.error) {
        show(lost(answer));
        if (!answer || answer.again) {  // ask again until the program is back or ready
          await pause(1000);
          dirty = true;
        }
        continue;
      }
      const image = new Image();
      image.src = answer.src;
      try { await image.decode(); } catch { show('The browser could not show this picture.'); continue; }
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      show(null);
      const wait = performance.now() - start;
      timing.textContent = `${answer.ms.toFixed(0)} ms to compute, ${wait.toFixed(0)} to show`;
      shown = answer.whole ? undefined : answer.size;
      mark.hidden = answer.whole;
      mark.textContent = answer.whole ? '' : `Preview: ${answer.size} of ${canvas.width} px`;
      if (!picture) await started();  // nobody misses the first one
      picture = { src: answer.src, recipe: sent, whole: answer.whole };
      tell('frame', sent);
    }
    busy = false;
    clearTimeout(resting);
    resting = setTimeout(() => {
      if (picture && !busy && !brain.moves) tell('rest', picture.recipe);
    }, REST);
  }

  bring({
    recipe: props.value, defaults: props.defaults, digest: props.digest, scale: props.ordered,
    server, show, tell, picture: () => picture,
    draw() { dirty = true; pump(); },
  });
}
