// Single channels. The recipe holds those that are moved; a slider at 0 stays until it is removed.
// `layer` is the number in the list of the page: the layers first, then what each size paints.
import { lost, pause } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { signed } from '../../shared/decimals.js';
import { films } from '../../shared/films.js';
import { text, within } from '../../shared/nodes.js';

const MOST = 8;  // channels that are listed as the strongest

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const form = $('.ch-ask'), rows = $('.ch-rows'), status = $('.ch-status'), bar = $('progress');
  const table = $('.ch-found');
  let searching = null;

  props.layers.forEach(([name], i) => form.elements.layer.add(new Option(name, i)));
  form.elements.layer.value = Math.min(4, props.layers.length - 1);
  $('.ch-told').textContent = props.told && `Change: on the smallest picture that shows the channel. What it changes: ${props.told[0].toLowerCase()}${props.told.slice(1)}`;
  const word = (layer, channel) => `${props.layers[layer][0]}, channel ${channel + 1}`;
  // As recipes name it, and back.
  const named = (layer, channel) => {
    const [, , number, rgb] = props.layers[layer];
    return rgb ? { layer: number, channel, rgb } : { layer: number, channel };
  };
  const listed = (c) => props.layers.findIndex(([, , number, rgb]) => number === c.layer && rgb === Boolean(c.rgb));
  const keyOf = (c) => `${listed(c)}-${c.channel}`;
  const find = (layer, channel) => rows.querySelector(`[data-key="${layer}-${channel}"]`);

  function limit() { form.elements.channel.max = props.layers[form.elements.layer.value][1]; }

  function move(layer, channel, strength) {
    const others = brain.recipe.channels.filter((c) => keyOf(c) !== `${layer}-${channel}`);
    brain.set('channels', strength === 0 ? others : [...others, { ...named(layer, channel), strength }]);
  }

  function line(layer, channel) {
    const row = $('template').content.firstElementChild.cloneNode(true);
    const slider = row.querySelector('[type=range]'), box = row.querySelector('[type=number]');
    row.dataset.key = `${layer}-${channel}`;
    slider.id = `channel-${layer}-${channel}`;
    row.querySelector('.dr-name').htmlFor = slider.id;
    row.querySelector('.dr-name').textContent = word(layer, channel);
    box.setAttribute('aria-label', `${word(layer, channel)}, standard deviations`);
    const zero = () => { slider.value = box.value = 0; move(layer, channel, 0); };
    slider.addEventListener('input', () => { box.value = slider.value; move(layer, channel, Number(slider.value)); });
    slider.addEventListener('dblclick', zero);
    box.addEventListener('input', () => {
      if (box.value === '' || !box.checkValidity()) return;
      slider.value = box.value;
      move(layer, channel, Number(box.value));
    });
    row.addEventListener('click', async (event) => {
      const what = event.target.dataset.do;
      if (what === 'zero') zero();
      if (what === 'remove') { move(layer, channel, 0); row.remove(); form.querySelector('button').focus(); }
      if (what === 'film') film(row, layer, channel);
    });
    rows.append(row);
    return row;
  }

  async function film(row, layer, channel) {
    const box = row.querySelector('.dr-film');
    if (!box.hidden) { box.hidden = true; return; }
    const recipe = brain.recipe;
    const answer = await server.channel_film({ recipe, ...named(layer, channel) }).catch(() => undefined);
    if (!answer?.src) { status.textContent = lost(answer); return; }
    unroll(row, answer, `This brain from -9 to +9 standard deviations of ${word(layer, channel)}`, recipe);
  }

  // A film depends on all but its own channel.
  const unroll = films(rows, (recipe, key) => JSON.stringify(
    { ...recipe, channels: recipe.channels.filter((c) => keyOf(c) !== key) }));

  // Sliders show the recipe; those that it no longer moves go to 0.
  function sync() {
    const now = brain.recipe.channels;
    for (const row of rows.children) {
      for (const input of row.querySelectorAll('input')) if (input.type === 'range' || input !== document.activeElement) input.value = 0;
    }
    for (const c of now) {
      const layer = listed(c), { channel, strength } = c;
      if (layer < 0) continue;  // refused by the server in words
      const row = find(layer, channel) || line(layer, channel);
      for (const input of row.querySelectorAll('input')) input.value = strength;
    }
  }

  form.elements.layer.addEventListener('change', limit);
  const add = (layer, channel) => (find(layer, channel) || line(layer, channel)).querySelector('input').focus();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    add(Number(form.elements.layer.value), Number(form.elements.channel.value) - 1);
  });
  document.addEventListener('turn', ({ detail }) => add(listed(detail), detail.channel));

  function list(layer, found) {
    table.tBodies[0].replaceChildren(...found.map(({ channel, change }) => {
      const tr = document.createElement('tr'), name = text('th', channel + 1), cell = document.createElement('td');
      const button = text('button', 'Try');
      name.scope = 'row';
      button.title = 'Move this channel by +3';
      button.setAttribute('aria-label', `Try ${word(layer, channel)}`);
      button.addEventListener('click', () => { move(layer, channel, 3); sync(); });
      cell.append(button);
      tr.append(name, text('td', change.toFixed(1)), text('td', '…'), cell);
      return tr;
    }));
    table.hidden = !found.length;
  }

  // First every channel's change of the picture, a few at a time; then what the strongest ones change.
  async function search() {
    const mine = {}, layer = Number(form.elements.layer.value), of = props.layers[layer][1];
    const still = () => searching === mine;
    const ask = async (name, channel) => {
      while (still()) {
        const answer = await server[name](named(layer, channel)).catch(() => undefined);
        if (answer && !answer.error) return answer;
        status.textContent = lost(answer);
        if (!answer?.again) return null;
        await pause(2000);
      }
      return null;
    };
    searching = mine;
    let found = [];
    bar.max = of + MOST;
    bar.hidden = false;
    $('[data-do=find]').textContent = 'Stop';
    while (still() && found.length < of) {
      status.textContent = `Trying channel ${found.length + 1} of ${of} …`;
      const answer = await ask('channel_changes', found.length);
      if (!answer) break;
      found.push(...answer.rows);
      bar.value = found.length;
    }
    const whole = found.length === of;
    found = found.sort((a, b) => b.change - a.change).slice(0, MOST);
    if (still() && whole) {
      list(layer, found);
      for (let i = 0; i < found.length && still(); i++) {
        status.textContent = `Measuring what number ${i + 1} of ${found.length} changes …`;
        const answer = await ask('channel_receipt', found[i].channel);
        if (!answer) break;
        const { most } = answer;
        table.tBodies[0].rows[i].cells[2].textContent = answer.says
          + (most ? `; most: ${most.name} ${signed(most.effect, 2)} SD, ${Math.round(100 * most.agreement)} % agree` : '');
        bar.value = of + i + 1;
        if (i + 1 === found.length) status.textContent = '';
      }
    }
    if (still()) stop();
  }
  function stop() {
    searching = null;
    bar.hidden = true;
    $('[data-do=find]').textContent = 'Find the strongest';
  }
  $('[data-do=find]').addEventListener('click', () => {
    if (searching) { stop(); status.textContent = 'Stopped.'; } else search();
  });

  document.addEventListener('restored', sync);
  limit();
  sync();
}
