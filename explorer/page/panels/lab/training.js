// The time machine: the same seeds at every moment that was kept of a training, what its discriminator
// says of them, and when each size of a brain was decided. One request at a time; newest wins.
import { lost, words } from '../../shared/asking.js';
import { chartIn } from '../../shared/charts.js';
import { decimal, signed } from '../../shared/decimals.js';
import { text, within } from '../../shared/nodes.js';

const SHOWN = 8, SEEDS = 1_000_000, TURN = 450;  // brains, and ms of a moment while it plays
// Coarsest first, on white and on black; dashes, so that colour is not all.
const INKS = [['#0d9488', '#2dd4bf', 'solid'], ['#2563eb', '#60a5fa', 'dash'], ['#7c3aed', '#a78bfa', 'dashdot'],
  ['#b45309', '#fbbf24', 'dot'], ['#be123c', '#fb7185', 'longdash'], ['#475569', '#cbd5e1', 'longdashdot']];
const thousands = (kimg) => `${decimal(kimg, kimg < 10 && kimg ? 1 : 0)} thousand`;

/**
 * @param {import('../../shared/part.js').Part} part
 * @param {(card: HTMLElement, claim: any) => void} tell writes a claim into a card
 */
export function trainingIn({ element, server }, tell) {
  const $ = within(element), card = $('[data-card=training]'), list = $('.lb-brains');
  const when = $('[name=lb-moment]'), step = $('[name=lb-step]');
  const charts = {
    decided: chartIn($('[data-chart=decided]'), { name: 'Correlation with the finished brain', figure: decided }),
    verdicts: chartIn($('[data-chart=verdicts]'), { name: 'What the discriminator says', figure: verdicts }),
  };
  let all = null, seeds = Array.from({ length: SHOWN }, (_, i) => i), looks = false, playing = 0;
  let busy = false, wanted = false;
  /** Of each brain. @type {{ src: string, verdict?: number, looks?: string }[]} */
  let shown = [];

  const kimg = () => all.moments[Number(when.value)];
  const say = (what) => { $('.lb-moment').textContent = what; };

  function cells() {
    list.replaceChildren(...seeds.map((seed) => {
      const item = document.createElement('li'), image = document.createElement('img');
      image.alt = '';
      item.append(image, text('span', `seed ${seed}`), text('output', ''));
      return item;
    }));
  }
  function draw() {
    const images = all.moments.length && shown.length === seeds.length;
    for (const [i, item] of [...list.children].entries()) {
      if (!images) continue;
      const { src, verdict, looks: map } = shown[i], image = item.querySelector('img'), out = item.querySelector('output');
      image.src = looks && map ? map : src;
      image.alt = `Seed ${seeds[i]} after ${thousands(kimg())} images${looks && map ? ': where the discriminator looks' : ''}`;
      out.textContent = verdict === undefined ? '' : `${verdict > 0 ? 'real' : 'generated'} ${decimal(verdict, 1)}`;
      out.className = verdict > 0 ? 'lb-real' : '';
    }
  }
  function label() {
    when.nextElementSibling.textContent = thousands(kimg());
    when.setAttribute('aria-valuetext', `${thousands(kimg())} images`);
    const by = Number(step.value);
    step.nextElementSibling.textContent = `${signed(by, 1)} SD`;
  }

  async function ask() {
    wanted = true;
    label();
    if (busy) return;
    busy = true;
    while (wanted && element.offsetParent) {
      wanted = false;
      const answer = await server.moment({ number: Number(when.value), seeds, step: Number(step.value) }).catch(() => undefined);
      if (wanted) continue;
      if (!answer?.brains) { say(words(lost(answer))); stop(); break; }
      shown = answer.brains;
      const judged = shown.filter((b) => b.verdict !== undefined), real = judged.filter((b) => b.verdict > 0).length;
      say(judged.length ? `The discriminator of this moment takes ${real} of these ${judged.length} for real.` : 'No discriminator was kept with it.');
      draw();
      mark();
    }
    busy = false;
  }
  const mark = () => { for (const chart of Object.values(charts)) if (chart.plot.offsetParent) chart.draw(); };

  function line(ink) { return [{ type: 'line', x0: kimg(), x1: kimg(), y0: 0, y1: 1, yref: 'paper', line: { color: ink.text, width: 1 } }]; }
  const curve = (ink, i, name, x, y, more = {}) => {
    const [light, dark, dash] = INKS[i % INKS.length];
    return { x, y, name, mode: 'lines', line: { color: ink.dark ? dark : light, dash, width: 2 }, hovertemplate: `${name}: %{y:.2f}<extra></extra>`, ...more };
  };
  const axis = () => ({ title: { text: 'images shown, thousands' }, range: [0, 1.02 * all.moments.at(-1)], zeroline: false });
  // Where there is little room its words stand below each other.
  const legend = (/** @type {HTMLElement} */ box) => ({ margin: { t: box.clientWidth < 420 ? 84 : 44, l: 60 }, showlegend: true, legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom' }, hovermode: 'x' });

  function decided(ink) {
    const found = all?.agreement;
    if (!found) return null;
    const x = found.kimg, value = (points) => points.map((p) => p.value);
    const bars = (points) => ({ error_y: { type: 'data', symmetric: false, thickness: 1, width: 3,
      array: points.map((p) => p.high - p.value), arrayminus: points.map((p) => p.value - p.low) } });
    const data = found.curves.map((c, i) => curve(ink, i, c.name, x, value(c.points), bars(c.points)));
    data.push(curve(ink, INKS.length - 1, 'another seed', x, value(found.control), bars(found.control)));
    return {
      data, layout: { ...legend(charts.decided.plot), xaxis: axis(), yaxis: { title: { text: 'correlation' }, range: [-0.1, 1.02], zeroline: false }, shapes: line(ink) },
      table: { head: ['Images, thousands', ...data.map((d) => d.name)],
        rows: x.map((at, m) => [thousands(at).split(' ')[0], ...found.curves.map((c) => c.points[m].says), found.control[m].says]) },
    };
  }
  function verdicts(ink) {
    const curves = all?.verdicts ?? [];
    if (!curves.length) return null;
    const ends = curves.flatMap((c) => [...c.values, ...c.low ?? [], ...c.high ?? []]), low = Math.min(...ends, 0), high = Math.max(...ends, 0);
    const pad = 0.06 * (high - low);
    const bars = (c) => (c.low ? { error_y: { type: 'data', symmetric: false, thickness: 1, width: 3, array: c.high.map((x, i) => x - c.values[i]), arrayminus: c.low.map((x, i) => c.values[i] - x) } } : {});
    return {
      data: curves.map((c, i) => curve(ink, i, c.name, c.kimg, c.values, bars(c))),
      layout: { ...legend(charts.verdicts.plot), xaxis: axis(), yaxis: { title: { text: 'mean verdict (above 0: real)' }, range: [low - pad, high + pad] }, shapes: line(ink) },
      table: { head: ['Verdict on', 'Images, thousands', 'Mean'],
        rows: curves.flatMap((c) => c.kimg.map((at, m) => [c.name, decimal(at, 1), decimal(c.values[m], 2) + (c.low ? ` (${decimal(c.low[m], 2)} to ${decimal(c.high[m], 2)})` : '')])) },
    };
  }

  function stop() {
    playing = 0;
    $('[data-do=play]').textContent = 'Play';
  }
  async function play() {
    if (playing) { stop(); return; }
    const mine = playing = performance.now();
    $('[data-do=play]').textContent = 'Pause';
    if (when.value === when.max) when.value = '0';
    while (playing === mine && element.offsetParent) {
      ask();
      await new Promise((done) => setTimeout(done, TURN));
      if (playing !== mine || busy) continue;
      if (when.value === when.max) break;
      when.value = String(Number(when.value) + 1);
    }
    if (playing === mine) stop();
  }

  when.addEventListener('input', () => { stop(); ask(); });
  step.addEventListener('input', ask);

  return {
    /** Ask for the training, and show its last moment. */
    async load() {
      const found = await server.training({}).catch(() => undefined);
      if (!found?.moments) { say(words(lost(found))); return; }
      const fresh = !all;
      all = found;
      card.hidden = !all.moments.length;
      if (card.hidden) return;
      $('.lb-whose').textContent = all.own ? 'This model’s own training.'
        : `The moments of this model’s training were not kept (--keep-snapshots keeps them): these are of ${all.name}, which comes with the program.`;
      tell(card, all.claim ?? { title: 'When was what decided? Not measured yet', says: all.own ? '“Analyse this model” above measures it.' : '', opposite: '' });
      $('[data-chart=decided]').hidden = !all.agreement;
      $('[data-chart=verdicts]').hidden = !all.verdicts.length;
      for (const chart of Object.values(charts)) chart.draw(true);
      if (!fresh) return;
      when.max = String(all.moments.length - 1);
      when.value = when.max;
      cells();
      ask();
    },
    play,
    others() {
      seeds = seeds.map(() => Math.floor(Math.random() * SEEDS));
      shown = [];
      cells();
      ask();
    },
    /** @param {boolean} on the discriminator's maps in place of the pictures */
    look(on) {
      looks = on;
      $('[data-do=pictures]').setAttribute('aria-pressed', String(!on));
      $('[data-do=looks]').setAttribute('aria-pressed', String(on));
      draw();
    },
  };
}
