// The race of one brain: a way after the other, each asked for by itself, so that pictures come as they
// are made and a newer race ends an older one.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { decimal, signed } from '../../shared/decimals.js';
import { text, within } from '../../shared/nodes.js';
import { ofSeed, placeOn } from '../../shared/recipe.js';
import { dotsIn } from './dots.js';

const MOST = 2;  // SD: a bar's full length
const SEEDS = 1_000_000, MOST_TRIED = 20;
const sd = (x) => `${signed(x, 2)} SD`;

/**
 * A measurement's race.
 * @typedef {object} Race
 * @property {string} key
 * @property {string} name
 * @property {string[]} ways
 * @property {Record<string, string>} named
 * @property {string[]} others names of what else is measured
 * @property {number} brains
 * @property {import('./dots.js').Reading[]} readings
 */

/**
 * @param {import('../../shared/part.js').Part} part
 * @param {(card: HTMLElement, claim: any) => void} tell writes a claim into a card
 */
export function raceIn({ element, server }, tell) {
  const $ = within(element), card = $('[data-card=race]'), select = $('[name=lb-key]'), lanes = $('.lb-lanes');
  const chart = dotsIn(card.querySelector('figure'), 'What else moves, by way');
  const say = (words) => { $('.lb-running').textContent = words; };
  /** @type {Race[]} */
  let races = [];
  let run = 0, racer = null;
  /** What each lane puts on the stage. @type {Record<string, any>} */
  let kept = {};

  const chosen = () => races.find((race) => race.key === select.value);

  // The brain of the seed on the stage; the one before where that is no seed's.
  function stage() {
    if (!racer || ofSeed(brain.now)) racer = brain.left();
  }

  const drawn = () => ({ ...brain.left(), seed: Math.floor(Math.random() * SEEDS) });

  function lane(way, race) {
    const item = document.createElement('li'), figure = document.createElement('figure'), image = document.createElement('img');
    const caption = document.createElement('figcaption'), use = text('button', 'Use this brain');
    item.className = 'lb-lane';
    item.dataset.way = way ?? 'before';
    image.alt = way ? `The brain changed through ${way}` : 'The brain before';
    caption.append(text('strong', way ?? 'Before'), ` ${way ? named(race.named[way], way) : 'seed'}`);
    figure.append(image, caption);
    use.dataset.use = item.dataset.way;
    use.disabled = true;
    use.setAttribute('aria-label', way ? `Use the brain changed through ${way}` : 'Use the brain before');
    item.append(figure, text('div', '', 'lb-came'));
    const list = document.createElement('ul');
    list.className = 'lb-moves';
    list.setAttribute('aria-label', way ? `What else moved through ${way}` : '');
    if (way) {
      for (const name of race.others) {
        const line = document.createElement('li');
        line.append(text('span', name), text('i', ''), text('output', ''));
        list.append(line);
      }
      item.append(list);
    }
    item.append(use);
    if (!way) item.append(text('p', 'Bars: how far everything else moved with it. A bar to the edge is 2 SD or more.', 'lb-key'));
    return item;
  }
  const named = (name, way) => name.replace(way, '').replace(/^, /, '').trim() || { Z: 'then mapped to w', W: 'all layers' }[way] || '';

  function fill(item, way, race, answer) {
    item.querySelector('img').src = answer.src;
    item.querySelector('button').disabled = false;
    if (!way) return;
    const { change, reached, leak, others } = answer;
    item.querySelector('.lb-came').textContent = `${reached ? '✓' : '✗'} ${race.name} ${sd(change)}${leak === null ? '' : `, leak ${leak.toFixed(2)}`}`;
    item.querySelector('img').alt = `The brain changed through ${way}: ${race.name.toLowerCase()} ${sd(change)}`;
    others.forEach(({ value }, i) => {
      const line = item.querySelector('.lb-moves').children[i], bar = line.querySelector('i');
      line.querySelector('output').textContent = value === null ? 'unknown' : signed(value, 2);
      bar.style.setProperty('--size', String(Math.min(1, Math.abs(value ?? 0) / MOST)));
      bar.className = value < 0 ? 'lb-less' : 'lb-more';
    });
  }

  function clear() {
    const race = chosen();
    kept = {};
    if (race) lanes.replaceChildren(...[null, ...race.ways].map((way) => lane(way, race)));
  }

  /** @param {() => any} [next] another brain where the measurement fails on the first */
  async function go(next) {
    const mine = ++run, race = chosen();
    if (!race || !racer) return;
    clear();
    const ask = (way) => server.race({ recipe: racer, key: race.key, way }).catch(() => undefined);
    const node = (way) => lanes.querySelector(`[data-way="${way}"]`);
    say('Measuring the brain …');
    let first = await ask(null);
    for (let i = 1; next && i < MOST_TRIED && mine === run && first?.measured === false; i++) {
      racer = next();
      first = await ask(null);
    }
    if (mine !== run) return;
    if (!first?.src) { idle(lost(first)); return; }
    const there = brain.scale ? `, ${brain.scale.name.toLowerCase()} ${decimal(placeOn(racer, brain.scale), 1)}` : '';
    const instead = next || ofSeed(brain.now) ? '' : '. The brain on the stage has no z, so this one runs';
    $('.lb-racer').textContent = `Seed ${racer.seed}, ψ 1, without edits${there}${instead}`;
    node('before').querySelector('figcaption').lastChild.textContent = ` seed ${racer.seed}`;
    kept.before = { ...brain.start(racer), psi: 1 };
    fill(node('before'), null, race, first);
    if (!first.measured) { idle(`${race.name} cannot be measured on this brain; race another.`); return; }
    for (const way of race.ways) {
      say(`Racing through ${way} …`);
      const answer = await ask(way);
      if (mine !== run) return;
      if (!answer?.src) { idle(lost(answer)); return; }
      kept[way] = answer.recipe;
      fill(node(way), way, race, answer);
    }
    say('All have run.');
  }
  function idle(why) {
    say(why.replace(/^race: (.)/, (_, first) => first.toUpperCase()));
    for (const image of lanes.querySelectorAll('img:not([src])')) image.parentElement.classList.add('lb-none');
  }

  function show() {
    const race = chosen();
    if (!race) return;
    tell(card, race);
    card.querySelector('.lb-over').textContent = `The same over ${race.brains} other brains`;
    chart.show({
      rows: race.readings.map((r) => ({ label: race.named[r.of], readings: [r] })),
      title: 'mean leak (SD for 1 SD)',
    });
  }

  function use(way, button) {
    brain.restore({ ...structuredClone(kept[way]), model: null }, 'from the lab');
    for (const other of lanes.querySelectorAll('[data-use]')) other.textContent = 'Use this brain';
    button.textContent = 'On the stage ✓';
    say(`On the stage: ${way === 'before' ? 'the brain before' : `the brain changed through ${way}`}.${document.querySelector('#picture').checkVisibility() ? '' : ' Close the lab to see it.'}`);
  }

  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-use]');
    if (button) use(button.dataset.use, button);
  });
  select.addEventListener('change', () => { show(); go(); });

  return {
    /** @param {Race[]} next all that there are now */
    list(next) {
      const before = select.value, fresh = !races.length && next.length;
      races = next;
      select.replaceChildren(...races.map((race) => new Option(race.name, race.key)));
      if (races.some((race) => race.key === before)) select.value = before;
      for (const control of card.querySelectorAll('.lb-choose select, .lb-choose button')) control.disabled = !races.length;
      show();
      if (!fresh) return;
      stage();
      go();
    },
    race() { stage(); go(); },
    another() { racer = drawn(); go(drawn); },
  };
}
