// Asking the program: what the page says where an answer is missing, and how it waits.

export const SILENT = 'No answer from the program. Is it still running?';
const FRESH = 2000;  // ms for which a refusal explains a missing answer

// A program that many share refuses some requests, with a sentence. Gradio tells the page only that
// there was no answer, so the sentence is read on its way.
let refusal = '', refused = -FRESH;
const plain = window.fetch;
window.fetch = async (...asked) => {
  const answer = await plain.call(window, ...asked);
  if ([401, 403, 413, 429, 500, 503].includes(answer.status)) {
    const told = await answer.clone().json().catch(() => undefined);
    if (typeof told?.error === 'string') { refusal = told.error; refused = performance.now(); }
  }
  return answer;
};

/** @param {number} ms */
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * What went wrong: the server's reason, or that it says nothing.
 * @param {{ error?: string } | undefined} [answer]
 * @returns {string}
 */
export const lost = (answer) => answer?.error
  || (performance.now() - refused < FRESH ? refusal : SILENT);

/**
 * A reason as a sentence, without the name of the function that gave it.
 * @param {string} error
 */
export const words = (error) => error.replace(/^\w+: (.)/, (_, first) => first.toUpperCase())
  + (/[.!?]$/.test(error) ? '' : '.');
