// What a class answered: read from the students' files, in this browser alone, and shown without names.
import { text, within } from '../../shared/nodes.js';
import { COLUMNS } from './csv.js';

/** @typedef {Record<string, string>} Answer a row of a student's file */
/**
 * What a class said to one question.
 * @typedef {object} Asked
 * @property {string} lesson
 * @property {number} step
 * @property {string} kind guess (before trying) or question (after)
 * @property {string} question
 * @property {string[]} answers what was right: more than one where models differ
 * @property {number} students
 * @property {number} right how many of them
 * @property {[string, number][]} given what they said, the commonest first
 */

/**
 * The rows of a CSV file, as this page saves it or a spreadsheet saves it again. Throws with a sentence
 * where it is none.
 * @param {string} content
 * @returns {Answer[]}
 */
export function answersIn(content) {
  const first = content.split(/\r?\n/, 1)[0], separator = [',', ';', '\t'].find((s) => first.split(s).length >= COLUMNS.length) ?? ',';
  const [head, ...rows] = tableOf(content.replace(/^\ufeff/, ''), separator);
  const lacking = COLUMNS.filter((column) => !head?.includes(column));
  if (lacking.length) throw new Error(`no file of answers: there is no column ${lacking[0]}`);
  const plain = (cell) => cell.replace(/^'(?=[=+@\t\r-])/, '');  // see csv.js
  return rows.filter((row) => row.length >= COLUMNS.length).map((row) => Object.fromEntries(head.map((column, i) => [column, plain(row[i])])));
}

/** Cells of CSV (RFC 4180): quotes hold separators, line ends and doubled quotes. */
function tableOf(content, separator) {
  const rows = [];
  let row = [], cell = '', quoted = false;
  for (let i = 0; i < content.length; i++) {
    const c = content[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (content[i + 1] === '"') { cell += '"'; i++; }
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === separator || c === '\n') {
      row.push(cell);
      cell = '';
      if (c === '\n') { rows.push(row); row = []; }
    } else if (c !== '\r') cell += c;
  }
  if (cell || row.length) rows.push([...row, cell]);
  return rows;
}

/**
 * By question, in the lessons' order. A student (name and file) counts once for each: the first answer.
 * @param {Answer[][]} files
 * @returns {Asked[]}
 */
export function summaryOf(files) {
  /** @type {Map<string, Asked & { said: Map<string, number>, by: Set<string> }>} */
  const found = new Map();
  files.forEach((rows, file) => {
    for (const row of rows) {
      const key = [row.lesson, row.step, row.kind].join('\n'), who = `${file} ${row.name}`;
      const one = found.get(key) ?? { lesson: row.lesson, step: Number(row.step), kind: row.kind, question: row.question, answers: [], students: 0, right: 0, given: [], said: new Map(), by: new Set() };
      found.set(key, one);
      if (one.by.has(who)) continue;
      one.by.add(who);
      one.students++;
      if (row.right.toLowerCase() === 'true') one.right++;  // a spreadsheet writes it in capitals
      if (!one.answers.includes(row.answer)) one.answers.push(row.answer);
      one.said.set(row.given, (one.said.get(row.given) ?? 0) + 1);
    }
  });
  const order = [...new Set([...found.values()].map((one) => one.lesson))];
  return [...found.values()]
    .sort((a, b) => order.indexOf(a.lesson) - order.indexOf(b.lesson) || a.step - b.step || (a.kind < b.kind ? -1 : 1))
    .map(({ said, by, ...one }) => ({ ...one, given: [...said].sort((a, b) => b[1] - a[1]) }));
}

/**
 * The summary as nodes: a table for each lesson.
 * @param {Asked[]} asked
 */
export function drawn(asked) {
  return [...new Set(asked.map((one) => one.lesson))].flatMap((lesson) => {
    const table = document.createElement('table'), head = document.createElement('tr');
    head.append(...['Step', 'Asked', 'Right', 'Answer', 'Said most'].map((name) => { const th = text('th', name); th.scope = 'col'; return th; }));
    table.append(head, ...asked.filter((one) => one.lesson === lesson).map(lineOf));
    return [text('h3', lesson), table];
  });
}

/** @param {Asked} one */
function lineOf({ step, kind, question, answers, students, right, given }) {
  const line = document.createElement('tr'), share = document.createElement('td'), bar = document.createElement('meter');
  bar.max = students;
  bar.value = right;
  bar.setAttribute('aria-hidden', 'true');
  share.append(bar, text('span', `${right} of ${students}`));
  const said = given.slice(0, 3).map(([what, count]) => `${what} (${count})`).join('; ');
  line.append(text('td', step), text('td', `${kind === 'guess' ? 'Guess: ' : ''}${question}`), share, text('td', answers.join(' or ')), text('td', said));
  return line;
}

/**
 * The teacher's part of the list of lessons: files are chosen, their summary is shown.
 * @param {HTMLElement} element
 */
export function summaryIn(element) {
  const $ = within(element), chosen = $('.ls-all [type=file]');
  // One that cannot be read is named, and the others count.
  async function gather(files) {
    const read = [], wrong = [];
    for (const file of files) {
      try { read.push(answersIn(await file.text())); } catch (error) { wrong.push(`${file.name}: ${error.message}.`); }
    }
    const asked = summaryOf(read), says = [...wrong, ...(read.length && !asked.length ? ['There are no answers in these files.'] : [])];
    $('.ls-gathered').textContent = says.join(' ');
    if (!asked.length) return;
    const most = Math.max(...asked.map((one) => one.students)), all = asked.reduce((sum, one) => sum + one.students, 0);
    const right = asked.reduce((sum, one) => sum + one.right, 0);
    $('.ls-summary > p').textContent = `${read.length} ${read.length === 1 ? 'file' : 'files'}, up to ${most} ${most === 1 ? 'student' : 'students'} a question, ${right} of ${all} answers right.${wrong.length ? ` ${wrong.length} could not be read.` : ''}`;
    $('.ls-summary > div').replaceChildren(...drawn(asked));
    $('.ls-summary').showModal();
  }
  chosen.addEventListener('change', async () => { await gather([...chosen.files]); chosen.value = ''; });
  return { choose: () => chosen.click(), shut: () => $('.ls-summary').close() };
}
