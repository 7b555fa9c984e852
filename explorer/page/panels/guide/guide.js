// Pages of the guide come when they are asked for.
import { lost, pause } from '../../shared/asking.js';
import { text } from '../../shared/nodes.js';

/** @returns {HTMLElement | null} */
const guide = () => document.querySelector('#guide');

async function open() {
  const fold = guide().querySelector('button');
  const shown = () => /** @type {HTMLElement | null} */ (guide().querySelector('#guide-text'));
  if (!shown()) fold.click();
  while (!shown()) await pause(20);  // it is drawn when it is opened for the first time
  if (!shown().checkVisibility()) fold.click();  // it was closed again
  guide().scrollIntoView();
  fold.focus({ preventScroll: true });
}

// In the help, where one looks for it.
function offer() {
  const help = /** @type {HTMLDialogElement | null} */ (document.querySelector('.dk-help'));
  if (!help?.querySelector(':scope > button') || !guide()) { requestAnimationFrame(offer); return; }
  const line = text('p', 'More on all of this: '), button = text('button', 'Open the guide');
  button.addEventListener('click', () => { help.close(); open(); });
  line.append(button);
  help.prepend(line);
}

/** @param {import('../../shared/part.js').Part} part */
export function start({ server }) {
  window.guidePage = async (name) => {
    const answer = await server.guide_page({ name }).catch(() => undefined);
    return answer?.text ?? lost(answer);
  };
  // A link to another page of the guide chooses it.
  document.addEventListener('click', (event) => {
    const name = event.target.closest?.('#guide-text a')?.getAttribute('href');
    const pages = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('#guide-pages input'));
    const page = [...pages].find(({ value }) => value === name);
    if (!page) return;  // it leads into the web
    event.preventDefault();
    page.click();
    guide().scrollIntoView();
    page.focus({ preventScroll: true });
  });
  offer();
}
