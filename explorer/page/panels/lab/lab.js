// The lab. The server has measured and says what follows; here it is drawn, and what is missing is asked
// for. Nothing is asked while the view is shut; the analysis goes on all the same.
import { lost, pause } from '../../shared/asking.js';
import { text, within } from '../../shared/nodes.js';
import { deskIn } from './desk.js';
import { dotsIn, rowsOf } from './dots.js';
import { raceIn } from './race.js';
import { showLayers, showPairs } from './tables.js';
import { trainingIn } from './training.js';

const BUSY = ['working', 'stopping'];
const MISSING = 'Not measured on this model yet';
const ENDS = { full: 'anywhere (full)', end: 'at brains (end)' };

/** @param {import('../../shared/part.js').Part} part */
export function start(part) {
  const { element, server } = part, $ = within(element);
  const panel = $('.lb'), main = /** @type {HTMLElement} */ (document.querySelector('#main'));
  const card = (name) => $(`[data-card=${name}]`), figure = (name) => card(name).querySelector('figure');
  const charts = {
    disentangled: dotsIn(figure('disentangled'), 'Z against W against S'),
    smooth: dotsIn(figure('smooth'), 'Path lengths through Z and W'),
    signal: dotsIn(figure('signal'), 'Strongest spots of magnitude, layer by layer'),
  };
  const race = raceIn(part, tell), desk = deskIn(part, tell), training = trainingIn(part, tell);
  let answer = null, equal = false, following = false, asked = 0;

  /** @param {HTMLElement} box @param {any} claim */
  function tell(box, claim) {
    const put = (selector, words) => { box.querySelector(selector).textContent = words; };
    put('h3', claim.title);
    put('.lb-says', claim.says);
    put('.lb-opposite', claim.opposite ? `What would show the opposite: ${claim.opposite}` : '');
    const details = document.createElement('details');
    details.append(text('summary', 'How this was measured'), ...(claim.notes ?? []).map((note) => text('p', note)));
    const notes = box.querySelector('.lb-notes');
    const open = notes.querySelector('details')?.open;
    notes.replaceChildren(...(claim.notes?.length ? [details] : []));
    details.open = Boolean(open);
  }
  const lacking = (name, says) => tell(card(name), { title: says ? 'It cannot be told' : MISSING, says: says ?? '“Analyse this model” above measures it.', opposite: '' });

  const draw = {
    disentangled({ readings }) {
      const all = rowsOf(readings), apart = (row) => row.label === 'Separability';
      return charts.disentangled.show({ rows: all.filter((row) => !apart(row)), title: 'more is better', range: [-0.02, 1],
        below: { rows: all.filter(apart), title: 'less is better', range: [1, 2] } });
    },
    smooth({ readings, ratios }) {
      const named = (row) => ({ ...row, label: ENDS[row.label] ?? row.label });
      return charts.smooth.show({ rows: rowsOf(readings).map(named), title: 'path length (feature)',
        below: { rows: rowsOf(ratios).map(named), title: 'length through Z for 1 through W', line: 1 } });
    },
    signal({ readings, map, most, layer, brains }) {
      const box = $('.sg-map'), [low, high] = box.querySelectorAll('output');
      for (const node of box.children) node.hidden = false;
      box.querySelector('img').src = map;
      box.querySelector('img').alt = `Mean magnitude of ${layer}`;
      [low.textContent, high.textContent] = ['0', `${most.toFixed(1)} × median`];
      box.querySelector('p').textContent = `${layer[0].toUpperCase()}${layer.slice(1)}, mean of ${brains} brains`;
      return charts.signal.show({ rows: rowsOf(readings), title: 'strongest spot, times the median' });
    },
    layers(found) { showLayers(figure('layers'), found); },
    data(found) { showPairs(figure('data'), found); },
  };

  function show() {
    const { cards, races, real, trust, sketched } = answer;
    $('.lb-trust').textContent = [trust, sketched].join(' ').trim();
    for (const name of ['disentangled', 'smooth', 'signal', 'layers']) {
      if (!cards[name]) { lacking(name); continue; }
      tell(card(name), cards[name]);
      draw[name](cards[name]);
    }
    const data = (equal && cards.height) || cards.data;
    $('.lb-equal').hidden = !cards.height || !cards.data;
    if (data) { tell(card('data'), data); draw.data(data); } else lacking('data', trust ? 'This model’s factors were drawn: there are no people to compare it with.' : real ? undefined : 'This model has no real slices beside it, so nobody can say which links are people’s and which its own.');
    if (!races.length) lacking('race');
    race.list(races);
  }

  // What is missing, and how far its making is.
  function work({ state, share, what, why }) {
    const { parts, of, seconds } = answer.left, busy = BUSY.includes(state);
    $('.lb-work').hidden = !busy && !parts.length;
    $('.lb-left').textContent = !parts.length ? '' : `${parts.length} of ${of} parts have not been measured on this model yet: about ${Math.max(1, Math.round(seconds / 60))} min of work for a small model. What is finished is kept, also when you stop or close the lab.`;
    $('[data-do=analyse]').hidden = busy;
    $('[data-do=stop]').hidden = !busy;
    $('[data-do=stop]').disabled = state === 'stopping';
    $('.lb-work progress').hidden = !busy;
    $('.lb-work progress').value = share;
    const ended = { stopped: 'Stopped.', failed: `It could not be finished: ${why}` }[state] ?? '';
    $('.lb-far').textContent = busy ? `${Math.round(100 * share)} %: ${state === 'stopping' ? 'stopping' : what} …` : ended;
    const words = busy ? 'Analysing.' : state === 'done' ? 'The analysis is complete.' : ended;
    if ($('.lb-told').textContent !== words) $('.lb-told').textContent = words;  // for readers, once
  }

  async function load() {
    const mine = ++asked;
    for (;;) {
      const found = await server.figures({}).catch(() => undefined);
      if (mine !== asked || panel.hidden) return;
      $('.lb-wait').textContent = found?.cards ? '' : lost(found);
      if (found?.cards) { answer = found; break; }
      if (!found?.again) return;
      await pause(2000);
    }
    show();
    work(answer.work);
    follow();
  }

  // One question at a time while it is at work and somebody looks.
  async function follow() {
    if (following) return;
    following = true;
    let what = answer.work.what, { state } = answer.work;
    while (!panel.hidden && BUSY.includes(state)) {
      await pause(1000);
      const found = await server.work({}).catch(() => undefined);
      if (!found?.work) { $('.lb-wait').textContent = lost(found); continue; }
      work(found.work);
      ({ state } = found.work);
      if (found.work.what === what && BUSY.includes(state)) continue;
      ({ what } = found.work);
      const fresh = await server.figures({}).catch(() => undefined);  // another part is there
      if (fresh?.cards) { answer = fresh; show(); work(answer.work); }
    }
    following = false;
  }

  async function order(name) {
    const found = await server[name]({}).catch(() => undefined);
    if (!found?.work) { $('.lb-told').textContent = lost(found); return; }
    answer.work = found.work;
    work(found.work);
    follow();
  }

  /** @param {boolean} on @param {boolean} [beside] for a lesson's step, which stays and keeps the focus */
  function open(on, beside = false) {
    if (on !== panel.hidden) return;
    // One of lessons and lab at a time, unless a lesson asks for it: this leaves them.
    if (on && !beside && main.hasAttribute('data-lesson')) document.dispatchEvent(new Event('lessons'));
    panel.hidden = !on;
    main.toggleAttribute('data-lab', on);
    document.dispatchEvent(new CustomEvent('lab-open', { detail: on }));
    if (on) {
      if (!beside) {
        $('h2').focus({ preventScroll: true });
        $('.lb-head').scrollIntoView({ block: 'nearest' });
      }
      load();
      desk.open();
      training.load();
    } else if (!beside) /** @type {HTMLElement | null} */ (document.querySelector('#mode [data-do=lab]'))?.focus();
  }
  function heights(on) {
    equal = on;
    $('[data-do=plain]').setAttribute('aria-pressed', String(!on));
    $('[data-do=equal]').setAttribute('aria-pressed', String(on));
    show();
  }

  const actions = {
    close: () => open(false), analyse: () => order('begin'), stop: () => order('stop'),
    draw: () => desk.draw(), level: () => desk.level(),
    play: () => training.play(), others: () => training.others(), pictures: () => training.look(false), looks: () => training.look(true),
    race: () => race.race(), another: () => race.another(), plain: () => heights(false), equal: () => heights(true),
  };
  element.addEventListener('click', (event) => actions[event.target.closest('[data-do]')?.dataset.do]?.());
  document.addEventListener('lab', () => open(panel.hidden));
  document.addEventListener('lab-beside', ({ detail }) => open(detail, true));
  document.addEventListener('lessons-open', ({ detail }) => { if (detail) open(false); });
  document.addEventListener('keydown', (event) => {
    const others = 'dialog[open], .gl-tip:popover-open, #main[data-present]';
    if (event.key === 'Escape' && !panel.hidden && !document.querySelector(others)) open(false);
  });
}
