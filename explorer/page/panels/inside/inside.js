// Inside: the open view follows once the hand rests; one request at a time, newest wins; nothing
// is asked for while the tab is closed.
import { lost } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { decimal } from '../../shared/decimals.js';
import { text, within } from '../../shared/nodes.js';
import { spectrumOf } from './spectrum.js';

const ABOUT = {
  maps: 'What one layer hands to the next: every channel is a small picture of where it found its pattern. Sorted by how much it differs from place to place. Click one to enlarge it.',
  parts: 'The network paints at every size, from 4 px up, and the picture is the sum. Above: what each size adds (grey is nothing, each stretched to its own range). Below: the sum so far. The share is of the contrast of the finished picture.',
  styles: 'Each layer scales its channels by a style, which it reads from w. Size: how large its numbers are (their root mean square). Rarity: how far it is from the average style, in standard deviations; a random brain has about 1, the average brain 0 (both at this height, where that has a slider).',
  spectrum: 'How strongly each frequency is present: coarse shapes in the middle, fine detail at the border, in every direction. One step of colour is a factor, not a sum (logarithmic).',
};
const short = (x) => (x === 0 ? '0' : decimal(x, Math.abs(x) < 10 ? 2 : 0));
const ASK = { maps: 'feature_maps', parts: 'parts', styles: 'styles', spectrum: 'spectrum' };
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8 };

// A tile of a sheet as the background of a node, at whatever size that has.
function tile(node, src, x, y, columns, rows) {
  node.style.backgroundImage = `url(${src})`;
  node.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  node.style.backgroundPosition = `${columns > 1 ? 100 * x / (columns - 1) : 0}% ${rows > 1 ? 100 * y / (rows - 1) : 0}%`;
}

