// How fast the picture changes on the way of journey.js, behind which this stands, and films of it.
// Speed: asked for in parts, one request at a time, so that it can stop and others get their turn.
async function measure() {
  const mine = measuring = {}, of = meaning(), recipe = travelled(0);
  const ways = ['w', ...(space === 'spline' ? ['spline'] : []), ...(keys.every(plain) ? ['z'] : [])];
  const steps = Math.min(MOST_STEPS, Math.max(2, STEPS_PER_PIECE / AT_ONCE * pieces()) * AT_ONCE);
  const found = {}, bar = $('.jr-busy progress');
  $('.jr-busy').hidden = false;
  $('[data-do=measure]').disabled = true;
  $('.jr-facts').textContent = '';
  try {
    for (const [i, way] of ways.entries()) {
      const changes = [];
      while (changes.length < steps) {
        const asked = { recipe, space: way, steps, first: changes.length, count: Math.min(AT_ONCE, steps - changes.length) };
        const answer = await server.speed(asked).catch(() => undefined);
        if (measuring !== mine) return;
        if (!answer?.changes) throw new Error(lost(answer));
        changes.push(...answer.changes);
        bar.value = (i + changes.length / steps) / ways.length;
      }
      const answer = await server.even({ changes }).catch(() => undefined);
      if (!answer?.places) throw new Error(lost(answer));
      found[way] = { changes, places: answer.places };
    }
    measured = { ways: found, of };
    await show();
  } catch (error) { $('.jr-facts').textContent = error.message; }
  finally {
    if (measuring === mine) measuring = null;
    $('.jr-busy').hidden = true;
    $('[data-do=measure]').disabled = false;
  }
  sync();
}

let loading = null;
function plotly() {
  loading ??= new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = new URL(props.plotly, document.baseURI).href;
    script.onload = done;
    script.onerror = () => { loading = null; fail(new Error('The charts could not be loaded.')); };
    document.head.append(script);
  });
  return loading;
}

async function show() {
  await plotly();
  chart.hidden = false;
  chart.style.opacity = 1;
  const ink = getComputedStyle(element).color, faint = 'rgba(128, 128, 128, 0.3)';
  const traces = Object.entries(measured.ways).map(([way, { changes }]) => ({
    x: changes.map((_, i) => (i + 0.5) / changes.length), y: changes.map((c) => c * changes.length),
    name: WAYS[way][0], mode: 'lines', line: { color: WAYS[way][1], dash: WAYS[way][2], width: 2 },
    hovertemplate: '%{y:.0f} grey levels per way at %{x:.2f}<extra></extra>',
  }));
  const n = pieces();
  await window.Plotly.react(chart, traces, {
    margin: { l: 52, r: 8, t: 8, b: 40 }, paper_bgcolor: 'transparent', plot_bgcolor: 'transparent',
    font: { color: ink, family: 'system-ui, sans-serif', size: 12 }, showlegend: true,
    legend: { orientation: 'h', x: 0, y: 1.15 }, hovermode: 'x', dragmode: false,
    xaxis: { title: { text: 'key frames', standoff: 6 }, range: [0, 1], tickvals: Array.from({ length: n + 1 }, (_, i) => i / n), ticktext: Array.from({ length: n + 1 }, (_, i) => `${i % keys.length + 1}`), gridcolor: faint, zeroline: false },
    yaxis: { title: { text: 'grey levels per whole way' }, rangemode: 'tozero', gridcolor: faint, zerolinecolor: faint },
    shapes: [here()],
  }, { displayModeBar: false, responsive: true });
  chart.removeAllListeners('plotly_click');
  chart.on('plotly_click', (event) => go(event.points[0].x));
  $('.jr-facts').textContent = Object.entries(measured.ways).map(([way, { changes }]) => {
    const whole = changes.reduce((a, b) => a + b, 0);
    const part = changes.length / n, uneven = Array.from({ length: n }, (_, i) => varies(changes.slice(i * part, (i + 1) * part)));
    return `${WAYS[way][0]}: ${whole.toFixed(0)} grey levels in all, ±${Math.round(100 * uneven.reduce((a, b) => a + b) / n)} % between key frames`;
  }).join('; ') + '. Click the chart to go there.';
}
// Standard deviation over mean.
function varies(changes) {
  const mean = changes.reduce((a, b) => a + b, 0) / changes.length;
  const square = changes.reduce((a, b) => a + (b - mean) ** 2, 0) / changes.length;
  return mean ? Math.sqrt(square) / mean : 0;
}
const here = () => ({ type: 'line', x0: brain().walk.t, x1: brain().walk.t, y0: 0, y1: 1, yref: 'paper', line: { color: 'gray', width: 1 } });

async function make() {
  const mine = film = {}, bar = $('.jr-filming progress'), said = $('.jr-made');
  const kind = $('[name=jr-kind]').value;
  const asked = { recipe: travelled(0), kind, seconds: Number(seconds.value), fps: Number($('[name=jr-fps]').value),
    size: Number($('[name=jr-size]').value), changes: even.checked ? measured.ways[space].changes : null };
  const busy = (yes) => { $('.jr-filming').hidden = !yes; $('[data-do=film]').disabled = yes; };
  busy(true);
  bar.value = 0;
  said.textContent = '';
  const started = await server.begin_film(asked).catch(() => undefined);
  let state = started;
  mine.film = started?.film;
  while (mine.film && film === mine && !state?.done) {
    await pause(400);
    state = await server.film_state({ film: mine.film }).catch(() => undefined);
    if (!state || state.error) break;
    bar.value = state.progress;
    said.textContent = state.ahead ? `Waiting for ${state.ahead} before it` : '';
  }
  if (film !== mine) {
    if (mine.film) server.stop_film({ film: mine.film }).catch(() => undefined);
    said.textContent = 'Cancelled.';
  } else {
    const got = state?.done ? await server.fetch_film({ film: mine.film }).catch(() => undefined) : state;
    if (got?.file) await save(got.file, kind, started.frames);
    else said.textContent = lost(got);
  }
  film = null;
  busy(false);
}

async function save(file, kind, frames) {
  const blob = await (await fetch(`data:${kind === 'mp4' ? 'video/mp4' : 'image/gif'};base64,${file}`)).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `synthetic-journey.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  $('.jr-made').textContent = `Saved: ${frames} pictures, ${(blob.size / 1e6).toFixed(1)} MB.`;
}
