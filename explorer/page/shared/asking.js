// Asking the program: what the page says where an answer is missing, and how it waits.

export const SILENT = 'No answer from the program. Is it still running?';

/** @param {number} ms */
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * What went wrong: the server's reason, or that it says nothing.
 * @param {{ error?: string } | undefined} answer
 * @returns {string}
 */
export const lost = (answer) => answer?.error || SILENT;

/**
 * A reason as a sentence, without the name of the function that gave it.
 * @param {string} error
 */
export const words = (error) => error.replace(/^\w+: (.)/, (_, first) => first.toUpperCase())
  + (/[.!?]$/.test(error) ? '' : '.');
