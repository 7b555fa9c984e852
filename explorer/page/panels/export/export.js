// Files for other programs. Long work is a job on the server, known by a key; the page asks how far
// it is and keeps the key for a reload.
import { lost, pause } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { download, within } from '../../shared/nodes.js';
import { duration, limit, megabytes } from './units.js';

const MOST_CONDITIONS = 4;

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const field = (name) => $(`[name="${name}"]`);
  const KEPT = `stylegan2-brain-explorer-jobs-${props.model}`;
  const BOX = { sheet: $('.ex-sheet .ex-job'), dataset: $('.ex-set .ex-job') };
  const START = { sheet: $('[data-do=sheet]'), dataset: $('[data-do=make]') };
  const jobs = {};  // kind -> key

  // This picture.
  async function save(form) {
    const mm = Number(field('mm').value);
    const answer = await server.picture({ recipe: brain.recipe, form, mm }).catch(() => undefined);
    if (!answer?.file) { brain.show(lost(answer)); return; }
    const bytes = Uint8Array.from(atob(answer.file), (c) => c.charCodeAt(0));
    download(new Blob([bytes]), answer.name);
  }

  // The plan of a data set, as the controls say.
  function conditions() {
    return [...element.querySelectorAll('.ex-condition')].flatMap((row) => {
      const how = row.querySelector('.ex-how').value;
      const [low, high] = how === 'numbers'
        ? [row.querySelector('.ex-low').value, row.querySelector('.ex-high').value] : how.split(',');
      return low === '' && high === '' ? [] : [{ key: row.querySelector('.ex-key').value, low: limit(low), high: limit(high) }];
    });
  }

  function plan() {
    const kept = field('edits').checked, vary = field('vary').value;
    // One brain with new noise is the brain shown; others have its variety.
    const recipe = vary === 'noise' ? brain.recipe : brain.left();
    const base = kept || vary === 'noise' ? recipe : brain.start(recipe);
    const classes = [...element.querySelectorAll('.ex-classes input:checked')].map((box) => Number(box.value));
    const balance = field('balance').value;
    return {
      base, vary, count: Number(field('count').value), first_seed: Number(field('first').value),
      bits: Number(field('bits').value), where: conditions(),
      classes: vary === 'noise' ? [] : classes,
      conditions: $('.ex-scale input').checked ? props.spread.ends : null,
      balance: balance ? { key: balance, parts: 3 } : null,
    };
  }

  // The estimate follows the controls once they rest, while the tab is open.
  let wanted = false, busy = false;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(() => { wanted = true; estimate(); }, 500);
  }

  async function estimate() {
    if (busy || !element.offsetParent) return;
    busy = true;
    while (wanted) {
      wanted = false;
      const line = $('.ex-estimate'), asked = plan();
      $('.ex-psi').textContent = `At variety ψ ${asked.base.psi}, as the slider above says; 1 is as varied as the training data.`;
      const answer = await server.estimate(asked).catch(() => undefined);
      if (wanted) continue;
      if (!answer || answer.error) {
        line.textContent = lost(answer);
        $('code').textContent = '';  // not that of an earlier plan
        if (answer?.again) setTimeout(changed, 2000);
        continue;
      }
      const some = asked.where.length || asked.balance;
      const share = some ? ` ${answer.fitting} of the ${answer.looked} brains tried ${answer.fitting === 1 ? 'matches' : 'match'}.` : '';
      line.textContent = answer.seconds === null
        ? `None of ${answer.looked} brains tried match: that is rare or impossible, and may end without a file.`
        : `About ${duration(answer.seconds)} and ${megabytes(answer.bytes)}.${share}`;
      line.append(...answer.notes.map((note) => ` ${note}`));
      $('code').textContent = answer.command;
      $('.ex-save').hidden = !answer.command.includes('--recipe');
    }
    busy = false;
  }

  // Jobs.
  function remember() {
    try { sessionStorage.setItem(KEPT, JSON.stringify(jobs)); } catch { /* not after a reload, then */ }
  }

  function tell(kind, text) {
    BOX[kind].hidden = false;
    BOX[kind].querySelector('.ex-far').textContent = text;
  }

  function ended(kind) {
    BOX[kind].querySelector('progress').hidden = true;
    BOX[kind].querySelector('button').hidden = true;
    START[kind].disabled = false;
  }

  async function begin(kind, asking) {
    START[kind].disabled = true;
    if (jobs[kind]) await stop(kind);
    const answer = await asking.catch(() => undefined);
    if (!answer?.key) { tell(kind, lost(answer)); BOX[kind].querySelector('.ex-file').hidden = true; ended(kind); return; }
    jobs[kind] = answer.key;
    remember();
    follow(kind);
  }

  async function stop(kind) {
    const key = jobs[kind];
    delete jobs[kind];
    remember();
    await server.cancel({ kind, key }).catch(() => undefined);
  }

  function far(answer) {
    const { found = 0, count, tried, bytes } = answer.progress;
    if (answer.state === 'waiting' || !count) return answer.ahead ? `Waiting for ${answer.ahead} before it` : 'Starting …';
    const left = found ? `, about ${duration(answer.seconds / found * (count - found))} left` : '';
    return `${found.toLocaleString('en')} of ${count.toLocaleString('en')}`
      + (tried > found ? `, ${tried.toLocaleString('en')} tried` : '') + (bytes ? `, ${megabytes(bytes)}` : '') + left;
  }

  async function follow(kind) {
    const box = BOX[kind], bar = box.querySelector('progress'), link = box.querySelector('.ex-file');
    const key = jobs[kind];
    START[kind].disabled = true;
    bar.hidden = box.querySelector('button').hidden = false;
    link.hidden = true;
    bar.value = 0;
    tell(kind, 'Starting …');
    for (let wait = 300; jobs[kind] === key; wait = 1000) {
      await pause(wait);
      const answer = await server.look({ kind, key }).catch(() => undefined);
      if (jobs[kind] !== key) return;
      if (!answer) { tell(kind, lost()); continue; }
      if (answer.error || answer.state === 'failed') {
        delete jobs[kind];
        remember();
        tell(kind, answer.error || answer.message);
        ended(kind);
        return;
      }
      bar.value = (answer.progress.found || 0) / (answer.progress.count || 1);
      tell(kind, far(answer));
      if (answer.state !== 'done') continue;
      const root = window.gradio_config?.root || '';
      link.href = `${root}/gradio_api/file=${encodeURI(answer.path)}`;
      link.download = answer.path.split('/').pop();
      link.textContent = `Download, ${megabytes(answer.bytes)}`;
      link.hidden = false;
      tell(kind, answer.message);
      ended(kind);
      return;
    }
  }

  const actions = {
    sheet() {
      const [count, columns] = ['sheet-count', 'columns'].map((name) => Number(field(name).value));
      begin('sheet', server.sheet({ recipe: brain.recipe, count, columns, labels: field('labels').checked }));
    },
    make() { begin('dataset', server.make(plan())); },
    'cancel-sheet'() { tell('sheet', 'Cancelled.'); ended('sheet'); stop('sheet'); },
    'cancel-dataset'() { tell('dataset', 'Cancelled.'); ended('dataset'); stop('dataset'); },
    condition() {
      const row = $('template').content.firstElementChild.cloneNode(true);
      const key = row.querySelector('.ex-key'), how = row.querySelector('.ex-how');
      for (const [value, name] of props.measurements) key.add(new Option(name, value));
      if (props.measurements.some(([value]) => value === 'ventricles')) key.value = 'ventricles';
      const show = () => {
        row.querySelector('.ex-numbers').hidden = how.value !== 'numbers';
        row.querySelector('.ex-unit').textContent = props.measurements.find(([value]) => value === key.value)[2];
      };
      row.addEventListener('change', show);
      show();
      $('.ex-where').append(row);
      key.focus();
      actions.count();
    },
    remove(button) { button.closest('.ex-condition').remove(); actions.count(); $('[data-do=condition]').focus(); },
    count() {
      const count = element.querySelectorAll('.ex-condition').length, button = $('[data-do=condition]');
      button.disabled = count >= MOST_CONDITIONS;
      button.textContent = count ? 'and with …' : 'Only pictures with …';
      changed();
    },
  };

  element.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button?.dataset.form) save(button.dataset.form);
    else if (button?.dataset.do) actions[button.dataset.do](button);
  });
  $('.ex-set').addEventListener('input', changed);
  document.addEventListener('rest', changed);
  new IntersectionObserver((seen) => { if (seen[0].isIntersecting) changed(); }).observe(element);

  for (const [key, name] of props.measurements) field('balance').add(new Option(name.toLowerCase(), key));
  if (props.classes.length) {
    const box = $('.ex-classes');
    box.hidden = false;
    box.append('Classes, in equal numbers: ');
    props.classes.forEach((name, i) => {
      const label = document.createElement('label'), tick = document.createElement('input');
      Object.assign(tick, { type: 'checkbox', value: i, checked: true });
      label.className = 'ex-check';
      label.append(tick, ` ${name}`);
      box.append(label);
    });
  }
  if (props.spread) {
    const [low, high] = props.spread.ends, label = $('.ex-scale');
    label.hidden = false;
    label.querySelector('input').checked = true;
    label.append(` ${props.spread.title}: spread from ${low} to ${high}`.replaceAll(' -', ' −'));
  }
  $('.ex-told').textContent = props.told;
  if (!props.grey) {
    $('[data-form=png16]').hidden = true;
    field('bits').closest('label').hidden = true;
  }
  field('mm').value = props.mm || 1;
  $('.ex-voxel').textContent = props.mm ? `Pixel size stored in the model: ${props.mm} mm.`
    : 'The model does not know how large its pixels are; 1 mm is a guess, so give the size for NIfTI if you know it.';
  try { Object.assign(jobs, JSON.parse(sessionStorage.getItem(KEPT)) || {}); } catch { /* nothing kept */ }
  for (const kind of Object.keys(jobs)) if (BOX[kind]) follow(kind);
  changed();
}
