// Pages of the guide come when they are asked for. This script may run before that of `brain`.
const guide = () => document.querySelector('#guide');
window.guidePage = async (name) => {
  const answer = await server.guide_page({ name }).catch(() => undefined);
  return answer?.text ?? lost(answer);
};

async function open() {
  const fold = guide().querySelector('button'), shown = () => guide().querySelector('#guide-text');
  if (!shown()) fold.click();
  while (!shown()) await pause(20);  // it is drawn when it is opened for the first time
  if (!shown().checkVisibility()) fold.click();  // it was closed again
  guide().scrollIntoView();
  fold.focus({ preventScroll: true });
}

// A link to another page of the guide chooses it.
document.addEventListener('click', (event) => {
  const name = event.target.closest?.('#guide-text a')?.getAttribute('href');
  const page = [...document.querySelectorAll('#guide-pages input')].find(({ value }) => value === name);
  if (!page) return;  // it leads into the web
  event.preventDefault();
  page.click();
  guide().scrollIntoView();
  page.focus({ preventScroll: true });
});

// In the help, where one looks for it.
function offer() {
  const help = document.querySelector('.dk-help'), close = help?.querySelector(':scope > button');
  if (!close || !guide()) { requestAnimationFrame(offer); return; }
  const line = text('p', 'More on all of this: '), button = text('button', 'Open the guide');
  button.addEventListener('click', () => { help.close(); open(); });
  line.append(button);
  help.prepend(line);
}
offer();
