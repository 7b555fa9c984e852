// Another model has another page: its layers, classes and directions differ. On one's own machine a
// file can be opened here; it goes to the program in chunks, and its page is then there too.
import { lost, words } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { base64 } from '../../shared/links.js';
import { within } from '../../shared/nodes.js';

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const select = $('select'), file = $('.mo-file'), button = $('.mo-open'), status = $('.mo-status');
  for (const { path, name, here } of props.value) select.add(new Option(name, path, here, here));
  const here = props.value.find((choice) => choice.here).path;
  $('.choose').hidden = props.value.length < 2 && !props.opens;
  select.addEventListener('change', () => go(select.value));

  /** @param {string} path */
  function go(path) {
    const { version, seed, psi } = brain.left();
    const base = location.pathname.slice(0, location.pathname.length - here.length);
    location.assign(`${base}${path}${brain.hash({ version, seed, psi })}`);
  }

  if (!props.opens) return;
  button.hidden = false;
  file.accept = props.kinds;
  button.addEventListener('click', () => file.click());
  file.addEventListener('change', () => { if (file.files[0]) take(file.files[0]); });
  // Others may have been opened since this page was made.
  server.known_models({}).then(({ models }) => {
    for (const { path, name } of models) {
      if (![...select.options].some((option) => option.value === path)) select.add(new Option(name, path));
    }
  }).catch(() => undefined);

  /** @param {File} chosen */
  async function take(chosen) {
    button.disabled = true;
    const answer = await send(chosen).catch(() => undefined);
    button.disabled = false;
    file.value = '';
    if (answer && !answer.error) go(answer.path);
    else say(words(lost(answer)));
  }

  /**
   * The path of its page, or the error.
   * @param {File} chosen
   * @returns {Promise<{ path?: string, error?: string }>}
   */
  async function send(chosen) {
    let answer = await server.open_model({ name: chosen.name, size: chosen.size });
    for (let at = 0; at < chosen.size && !answer.error; at += props.chunk) {
      const last = at + props.chunk >= chosen.size;
      say(last ? `Reading ${chosen.name}` : `Taking ${chosen.name}: ${Math.round(100 * at / chosen.size)} %`);
      const { key } = answer, data = await base64(chosen.slice(at, at + props.chunk)).catch(() => null);
      if (data === null) return { error: 'The browser cannot read this file: choose it again.' };
      answer = { key, ...await server.send_model({ key, data }) };
    }
    return answer;
  }

  /** @param {string} text */
  function say(text) {
    status.textContent = text;
    status.hidden = !text;
    // It lies over other things: the next click anywhere takes it away.
    if (text && !button.disabled) addEventListener('pointerdown', () => say(''), { once: true });
  }
}
