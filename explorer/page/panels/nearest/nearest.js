// The real slices nearest to the picture, asked for only while the group is open, once the hand
// rests: one request at a time, newest wins.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { text, within } from '../../shared/nodes.js';

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, server }) {
  const $ = within(element);
  const group = $('details'), figure = $('figure');
  let wanted = null, busy = false;

  function show(answer) {
    const lines = answer?.words ?? [lost(answer)];
    figure.hidden = !answer?.src;
    if (answer?.src) figure.querySelector('img').src = answer.src;
    $('.nr-words').replaceChildren(...lines.map((line) => text('li', line)));
    $('.nr-lacks').textContent = answer?.lacks ?? '';
  }

  async function ask() {
    if (busy || !group.open) return;
    busy = true;
    while (wanted && group.open) {
      const recipe = wanted;
      wanted = null;
      const answer = await server.nearest(recipe).catch(() => undefined);
      if (!wanted) show(answer);
    }
    busy = false;
  }

  document.addEventListener('rest', (event) => { wanted = event.detail; ask(); });
  group.addEventListener('toggle', () => { if (group.open) { wanted = brain.recipe; ask(); } });
}
