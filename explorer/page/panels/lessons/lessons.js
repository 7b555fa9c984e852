// Lessons. The server knows texts, checks and answers; here is what a student has said and done. A
// lesson sets the recipe and nothing else, and on leaving it is what it was.
import { lost, pause } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { download, text, within } from '../../shared/nodes.js';
import { same } from '../../shared/recipe.js';
import { csvOf } from './csv.js';
import { form } from './form.js';
import { summaryIn } from './summary.js';

const KEPT = 'stylegan2-brain-explorer-lessons', MOST_TRAIL = 40;
const SHOWN = 900, PATIENCE = 30_000;  // milliseconds: for each picture, and for a task to be done

// Answers, in this window only.
function memory() { try { return JSON.parse(sessionStorage.getItem(KEPT)) || { name: '', answers: {} }; } catch { return { name: '', answers: {} }; } }

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  $('.ls-told').textContent = props.told;
  const panel = $('.ls'), main = /** @type {HTMLElement} */ (document.querySelector('#main'));
  let lesson = null, number = 0, step = null, before = null, turn = 0;
  let trail = [], guess = null, revealed = false, failed = false, answered = false, helped = false, checks = [], watching = false, again = false;
  /** @type {Promise<void>} once what came of the task is told */
  let told = Promise.resolve();
  const titles = {};

  // Until the model's brains are measured the server asks for patience.
  async function ask(name, posted, mine = turn) {
    for (;;) {
      const answer = await server[name](posted).catch(() => undefined);
      if (!answer?.again || mine !== turn) return answer ?? { error: lost() };
      $('.ls-wait').textContent = answer.error;
      await pause(2000);
    }
  }

  function remember(change) {
    const all = memory();
    change(all);
    try { sessionStorage.setItem(KEPT, JSON.stringify(all)); } catch { /* lost with the page, then */ }
    count();
  }
  function count() {
    const { answers } = memory(), all = Object.values(answers);
    $('.ls-count').textContent = all.length ? `${all.length} answers, ${all.filter((a) => a.right).length} of them right.` : 'No answers yet.';
    for (const item of $('.ls-list').children) {
      const mine = all.filter((a) => a.key === item.dataset.key && a.kind === 'question');
      item.querySelector('.ls-mine').textContent = mine.length ? ` · ${mine.filter((a) => a.right).length} of ${mine.length} right` : '';
    }
  }
  function note(kind, question, given, verdict) {
    const { key, title } = lesson;
    remember(({ answers }) => {
      answers[`${props.model}/${key}/${number}/${kind}`] ??= {  // the first answer counts
        key, lesson: title, step: number + 1, kind, question, given, answer: verdict.answer,
        right: verdict.right, model: props.model, time: new Date().toISOString(),
      };
    });
  }
  const fileOf = (name) => `lesson-answers${name ? `-${name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 40)}` : ''}.csv`;
  function save() {
    const { name, answers } = memory();
    download(new Blob([csvOf(name, Object.values(answers))], { type: 'text/csv' }), fileOf(name));
  }

  // Where the step is: tab, source, what Basic must show, and the mark.
  const tabOf = (name) => [...document.querySelectorAll('[role=tab]')].find((t) => t.textContent.trim() === name);
  function point(place) {
    mark(null);
    main.querySelector('#readings').scrollTop = 0;  // the step before may have led further down
    const { tab, press, at, parts, lab } = props.places[place] ?? { press: [], parts: [] };
    const doing = props.places[step?.task?.place] ?? { parts: [] };
    document.dispatchEvent(new CustomEvent('unlock', { detail: [tab, doing.tab, ...parts, ...doing.parts].filter(Boolean) }));
    document.dispatchEvent(new CustomEvent('lab-beside', { detail: Boolean(lab) }));
    if (tab) tabOf(tab)?.click();
    if (at) arrive(at, press, lab);
  }
  async function arrive(at, press, lab) {
    const mine = turn, end = Date.now() + PATIENCE;
    await pause(150);  // a tab is drawn when it is opened
    while (lab && mine === turn && !visible(at) && Date.now() < end) await pause(200);  // and the lab asks for its figures
    if (mine !== turn) return;
    for (const selector of press) document.querySelector(selector)?.click();
    ring();
    // What lies above in the lab is still being filled, and pushes it away.
    for (let i = 0; lab && i < 12 && mine === turn; i++) { lead('start'); await pause(250); }
  }
  // The step's place; or while a task is to be done its own, or the tab where that is.
  function ring() {
    const doing = step.task?.place && !$('.ls-task').hidden && !revealed;
    const { at, tab } = props.places[doing ? step.task.place : step.place];
    mark(doing && !seen(step.task.place) && tab ? tabOf(tab) : document.querySelector(at));
  }
  function mark(node) {
    const marked = document.querySelector('.ls-here');
    if (unanswered() || !node) asked(node);
    if (marked === node) return;
    marked?.classList.remove('ls-here');
    node?.classList.add('ls-here');
    lead();
  }
  /** The lab's card that a step asks about says nothing of it before the answer. */
  function asked(node) {
    document.querySelector('.lb-asked')?.classList.remove('lb-asked');
    if (step?.predict || step?.question) node?.closest('.lb-card')?.classList.add('lb-asked');
  }
  /** @param {ScrollLogicalPosition} [block] */
  function lead(block = 'nearest') {
    const smooth = block === 'nearest' && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    document.querySelector('.ls-here')?.scrollIntoView({ block, behavior: smooth ? 'smooth' : 'auto' });
  }
  const visible = (selector) => Boolean(document.querySelector(selector)?.getClientRects().length);
  const seen = (place) => visible(props.places[place].at);

  async function open(key, at = 0) {
    const found = props.lessons.find((l) => l.key === key);
    if (!found) return;
    before ??= { recipe: brain.recipe, tab: document.querySelector('[role=tab][aria-selected=true]')?.textContent.trim(),
      source: document.querySelector('.dr-tabs [aria-pressed=true]')?.dataset.source };
    lesson = found;
    await go(at);
  }

  async function go(to) {
    const mine = ++turn;
    fold(false);
    number = to;
    step = null; guess = null; revealed = failed = helped = answered = false; checks = [];
    $('.ls-all').hidden = true;
    $('.ls-step').hidden = $('.ls-nav').hidden = false;
    main.dataset.lesson = 'step';
    $('.ls-where').textContent = `${lesson.title} · ${number + 1}\u00a0of\u00a0${lesson.steps}`;
    $('.ls-progress').hidden = false;
    $('.ls-progress').value = (number + 1) / lesson.steps;
    for (const name of ['.ls-predict', '.ls-task', '.ls-explain', '.ls-question']) $(name).hidden = true;
    $('.ls-text').replaceChildren();
    $('.ls-done').textContent = '';
    $('.ls-title').textContent = titles[`${lesson.key}/${number}`] ?? '…';
    $('.ls-wait').textContent = 'Measuring this model …';
    nav();
    const found = await ask('step', { lesson: lesson.key, step: number }, mine);
    if (mine !== turn) return;
    $('.ls-wait').textContent = found.error ?? found.lacks ?? '';
    if (found.error) return;
    step = found;
    titles[`${lesson.key}/${number}`] = step.title;
    $('.ls-title').textContent = step.title;
    $('.ls-text').replaceChildren(...step.paragraphs.map((p) => text('p', p)));
    if (step.recipe) brain.restore({ ...step.recipe, model: null });
    trail = [step.recipe ?? brain.recipe];
    if (step.place) point(step.place); else point(null);
    if (step.predict) form($('.ls-predict'), step.predict, 'My guess', (given) => {
      guess = given;
      $('.ls-predict').replaceChildren(text('p', `${step.predict.ask} Your guess: `), text('strong', step.predict.choices[given]));
      $('.ls-done').textContent = step.task ? 'Noted. Now try it.' : '';
      settle();
      if (step.task) read($('.ls-task'));
    });
    if (step.task) {
      $('.ls-task p').textContent = step.task.says;
      $('.ls-task ul').replaceChildren();
      watch();
    }
    settle();
    $('.ls-body').scrollTop = 0;
    $('.ls-title').focus({ preventScroll: true });
    const ahead = number + 1;  // measured while this one is read
    if (ahead < lesson.steps) server.step({ lesson: lesson.key, step: ahead }).catch(() => undefined);
  }

  // What may be seen now: task after the guess, explanation after both, then the question.
  const guessed = () => !step.predict || guess !== null || helped;
  const unanswered = () => (step?.question ? !answered : !revealed);
  const done = () => !step.task || (checks.length > 0 && checks.every((c) => c.done));
  function settle() {
    $('.ls-task').hidden = !step.task || !guessed();
    if (step.task?.place) ring();
    if (!step.lacks && guessed() && done() && !revealed) told = reveal(Boolean(step.task));
    nav();
  }
  async function reveal(announce) {
    revealed = true;
    failed = false;
    if (!step.question) asked(null);
    if (step.task?.place) ring();
    const mine = turn;
    $('.ls-done').textContent = !announce ? '' : helped ? 'Shown ✓' : 'Done ✓';
    nav();
    const found = step.explains || step.predict ? await ask('explain', { lesson: lesson.key, step: number, guess }, mine) : { paragraphs: [] };
    if (mine !== turn) return;
    if (found.error) { $('.ls-wait').textContent = found.error; failed = true; nav(); return; }
    $('.ls-wait').textContent = '';
    $('.ls-verdict').replaceChildren(...(found.verdict ? verdict(found.verdict, 'Your guess was right.', 'Not quite. Correct answer') : []));
    if (found.verdict && guess !== null) note('guess', step.predict.ask, step.predict.choices[guess], found.verdict);
    $('.ls-explain > :last-child').replaceChildren(...found.paragraphs.map((p) => text('p', p)));
    $('.ls-explain').hidden = !found.paragraphs.length && !found.verdict;
    if (step.question) form($('.ls-question'), step.question, 'Answer', async (given) => {
      const box = $('.ls-question .ls-said');
      box.textContent = 'Measuring …';
      const judged = await ask('answer', { lesson: lesson.key, step: number, given }, mine);
      if (mine !== turn) return true;
      if (judged.error) { box.textContent = judged.error; return false; }
      note('question', step.question.ask, step.question.choices.length ? step.question.choices[given] : given, judged);
      box.replaceChildren(...verdict(judged, 'Right.', 'Not quite. Correct answer'));
      answered = true;
      asked(null);
      read(box);
      return true;
    });
    nav();
    read($('.ls-explain').hidden ? $('.ls-question') : $('.ls-explain'));
  }
  // Only within the lesson: the page itself stays where it is.
  function read(part) {
    const body = $('.ls-body'), top = part.getBoundingClientRect().top - body.getBoundingClientRect().top;
    const below = part.getBoundingClientRect().bottom - body.getBoundingClientRect().bottom;
    if (below > 0) body.scrollTop += Math.min(top - 8, below + 8);
  }
  function verdict({ right, answer, measured }, yes, no) {
    const list = document.createElement('ul');
    list.append(...measured.map((m) => text('li', m)));
    if (right === null) return [text('p', `Answer: ${answer}.`), list];
    return [text('p', right ? `✓ ${yes}${measured.length ? '' : ` Measured: ${answer}.`}` : `✗ ${no}: ${answer}.`, right ? 'ls-right' : 'ls-wrong'), ...(measured.length ? [list] : [])];
  }

  function nav() {
    $('[data-do=back]').disabled = number === 0;
    const last = number + 1 >= lesson.steps;
    $('[data-do=next]').textContent = last ? 'Finish' : 'Next';
    $('[data-do=next]').classList.toggle('go', !step || (revealed && !failed) || Boolean(step?.lacks));
    $('[data-do=reveal]').textContent = failed ? 'Try again' : 'Show me';
    $('[data-do=reveal]').hidden = !step || Boolean(step.lacks) || ((revealed || helped) && !failed);
  }

  // "Show me": the task is done before the student's eyes, then what comes of it is told.
  async function help() {
    const mine = turn, { shown = [], see = [] } = step.task ?? {};
    helped = true;
    $('.ls-predict').hidden ||= guess === null;
    $('.ls-done').textContent = step.task ? 'Watch the page.' : '';
    settle();
    for (const one of shown) {
      if (one !== shown[0]) await pause(SHOWN);
      if (mine !== turn) return;
      trail.push(one);
      brain.restore({ ...one, model: null });
    }
    watch();
    for (const place of see) {
      for (const selector of props.places[place].show) {
        if (mine !== turn || seen(place)) break;
        document.querySelector(selector)?.click();
        await pause(300);  // a menu opens
      }
    }
    // On a projector some places are not in sight: nobody waits for them.
    const patience = see.length && main.hasAttribute('data-present') ? SHOWN : PATIENCE;
    for (const end = Date.now() + patience; !revealed && Date.now() < end;) {
      await pause(100);
      if (mine !== turn) return;
    }
    if (!revealed) told = reveal(false);
    await told;
    if (mine !== turn) return;
    if (see.length && seen(see[0])) mark(document.querySelector(props.places[see[0]].at));
    if (!document.querySelector('dialog[open]')) $('.ls-explain').focus({ preventScroll: true });
  }

  // The task: looked at whenever the hand rests, one request at a time.
  async function watch() {
    if (!step?.task) return;
    if (watching) { again = true; return; }
    watching = true;
    do {
      again = false;
      const mine = turn, { watch: measured, see } = step.task;
      const found = measured ? await ask('watch', { lesson: lesson.key, step: number, trail }, mine) : { checks: [] };
      if (mine !== turn || !step) continue;
      if (!found.checks) { $('.ls-wait').textContent = found.error; continue; }
      $('.ls-wait').textContent = '';
      checks = [...found.checks, ...see.map((place) => ({ done: seen(place), says: '' }))];
      $('.ls-task ul').replaceChildren(...checks.filter((c) => c.says).map((c) => text('li', `${c.done ? '✓' : '○'} ${c.says}`, c.done ? 'ls-right' : '')));
      settle();
    } while (again && step?.task);
    watching = false;
  }
  document.addEventListener('rest', ({ detail }) => {
    if (!lesson || !step || panel.hidden) return;
    if (!same(trail.at(-1), detail)) trail.push(detail);
    if (trail.length > MOST_TRAIL) trail.splice(1, 1);
    if (!revealed) watch();
  });
  setInterval(() => {  // what has to be seen may come without the picture changing
    if (lesson && !panel.hidden && step?.task?.see.length && !revealed && guessed() && step.task.see.every(seen)) watch();
  }, 700);

  function list() {
    turn++;
    fold(false);
    lesson = step = null;
    point(null);
    $('.ls-all').hidden = false;
    $('.ls-step').hidden = $('.ls-nav').hidden = $('.ls-progress').hidden = true;
    main.dataset.lesson = 'list';
    $('.ls-where').textContent = '';
    count();
    $('.ls-body').scrollTop = 0;
    $('.ls-all h2').focus({ preventScroll: true });
  }
  function fold(on) {  // on a phone, to a line with the task
    panel.classList.toggle('ls-folded', on);
    $('.ls-fold').setAttribute('aria-expanded', String(!on));
    $('.ls-fold').textContent = on ? '▴' : '▾';
  }
  function show(on) {
    panel.hidden = !on;
    if (on) main.dataset.lesson ??= 'list'; else delete main.dataset.lesson;
    if (on) panel.scrollIntoView({ block: 'nearest' });
    document.dispatchEvent(new CustomEvent('lessons-open', { detail: on }));
  }
  function leave() {
    const kept = before;
    list();
    before = null;
    show(false);
    if (kept) {
      brain.restore(kept.recipe);
      [...document.querySelectorAll('[role=tab]')].find((t) => t.textContent.trim() === kept.tab && t.offsetParent)?.click();
      if (kept.source) document.querySelector(`.dr-tabs [data-source=${kept.source}]`)?.click();
    }
    document.querySelector('#mode [data-do=lessons]')?.focus();
  }
  const summary = summaryIn(element);
  const actions = {
    gather: summary.choose, shut: summary.shut,
    fold() { fold(!panel.classList.contains('ls-folded')); lead(); },
    list,
    leave,
    back: () => go(number - 1),
    next: () => (number + 1 < lesson.steps ? go(number + 1) : list()),
    project() { document.dispatchEvent(new Event('present')); },
    reveal() { if (failed) told = reveal(Boolean(step.task)); else help(); },
    save,
    forget() {
      try { sessionStorage.removeItem(KEPT); } catch { /* nothing was kept */ }
      $('[name=name]').value = '';
      count();
    },
  };
  element.addEventListener('click', (event) => {
    const what = event.target.closest('[data-do]')?.dataset.do;
    if (what) actions[what]();
  });
  document.addEventListener('lesson-step', ({ detail }) => {
    if (number + detail >= 0 && number + detail < lesson.steps) go(number + detail);
  });
  document.addEventListener('present-open', ({ detail: on }) => {
    if (!lesson) return;
    fold(false);
    lead(on ? 'start' : 'nearest');
    if (on) $('.ls-title').focus({ preventScroll: true });
  });
  document.addEventListener('lessons', () => { if (panel.hidden) { show(true); list(); } else leave(); });

  props.lessons.forEach((one) => {
    const item = document.createElement('li'), button = text('button', one.title);
    item.dataset.key = one.key;
    button.addEventListener('click', () => open(one.key));
    item.append(button, text('span', `${one.about} `), text('small', `${one.minutes} min, ${one.steps} steps`), text('small', '', 'ls-mine'));
    $('.ls-list').append(item);
  });
  $('[name=name]').value = memory().name;
  $('[name=name]').addEventListener('input', (event) => remember((all) => { all.name = event.target.value; }));
  count();
  // A link may open one: ?lesson=NAME, as the lesson's file is called.
  const wanted = new URLSearchParams(location.search).get('lesson');
  if (wanted) document.addEventListener('rest', () => { if (panel.hidden && !before) { show(true); open(wanted); } }, { once: true });
}
