// Another model has another page: its layers, classes and directions differ.
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props }) {
  const $ = within(element);
  const select = $('select');
  for (const { path, name, here } of props.value) select.add(new Option(name, path, here, here));
  $('.choose').hidden = props.value.length < 2;
  const here = props.value.find((choice) => choice.here).path;
  select.addEventListener('change', () => {
    const { version, seed, psi } = brain.left();
    const base = location.pathname.slice(0, location.pathname.length - here.length);
    location.assign(`${base}${select.value}${brain.hash({ version, seed, psi })}`);
  });
}
