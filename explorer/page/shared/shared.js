// What every script of the page begins with: each runs in a function of its own.
const SILENT = 'No answer from the program. Is it still running?';
const $ = (selector) => element.querySelector(selector);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
// What went wrong: the server's reason, or that it says nothing.
const lost = (answer) => answer?.error || SILENT;
// A reason as a sentence, without the name of the function that gave it.
const words = (error) => error.replace(/^\w+: (.)/, (_, first) => first.toUpperCase()) + (/[.!?]$/.test(error) ? '' : '.');

function text(tag, content, name) {
  const node = document.createElement(tag);
  node.textContent = content;
  if (name) node.className = name;
  return node;
}

