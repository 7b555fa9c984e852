// A question of a lesson: choices as radio buttons, or a number.
import { text } from '../../shared/nodes.js';

/**
 * @param {HTMLFormElement} box is filled and shown
 * @param {{ ask: string, choices: string[], unit: string }} question
 * @param {string} button its word
 * @param {(given: number) => unknown} answered false, or a promise of it, where the program could not
 *   take it: it may be given again
 */
export function form(box, question, button, answered) {
  const group = document.createElement('fieldset'), go_ = text('button', button, 'go'), said = text('div', '', 'ls-said');
  group.append(text('legend', question.ask));
  said.setAttribute('role', 'status');
  question.choices.forEach((choice, i) => {
    const label = document.createElement('label'), input = document.createElement('input');
    Object.assign(input, { type: 'radio', name: box.className, value: i, required: true });
    label.append(input, choice);
    group.append(label);
  });
  if (!question.choices.length) {
    const label = text('label', ''), input = document.createElement('input');
    Object.assign(input, { type: 'number', step: 'any', required: true });
    input.setAttribute('aria-label', question.ask);
    label.append(input, question.unit);
    group.append(label);
  }
  box.replaceChildren(group, go_, said);
  box.hidden = false;
  box.onsubmit = async (event) => {
    event.preventDefault();
    const chosen = question.choices.length ? group.querySelector(':checked') : group.querySelector('input');
    const given = Number(chosen.value);
    const controls = [...group.querySelectorAll('input'), go_];
    for (const control of controls) control.disabled = true;
    /** @type {HTMLElement} */ (box.closest('.ls-body')).focus({ preventScroll: true });
    if (await answered(given) === false) for (const control of controls) control.disabled = false;
  };
}
