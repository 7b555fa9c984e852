// A student's answers as a table for spreadsheets.

export const COLUMNS = ['name', 'model', 'lesson', 'step', 'kind', 'question', 'given', 'answer', 'right', 'time'];

/** @param {unknown} value */
function cell(value) {
  const written = String(value ?? '');
  const safe = /^[=+@\t\r-]/.test(written) ? `'${written}` : written;  // no formula in a spreadsheet
  return `"${safe.replaceAll('"', '""')}"`;
}

/**
 * CSV with a byte order mark, by which Excel knows UTF-8.
 * @param {string} name the student's
 * @param {Record<string, unknown>[]} answers
 */
export function csvOf(name, answers) {
  const rows = answers.map((a) => COLUMNS.map((c) => cell(c === 'name' ? name : a[c])).join(','));
  return `\ufeff${[COLUMNS.join(','), ...rows].join('\r\n')}\r\n`;
}
