// Your scan. The file goes to the program in chunks, one at a time; what comes back are small
// pictures. The key names the scan on the server; nothing else is kept here.
import { lost, pause, words } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { base64 } from '../../shared/links.js';
import { text, within } from '../../shared/nodes.js';

const UNREADABLE = 'The browser cannot read this. Of a series drop its files, not their folder; a file that was moved or deleted has to be chosen again.';

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const box = $('.sc-drop'), picker = $('.sc-drop input'), form = $('.sc form');
  const status = $('.sc-status'), problem = $('.sc-problem');
  const parts = ['.sc-prepare', '.sc-run', '.sc-result'].map($);
  let key = null, turn = 0, wanted = false, asking = false, result = null, projecting = false;
  let failed = null;  // why there is no preview

  function showPart(name) {
    for (const part of parts) part.hidden = !part.matches(name || 'x');
    $('.sc').classList.toggle('sc-open', Boolean(name));  // less to read once a scan is there
    $('.sc-drop strong').textContent = name ? 'Choose another scan or drop it here' : 'Choose a scan or drop it here';
  }

  // The answer, or null with the reason shown.
  async function ask(name, posted) {
    const answer = await server[name](posted).catch(() => undefined);
    if (answer && !answer.error) return answer;
    problem.textContent = words(lost(answer));
    return null;
  }

  async function take(files) {
    files = [...files];
    const size = files.reduce((sum, file) => sum + file.size, 0);
    problem.textContent = '';
    if (!files.length) return;
    if (size > props.most_bytes) {
      problem.textContent = `${Math.ceil(size / 2 ** 20)} MB are too many: at most ${props.most_bytes / 2 ** 20} MB. Crop the scan or save one slice of it.`;
      return;
    }
    if (files.length > props.most_files) { problem.textContent = `${files.length} files are too many: at most ${props.most_files}.`; return; }
    const mine = ++turn;  // what was refused leaves an upload under way alone
    await remove();
    const opened = await ask('open_scan', { sizes: files.map((file) => file.size) });
    if (!opened) return;
    if (mine !== turn) { server.forget_scan({ key: opened.key }).catch(() => undefined); return; }
    key = opened.key;
    const whole = new Blob(files);
    let answer = null;
    for (let at = 0; at < size; at += props.chunk) {
      status.textContent = size > props.chunk ? `Reading ${Math.round(100 * at / size)} %` : 'Reading';
      const data = await base64(whole.slice(at, at + props.chunk)).catch(() => null);  // a folder, or a file that is gone
      answer = data === null ? null : await ask('send_scan', { key: opened.key, data });
      if (mine !== turn) { server.forget_scan({ key: opened.key }).catch(() => undefined); return; }
      if (data === null) { problem.textContent = UNREADABLE; remove(); return; }
      if (!answer) { key = null; status.textContent = ''; return; }
    }
    form.reset();
    form.elements.index.max = answer.slices - 1;
    form.elements.index.value = answer.middle;
    form.querySelector('.sc-slice').hidden = answer.slices === 1;
    status.textContent = answer.notes.join(' ');
    showPart('.sc-prepare');
    preview();
  }

  async function remove() {
    const old = key;
    key = result = null;
    status.textContent = '';
    showPart(null);
    if (old) await server.forget_scan({ key: old }).catch(() => undefined);
  }

  function placing() {
    const { index, fit, size, brightness, turn } = form.elements;
    return { index: Number(index.value), fit: fit.checked, size: Number(size.value),
      brightness: Number(brightness.value), turn: Number(turn.value) };
  }

  async function preview() {
    const { index, size, brightness } = form.elements;
    index.parentElement.querySelector('output').textContent = `${Number(index.value) + 1} of ${Number(index.max) + 1}`;
    for (const slider of [size, brightness]) slider.parentElement.querySelector('output').textContent = `${Math.round(100 * slider.value)} %`;
    wanted = true;
    if (asking) return;
    asking = true;
    while (wanted && key) {
      wanted = false;
      const answer = await ask('prepare_scan', { key, placing: placing() });
      if (!answer) { failed = problem.textContent; continue; }
      $('.sc-preview').src = answer.src;
      if (problem.textContent === failed) problem.textContent = '';  // another reason stays
    }
    asking = false;
  }

  function curve(values) {
    const top = Math.max(...values, 1);
    $('.sc-curve polyline').setAttribute('points', values.map((v, i) => `${100 * i / Math.max(values.length - 1, 1)},${39 - 37 * v / top}`).join(' '));
  }

  async function project() {
    if (projecting || !key) return;
    projecting = true;
    const mine = key, ours = element.contains(document.activeElement);
    problem.textContent = '';
    status.textContent = 'Starting';  // a busy program takes a moment
    const started = await ask('start_scan', { key, placing: placing(), layered: form.elements.layered.value === 'true' });
    status.textContent = '';
    if (started) {
      $('.sc-live').src = $('.sc-preview').src;
      $('.sc-run progress').value = 0;
      $('.sc-steps').textContent = 'Looking for the nearest of the model’s random brains';
      curve([0]);
      showPart('.sc-run');
      if (ours) $('[data-do=cancel]').focus();
      await watch(mine);
    }
    projecting = false;
  }

  // The best so far is shown after some seconds, and again as it becomes better.
  async function watch(mine) {
    let seen = 0;
    while (key === mine) {
      await pause(200);
      if (!element.offsetParent) continue;  // another tab is open
      const answer = await ask('watch_scan', { key: mine, seen });
      if (key !== mine) return;
      if (!answer) { showPart('.sc-prepare'); return; }
      if (answer.state === 'waiting') { $('.sc-steps').textContent = 'Waiting for another projection to finish'; continue; }
      if (answer.result) { finish(answer.result, seen === 0); seen = answer.results; }
      const ended = answer.state === 'ended', far = `Step ${answer.done} of ${answer.steps}`;
      $('.sc-refining').hidden = ended;
      if (ended) { if (!seen) showPart('.sc-prepare'); return; }
      $('.sc-refining span').textContent = `Still refining (step ${answer.done} of ${answer.steps}); what stands below may change.`;
      $('.sc-live').src = answer.src;
      $('.sc-run progress').value = answer.done / answer.steps;
      $('.sc-steps').textContent = `${far}: mean error ${answer.curve.at(-1).toFixed(0)} grey levels, at first ${answer.curve[0].toFixed(0)}`;
      curve(answer.curve);
    }
  }

  function list(where, lines) {
    $(where).replaceChildren(...lines.map((line) => text('li', line)));
  }

  function finish(found, first) {
    const ours = element.contains(document.activeElement);  // who types elsewhere is left alone
    const there = brain.scale ? ` at its ${brain.scale.name.toLowerCase()}` : '';
    result = found;
    $('.sc-a').src = found.scan;
    $('.sc-b').src = found.found;
    $('.sc-d').src = found.difference;
    list('.sc-words', [...found.words,
      found.rarer < 1 ? `For the model it is very typical: almost every random brain${there} is rarer.`
        : `For the model it is rarer than ${Math.min(99, Math.floor(found.rarer))} % of random brains${there}.`]);
    $('.sc-nearest').hidden = !found.nearest;
    if (found.nearest) {
      $('.sc-nearest img').src = found.nearest.src;
      list('.sc-nearest .sc-words', found.nearest.words);
    }
    if (!first) return;
    status.textContent = '';
    showPart('.sc-result');
    if (ours) $('[data-do=explore]').focus();
  }

  const actions = {
    remove() { turn++; remove(); },
    cancel() { ask('cancel_scan', { key }); },
    back() { ask('cancel_scan', { key }); showPart('.sc-prepare'); },
    explore() {
      brain.restore({ ...result.recipe, own: brain.recipe.own }, 'from a scan');
      const little = brain.scale ? ` ${brain.scale.name} moves it believably only a little: the scan does not say how this person looks elsewhere.` : '';
      status.textContent = `The picture is now the model’s nearest brain: every tool changes it, Undo leads back.${little}`;
    },
  };
  element.addEventListener('click', (event) => actions[event.target.dataset?.do]?.());
  form.addEventListener('input', preview);
  form.addEventListener('submit', (event) => { event.preventDefault(); project(); });
  picker.addEventListener('change', () => { take(picker.files).then(() => { picker.value = ''; }); });
  for (const name of ['dragenter', 'dragover']) element.addEventListener(name, (event) => { event.preventDefault(); box.classList.add('sc-over'); });
  for (const name of ['dragleave', 'drop']) element.addEventListener(name, () => box.classList.remove('sc-over'));
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    event.stopPropagation();  // the page opens recipes
    const folder = [...event.dataTransfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
    if (folder) problem.textContent = UNREADABLE; else take(event.dataTransfer.files);
  });
}
