// Films of a journey: made by the server as a job, fetched when it is done.
import { lost, pause } from '../../shared/asking.js';
import { download, within } from '../../shared/nodes.js';

/**
 * @param {import('../../shared/part.js').Part} part
 * @param {import('./journey.js').Way} way
 */
export function filmOf({ element, server }, way) {
  const $ = within(element);
  let film = null;

  async function make() {
    const mine = film = { film: undefined }, bar = $('.jr-filming progress'), said = $('.jr-made');
    const kind = $('[name=jr-kind]').value;
    const asked = { recipe: way.travelled(0), kind, seconds: Number(way.seconds.value), fps: Number($('[name=jr-fps]').value),
      size: Number($('[name=jr-size]').value), changes: way.even.checked ? way.measured.ways[way.space].changes : null };
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
    download(blob, `synthetic-journey.${kind}`);
    $('.jr-made').textContent = `Saved: ${frames} pictures, ${(blob.size / 1e6).toFixed(1)} MB.`;
  }

  return { make, stop() { film = null; } };
}
