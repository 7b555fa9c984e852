// How fast the picture changes on the way: asked for in parts, one request at a time, so that it can
// stop and others get their turn.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { within } from '../../shared/nodes.js';
import { plain, varies } from './way.js';

const WAYS = { w: ['straight in w', '#0d9488', 'solid'], spline: ['spline in w', '#7c3aed', 'dash'], z: ['arc in z', '#d97706', 'dot'] };
const STEPS_PER_PIECE = 24, MOST_STEPS = 240, AT_ONCE = 8;
const here = () => ({ type: 'line', x0: brain.now.walk.t, x1: brain.now.walk.t, y0: 0, y1: 1, yref: 'paper', line: { color: 'gray', width: 1 } });

/** @type {Promise<unknown> | null} */
let loading = null;
function plotly(address) {
  loading ??= new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = new URL(address, document.baseURI).href;
    script.onload = done;
    script.onerror = () => { loading = null; fail(new Error('The charts could not be loaded.')); };
    document.head.append(script);
  });
  return loading;
}

/**
 * @param {import('../../shared/part.js').Part} part
 * @param {import('./journey.js').Way} way
 */
export function speedOf({ element, props, server }, way) {
  const $ = within(element), chart = $('.jr-chart');
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
    await plotly(props.plotly);
    chart.hidden = false;
    chart.style.opacity = 1;
    const ink = getComputedStyle(element).color, faint = 'rgba(128, 128, 128, 0.3)';
    const traces = Object.entries(way.measured.ways).map(([one, { changes }]) => ({
      x: changes.map((_, i) => (i + 0.5) / changes.length), y: changes.map((c) => c * changes.length),
      name: WAYS[one][0], mode: 'lines', line: { color: WAYS[one][1], dash: WAYS[one][2], width: 2 },
      hovertemplate: '%{y:.0f} grey levels per way at %{x:.2f}<extra></extra>',
    }));
    const n = way.pieces();
    await window.Plotly.react(chart, traces, {
      margin: { l: 52, r: 8, t: 8, b: 40 }, paper_bgcolor: 'transparent', plot_bgcolor: 'transparent',
      font: { color: ink, family: 'system-ui, sans-serif', size: 12 }, showlegend: true,
      legend: { orientation: 'h', x: 0, y: 1.15 }, hovermode: 'x', dragmode: false,
      xaxis: { title: { text: 'key frames', standoff: 6 }, range: [0, 1], tickvals: Array.from({ length: n + 1 }, (_, i) => i / n), ticktext: Array.from({ length: n + 1 }, (_, i) => `${i % way.keys.length + 1}`), gridcolor: faint, zeroline: false },
      yaxis: { title: { text: 'grey levels per whole way' }, rangemode: 'tozero', gridcolor: faint, zerolinecolor: faint },
      shapes: [here()],
    }, { displayModeBar: false, responsive: true });
    chart.removeAllListeners('plotly_click');
    chart.on('plotly_click', (event) => way.go(event.points[0].x));
    $('.jr-facts').textContent = Object.entries(way.measured.ways).map(([one, { changes }]) => {
      const whole = changes.reduce((a, b) => a + b, 0);
      const part = changes.length / n, uneven = Array.from({ length: n }, (_, i) => varies(changes.slice(i * part, (i + 1) * part)));
      return `${WAYS[one][0]}: ${whole.toFixed(0)} grey levels in all, ±${Math.round(100 * uneven.reduce((a, b) => a + b) / n)} % between key frames`;
    }).join('; ') + '. Click the chart to go there.';
  }

  return {
    measure,
    stop() { measuring = null; },
    /** Moves the line of the present place. */
    mark() {
      if (!chart.hidden && chart.offsetParent && window.Plotly) window.Plotly.relayout(chart, { shapes: [here()] });
    },
  };
}
