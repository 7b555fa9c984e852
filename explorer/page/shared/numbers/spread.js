// How one measurement is spread over the model's brains and over real slices, and where the picture
// is. Asked for only while it is open; newest wins.
import { lost, pause, words } from '../asking.js';
import { brain } from '../brain.js';
import { chartIn } from '../charts.js';
import { decimal } from '../decimals.js';
import { within } from '../nodes.js';

const NARROW = 330;  // CSS pixels: the legend takes two lines

/** @param {import('../part.js').Part} part */
export function spreadOf({ element, props, server }) {
  const $ = within(element);
  const details = $('.nb-spread'), select = $('.nb-spread select'), says = $('.nb-waits'), box = $('.nb-chart');
  let rows = [], recipe = null, found = null, row = null, asked = 0;
  const chart = chartIn(box, { name: 'How one measurement is spread', figure });

  function figure(ink) {
    if (!found) return null;
    const { edges, model, real } = found, { name, unit, value } = row;
    const digits = unit === '' ? 2 : 1, put = (v) => `${decimal(v, digits)} ${unit}`.trim();
    const middle = model.map((_, i) => (edges[i] + edges[i + 1]) / 2), wide = edges[1] - edges[0];
    const hover = `%{y:.1f} % at %{x:.${digits}f} ${unit}<extra></extra>`;
    const data = [{
      type: 'bar', name: 'model’s brains', x: middle, y: model, width: wide, hovertemplate: hover,
      marker: { color: ink.main, opacity: ink.dark ? 0.7 : 0.55 },
    }];
    if (real) {
      data.push(/** @type {any} */ ({
        type: 'scatter', mode: 'lines', name: 'real slices', x: middle, y: real, hovertemplate: hover,
        line: { shape: 'hvh', width: 2, color: ink.dark ? '#f0abfc' : '#a21caf' },
      }));
    }
    const most = Math.max(...model, ...(real ?? [])), ends = value === null ? edges : [...edges, value];
    const from = Math.min(...ends) - wide, to = Math.max(...ends) + wide, place = (value - from) / (to - from);
    const line = value === null ? {} : {
      shapes: [{ type: 'line', x0: value, x1: value, y0: 0, y1: 1, yref: 'paper', line: { color: ink.text, width: 2 } }],
      annotations: [{ x: value, y: 1, yref: 'paper', xanchor: place < 1 / 3 ? 'left' : place > 2 / 3 ? 'right' : 'center', yanchor: 'bottom', text: `this picture: ${put(value)}`, showarrow: false }],
    };
    const slices = real ? ` and of ${found.slices.toLocaleString('en')} real slices${found.level ? ' within 5 mm of this height' : ''}` : '';
    const near = found.near ? ` near this ${brain.scale?.name.toLowerCase()}` : '';
    return {
      data,
      layout: {
        margin: { t: 26, b: ink.paper || box.clientWidth > NARROW ? 72 : 90 }, bargap: 0, showlegend: true, ...line,
        legend: { orientation: 'h', x: 0, xref: 'container', y: 0, yref: 'container', yanchor: 'bottom' },
        xaxis: { title: { text: name + (unit ? ` (${unit})` : '') }, range: [from, to], zeroline: false },
        yaxis: { title: { text: 'per cent' }, range: [0, 1.05 * most] },
      },
      says: `${name} of ${found.brains.toLocaleString('en')} of the model’s brains${near}${slices}`
        + (value === null ? '.' : `; of this picture: ${put(value)}.`) + (props.told && ` ${props.told}`),
      table: {
        head: [`From, to${unit ? ` (${unit})` : ''}`, 'Brains, %', ...(real ? ['Slices, %'] : [])],
        rows: middle.map((_, i) => [`${put(edges[i])} – ${put(edges[i + 1])}`, model[i].toFixed(1), ...(real ? [real[i].toFixed(1)] : [])]),
      },
    };
  }

  async function ask() {
    const mine = ++asked;
    while (details.open && rows.length) {
      const wanted = rows.find((r) => r.key === select.value);
      const height = rows.find((r) => r.key === 'height')?.value ?? null;
      const answer = await server.spread({ key: wanted.key, height, recipe }).catch(() => undefined);
      if (mine !== asked) return;
      says.textContent = answer?.edges ? '' : words(lost(answer));
      if (answer && !answer.edges && !answer.again) box.hidden = true;  // of another picture
      if (answer?.edges) {
        const other = row?.key !== wanted.key;
        [found, row] = [answer, wanted];
        box.hidden = false;
        await chart.draw(other).catch((error) => { says.textContent = error.message; });
      }
      if (!answer?.again) return;
      await pause(1500);
    }
  }

  details.addEventListener('toggle', ask);
  select.addEventListener('change', ask);

  return {
    /**
     * Shows what was measured on another picture.
     * @param {any[]} measured rows of the table
     * @param {import('../recipe.js').Recipe} of the picture's recipe
     */
    follow(measured, of) {
      [rows, recipe] = [measured, of];
      if (!select.options.length) select.append(...rows.map((r) => new Option(r.name, r.key)));
      ask();
    },
  };
}
