// The share of every axis of a list as a chart: how soon do few of them explain most?
import { chartIn } from '../../shared/charts.js';

/**
 * @param {any} details folded; holds the chart's figure
 * @param {(key: string) => void} go to a direction by its key
 */
export function screeOf(details, go) {
  /** @type {{ axes: { key: string, name: string, share: number }[], unit: string }} */
  let shown = { axes: [], unit: '' };
  const chart = chartIn(details.querySelector('figure'), { name: 'Share of each axis', figure,
    hears: { plotly_click: (event) => go(shown.axes[event.points[0].pointIndex].key) } });

  function figure(ink) {
    const { axes, unit } = shown;
    if (!axes.length) return null;
    const numbers = axes.map((_, i) => i + 1), shares = axes.map((d) => 100 * d.share);
    let sum = 0;
    const sums = shares.map((share) => (sum += share));
    return {
      data: [
        { type: 'bar', name: 'each axis', x: numbers, y: shares, marker: { color: ink.main }, hovertemplate: 'axis %{x}: %{y:.1f} %<extra></extra>' },
        { mode: 'lines+markers', name: 'all up to it', x: numbers, y: sums, line: { color: ink.dark ? '#fbbf24' : '#b45309', width: 2 }, marker: { size: 5 }, hovertemplate: 'axes 1 to %{x}: %{y:.0f} %<extra></extra>' },
      ],
      layout: {
        margin: { t: 34 }, showlegend: true, legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom' },
        xaxis: { title: { text: 'axis' }, range: [0.4, axes.length + 0.6], dtick: axes.length > 12 ? 5 : 1, showgrid: false, zeroline: false },
        yaxis: { title: { text: `per cent ${unit}` }, range: [0, Math.min(103, 1.1 * sum)] },
      },
      says: `The first ${axes.length} axes have ${sum.toFixed(0)} % ${unit}, the first alone ${shares[0].toFixed(0)} %. Click a bar to go to its slider.`,
      table: { head: ['Axis', 'Share, %', 'All up to it, %'], rows: axes.map((d, i) => [d.name, shares[i].toFixed(1), sums[i].toFixed(1)]) },
    };
  }

  details.addEventListener('toggle', () => { if (details.open) chart.draw(true); });

  /** Another list. @param {any[]} list @param {string} unit such as "of variety"; none: nothing to show */
  return (list, unit) => {
    const axes = unit ? list.filter((d) => d.share !== null) : [];
    if (JSON.stringify(axes) === JSON.stringify(shown.axes)) return;
    shown = { axes, unit };
    details.hidden = !axes.length;
    if (details.open) chart.draw(true);
  };
}
