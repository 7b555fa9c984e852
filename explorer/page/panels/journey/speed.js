// How fast the picture changes on the way: asked for in parts, one request at a time, so that it can
// stop and others get their turn.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { chartIn } from '../../shared/charts.js';
import { within } from '../../shared/nodes.js';
import { plain, varies } from './way.js';

// Their names, colours on white and on black, and dashes.
const WAYS = { w: ['straight in w', '#0d9488', '#2dd4bf', 'solid'], spline: ['spline in w', '#7c3aed', '#a78bfa', 'dash'], z: ['arc in z', '#b45309', '#fbbf24', 'dot'] };
const STEPS_PER_PIECE = 24, MOST_STEPS = 240, AT_ONCE = 8;
/**
 * @param {import('../../shared/part.js').Part} part
 * @param {import('./journey.js').Way} way
 */
export function speedOf({ element, server }, way) {
  const $ = within(element), box = $('.jr-chart');
  const chart = chartIn(box, { name: 'Speed of change on a journey', figure,
    hears: { plotly_click: (event) => way.go(event.points[0].x) } });
  let measuring = null;

  async function measure() {
    const mine = measuring = {}, of = way.meaning(), recipe = way.travelled(0);
    const ways = ['w', ...(way.space === 'spline' ? ['spline'] : []), ...(way.keys.every(plain) ? ['z'] : [])];
    const steps = Math.min(MOST_STEPS, Math.max(2, STEPS_PER_PIECE / AT_ONCE * way.pieces()) * AT_ONCE);
    /** @type {NonNullable<import('./journey.js').Way['measured']>['ways']} */
    const found = {};
    const bar = $('.jr-busy progress');
    $('.jr-busy').hidden = false;
    $('[data-do=measure]').disabled = true;
    $('.jr-facts').textContent = '';
    try {
      for (const [i, one] of ways.entries()) {
        const changes = [];
        while (changes.length < steps) {
          const asked = { recipe, space: one, steps, first: changes.length, count: Math.min(AT_ONCE, steps - changes.length) };
          const answer = await server.speed(asked).catch(() => undefined);
          if (measuring !== mine) return;
          if (!answer?.changes) throw new Error(lost(answer));
          changes.push(...answer.changes);
          bar.value = (i + changes.length / steps) / ways.length;
        }
        const answer = await server.even({ changes }).catch(() => undefined);
        if (!answer?.places) throw new Error(lost(answer));
        found[one] = { changes, places: answer.places };
      }
      way.measured = { ways: found, of };
      await show();
    } catch (error) { $('.jr-facts').textContent = error.message; }
    finally {
      if (measuring === mine) measuring = null;
      $('.jr-busy').hidden = true;
      $('[data-do=measure]').disabled = false;
    }
    way.sync();
  }

  async function show() {
    box.hidden = false;
    box.style.opacity = 1;
    await chart.draw(true);
    const n = way.pieces();
    $('.jr-facts').textContent = Object.entries(way.measured.ways).map(([one, { changes }]) => {
      const whole = changes.reduce((a, b) => a + b, 0);
      const part = changes.length / n, uneven = Array.from({ length: n }, (_, i) => varies(changes.slice(i * part, (i + 1) * part)));
      return `${WAYS[one][0]}: ${whole.toFixed(0)} grey levels in all, ±${Math.round(100 * uneven.reduce((a, b) => a + b) / n)} % between key frames`;
    }).join('; ') + '. Click the chart to go there.';
  }

  function figure(ink) {
    const n = way.pieces(), { t } = brain.now.walk, ways = Object.entries(way.measured.ways);
    const lines = ways.map(([one, { changes }]) => ({
      x: changes.map((_, i) => (i + 0.5) / changes.length), y: changes.map((c) => c * changes.length),
      name: WAYS[one][0], mode: 'lines', line: { color: ink.dark ? WAYS[one][2] : WAYS[one][1], dash: WAYS[one][3], width: 2 },
      hovertemplate: '%{y:.0f} grey levels per way at %{x:.2f}<extra></extra>',
    }));
    const most = Math.max(...lines.flatMap((line) => line.y)), rows = lines[0].x.length;
    return {
      data: lines,
      layout: {
        margin: { t: 34, l: 70 }, showlegend: true, legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom' }, hovermode: 'x',
        xaxis: { title: { text: 'key frames' }, range: [0, 1], tickvals: Array.from({ length: n + 1 }, (_, i) => i / n), ticktext: Array.from({ length: n + 1 }, (_, i) => `${i % way.keys.length + 1}`), zeroline: false },
        yaxis: { title: { text: 'change per unit<br>of journey (grey levels)' }, range: [0, 1.05 * most] },
        shapes: [{ type: 'line', x0: t, x1: t, y0: 0, y1: 1, yref: 'paper', line: { color: ink.text, width: 1 } }],
      },
      table: {
        head: ['Place', ...lines.map((line) => line.name)],
        rows: Array.from({ length: rows }, (_, i) => [lines[0].x[i].toFixed(3), ...lines.map((line) => line.y[i].toFixed(0))]),
      },
    };
  }

  return {
    measure,
    stop() { measuring = null; },
    /** Moves the line of the present place. */
    mark() { if (!box.hidden) chart.draw(); },
  };
}