/** @param {import('../../shared/part.js').Part} part */
export function start({ element, props, server }) {
  const $ = within(element);
  const status = $('.ns-status'), layer = $('.ns-layer'), look = $('.ns-look');
  const maps = $('.ns-maps'), large = $('.ns-large');
  let view = 'maps', page = 0, wanted = null, busy = false, done = '', chosen = null;

  props.layers.forEach((name, i) => layer.add(new Option(name, i)));
  layer.value = Math.min(4, props.layers.length - 1);

  const draw = {
    maps(answer) {
      const { channels, columns, of, scale } = answer, rows = Math.ceil(channels.length / columns);
      const pages = Math.ceil(of / 64), had = maps.contains(document.activeElement);
      const at = Math.max(0, [...maps.children].findIndex((b) => b.tabIndex === 0));
      maps.replaceChildren(...channels.map((c, i) => {
        const button = document.createElement('button');
        tile(button, answer.src, i % columns, Math.floor(i / columns), columns, rows);
        button.tabIndex = i === Math.min(at, channels.length - 1) ? 0 : -1;
        button.dataset.i = i;
        button.setAttribute('aria-label', `Channel ${c.channel + 1}, activity ${short(c.activity)}`);
        button.title = `channel ${c.channel + 1}`;
        button.addEventListener('click', () => { chosen = chosen === c.channel ? null : c.channel; enlarge(answer); });
        return button;
      }));
      if (had) maps.querySelector('[tabindex="0"]').focus();
      $('.ns-pages span').textContent = pages > 1 ? `${64 * page + 1}–${64 * page + channels.length} of ${of}` : `${of} channels, ${answer.size} px`;
      $('[data-do=back]').disabled = page === 0;
      $('[data-do=on]').disabled = page + 1 >= pages;
      for (const name of ['back', 'on']) $(`[data-do=${name}]`).hidden = pages < 2;
      const bar = $('.ns-scale');
      bar.hidden = look.value !== 'signed';
      bar.children[1].textContent = `−${short(scale)}`;
      bar.children[3].textContent = short(scale);
      enlarge(answer);
    },
    parts(answer) {
      const n = answer.rows.length, head = document.createElement('tr'), body = $('.ns-parts tbody');
      $('.ns-parts').style.setProperty('--sizes', n);
      head.append(text('td', ''), ...answer.rows.map((r) => {
        const cell = text('th', `${r.resolution} px`);
        cell.scope = 'col';
        return cell;
      }));
      $('.ns-parts thead').replaceChildren(head);
      body.replaceChildren(...['adds', 'so far'].map((name, y) => {
        const line = document.createElement('tr'), first = text('th', name);
        first.scope = 'row';
        line.append(first, ...answer.rows.map((r, x) => {
          const cell = document.createElement('td'), image = document.createElement('div');
          image.setAttribute('role', 'img');
          image.setAttribute('aria-label', y ? `Sum up to ${r.resolution} px` : `What ${r.resolution} px adds`);
          tile(image, answer.src, x, y, n, 2);
          cell.append(image);
          return cell;
        }));
        return line;
      }));
      const below = { range: (r) => `± ${short(r.scale)}`, share: (r) => `${decimal(100 * r.share, 0)} %` };
      for (const [name, value] of Object.entries(below)) {
        const line = document.createElement('tr'), first = text('th', name);
        first.scope = 'row';
        line.append(first, ...answer.rows.map((r) => text('td', value(r))));
        body.append(line);
      }
    },
    styles(answer) {
      const most = ['size', 'rarity'].map((key) => Math.max(1e-9, ...answer.rows.map((r) => r[key])));
      $('.ns-styles tbody').replaceChildren(...answer.rows.map((r) => {
        const line = document.createElement('tr'), name = text('th', `${r.resolution} px${r.kind === 'conv' ? '' : ' → picture'}`);
        name.scope = 'row';
        line.append(name, text('td', r.channels), ...['size', 'rarity'].map((key, i) => {
          const cell = document.createElement('td'), bar = document.createElement('i');
          bar.style.width = `${100 * r[key] / most[i]}%`;
          cell.append(bar, text('span', r[key].toFixed(2)));
          return cell;
        }));
        return line;
      }));
    },
    spectrum: spectrumOf($('.ns-spectrum'), props.heat),
  };

  function enlarge(answer) {
    const i = answer.channels.findIndex((c) => c.channel === chosen);
    large.hidden = i < 0;
    for (const button of maps.children) button.setAttribute('aria-pressed', String(Number(button.dataset.i) === i));
    if (i < 0) return;
    const c = answer.channels[i], rows = Math.ceil(answer.channels.length / answer.columns), image = large.firstElementChild;
    tile(image, answer.src, i % answer.columns, Math.floor(i / answer.columns), answer.columns, rows);
    const says = `Channel ${c.channel + 1}, number ${64 * page + i + 1} by activity (${short(c.activity)}). From ${short(c.least)} to ${short(c.most)}.`;
    image.setAttribute('aria-label', says);
    large.lastElementChild.replaceChildren(text('p', says));
    const turn = (name, title, detail) => {
      const button = text('button', name);
      button.title = title;
      button.addEventListener('click', () => document.dispatchEvent(new CustomEvent('turn', { detail })));
      large.lastElementChild.append(button, ' ');
    };
    const next = answer.layer + 1, { channel } = c;  // the layer whose style scales this channel
    if (next < props.layers.length) turn('Turn this channel', `A slider below for what layer ${props.layers[next]} takes of it`, { layer: next, channel });
    if (answer.layer % 2 === 0) turn('Turn what it paints', 'A slider below for what it adds to the picture itself', { layer: answer.layer / 2, channel, rgb: true });
  }

  const open = () => element.offsetParent !== null;
  async function ask(recipe) {
    wanted = recipe;
    if (busy || !open()) return;
    busy = true;
    while (wanted && open()) {
      const now = view, asked = { recipe: wanted, layer: Number(layer.value), look: look.value, page };
      const key = JSON.stringify([now, asked]);
      wanted = null;
      if (key === done) continue;
      const answer = await server[ASK[now]](asked).catch(() => undefined);
      if (wanted) continue;
      status.textContent = answer && !answer.error ? '' : lost(answer);
      if (!answer || answer.error) continue;
      done = key;
      for (const box of element.querySelectorAll('[data-of]')) box.hidden = box.dataset.of !== now;
      try { await draw[now]({ ...answer, layer: asked.layer }); } catch (error) { status.textContent = error.message; }
    }
    busy = false;
  }
  const again = () => ask(brain.recipe);

  function choose(name) {
    view = name;
    for (const button of element.querySelectorAll('[data-view]')) {
      button.setAttribute('aria-pressed', String(button.dataset.view === name));
    }
    $('.ns-about').textContent = ABOUT[name];
    for (const box of element.querySelectorAll('[data-of]')) if (box.dataset.of !== name) box.hidden = true;
    done = '';
    again();
  }

  element.addEventListener('click', (event) => {
    const { view: name, do: what } = event.target.dataset;
    if (name) choose(name);
    if (what === 'back' || what === 'on') { page += what === 'on' ? 1 : -1; again(); }
  });
  layer.addEventListener('change', () => { page = 0; chosen = null; again(); });
  look.addEventListener('change', again);
  maps.addEventListener('keydown', (event) => {
    const next = maps.children[Number(event.target.dataset.i) + STEPS[event.key]];
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    event.stopPropagation();  // the page's own arrow keys go to the next brain
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  document.addEventListener('rest', (event) => ask(event.detail));
  new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting)) again(); }).observe(element);
  choose(view);
}
