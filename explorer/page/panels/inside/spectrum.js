// The spectrum of the picture as a chart.
import { chartIn } from '../../shared/charts.js';

/**
 * @param {HTMLElement} box
 * @param {string[]} colours from weak to strong, at even steps
 */
export function spectrumOf(box, colours) {
  /** @type {{ side: number, decibels: string, most: number } | null} */
  let shown = null;
  const chart = chartIn(box, { name: 'Spectrum of the picture', figure, zooms: 'xy' });

  function figure() {
    if (!shown) return null;
    const { side, decibels, most } = shown, low = -side / 2 - 0.5, high = side / 2 - 0.5;
    return {
      data: [{
        type: 'heatmap', z: { dtype: 'u1', bdata: decibels, shape: `${side}, ${side}` }, x0: -side / 2, dx: 1, y0: -side / 2, dy: 1,
        zmin: 0, zmax: most, colorscale: colours.map((colour, i) => [i / (colours.length - 1), colour]),
        colorbar: { thickness: 10, outlinewidth: 0, x: 1, xanchor: 'left', xpad: 6, len: 1, ypad: 0, ticksuffix: ' dB', nticks: 6 },
        hovertemplate: '%{x} cycles across, %{y} down: %{z} dB above the weakest<extra></extra>',
      }],
      layout: {
        margin: { r: 72 },
        xaxis: { title: { text: 'cycles across the picture' }, range: [low, high], zeroline: false, showgrid: false },
        yaxis: { title: { text: 'cycles down the picture' }, range: [high, low], zeroline: false, showgrid: false },
      },
      says: `Log spectrum of the picture: the strongest frequency is ${most} decibels above the weakest.`,
    };
  }

  return (answer) => { shown = answer; return chart.draw(); };
}
