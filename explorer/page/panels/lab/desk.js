// The desk: two networks side by side, moved by the same controls. Each side asks for itself, newest
// wins; what is kept of both is told as the server says it.
import { lost, words } from '../../shared/asking.js';
import { brain } from '../../shared/brain.js';
import { decimal } from '../../shared/decimals.js';
import { within } from '../../shared/nodes.js';
import { showEffects, showFigures } from './tables.js';

const SEEDS = 1_000_000;
const written = (x) => (x === null ? '' : x.toFixed(x < 10 ? 2 : 0));
const named = (select) => select.selectedOptions[0]?.text ?? '';

/**
 * What is kept of one side.
 * @typedef {{ name: string, size: number, peaks: string[], brains: number, effects: any }} Kept
 *
 * @param {import('../../shared/part.js').Part} part
 * @param {(card: HTMLElement, claim: any) => void} tell writes a claim into a card
 */
export function deskIn({ element, props, server }, tell) {
  const $ = within(element), card = $('[data-card=desk]'), status = card.querySelector('.ds-status');
  const field = (name) => card.querySelector(`[name=${name}]`), axes = [...card.querySelectorAll('[name=ds-axis]')];
  const layer = field('ds-layer'), seed = field('ds-seed'), psi = field('ds-psi');
  const sides = ['left', 'right'].map((name) => sideIn(card.querySelector(`[data-side=${name}]`), field(`ds-${name}`)));
  let begun = false, asked = 0;

  for (const bar of element.querySelectorAll('.sg-scale i')) bar.style.background = props.heat;

  /** @param {HTMLElement} box @param {HTMLSelectElement} select */
  function sideIn(box, select) {
    const picture = box.querySelector('img'), map = box.querySelectorAll('img')[1];
    const [low, high] = box.querySelectorAll('.sg-scale output'), peak = box.querySelector('.ds-peak');
    /** @type {Kept | null} */
    let kept = null;
    let wanted = null, busy = false, newest = null;

    function write() {
      const now = newest?.peak ? `Strongest spot here: ${written(newest.peak)} times the median.` : '';
      const k = Number(layer.value), mean = kept?.peaks[k] ? `\nOver ${kept.brains} brains: ${kept.peaks[k]}.` : '';
      const none = newest && newest.map === null ? 'This network has no such layer.' : '';
      peak.textContent = none || now + mean;
    }

    return {
      select,
      /** @param {Kept} next */
      keep(next) { kept = next; write(); },
      /** @param {any} controls */
      async ask(controls) {
        wanted = { controls: { ...controls, network: select.value }, network: named(select), layer: named(layer) };
        if (busy) return;
        busy = true;
        while (wanted) {
          const now = wanted;
          wanted = null;
          const answer = await server.view(now.controls).catch(() => undefined);
          if (!answer?.src) { status.textContent = words(lost(answer)); continue; }
          status.textContent = '';
          newest = answer;
          picture.src = answer.src;
          picture.alt = `Brain of seed ${now.controls.seed}, ${now.network}`;
          map.style.visibility = answer.map ? '' : 'hidden';
          if (answer.map) map.src = answer.map;
          map.alt = `Magnitude of layer ${now.layer}, ${now.network}`;
          [low.textContent, high.textContent] = [written(answer.low), written(answer.high)];
          write();
        }
        busy = false;
      },
    };
  }

  const controls = () => ({
    seed: Math.min(2 ** 32 - 1, Math.max(0, Math.round(Number(seed.value) || 0))), psi: Number(psi.value),
    strengths: axes.map((axis) => Number(axis.value)), layer: Number(layer.value) || 0,
  });
  function view() {
    psi.nextElementSibling.textContent = Number(psi.value).toFixed(2);
    for (const axis of axes) axis.nextElementSibling.textContent = decimal(Number(axis.value), 1);
    for (const side of sides) side.ask(controls());
  }

  // What is kept of both, and the layers that there are.
  async function compare() {
    const mine = ++asked;
    const found = await server.standings({ left: sides[0].select.value, right: sides[1].select.value }).catch(() => undefined);
    if (mine !== asked) return;
    if (!found?.rows) { status.textContent = words(lost(found)); return; }
    tell(card, found);
    const before = layer.value;
    layer.replaceChildren(...found.layers.map((name, i) => new Option(name, String(i))));
    layer.value = before && Number(before) < found.layers.length ? before : String(found.layer);
    sides.forEach((side, i) => side.keep(found.sides[i]));
    showFigures(card.querySelector('.ds-rows'), found);
    showEffects(card.querySelector('.ds-effects'), found.sides);
    view();
  }

  async function begin() {
    const found = await server.networks({}).catch(() => undefined);
    if (!found?.networks) { begun = false; status.textContent = words(lost(found)); return; }
    for (const [i, key] of [found.left, found.right].entries()) {
      sides[i].select.replaceChildren(...found.networks.map(({ key, name }) => new Option(name, key)));
      sides[i].select.value = key;
    }
    seed.value = String(brain.left().seed);
    compare();
  }

  card.addEventListener('input', (event) => { if (!sides.some(({ select }) => select === event.target)) view(); });
  for (const { select } of sides) select.addEventListener('change', compare);
  layer.addEventListener('change', () => { for (const side of sides) side.ask(controls()); });
  // Nothing is opened before somebody comes near it.
  new IntersectionObserver((entries) => {
    if (begun || !entries.some((entry) => entry.isIntersecting)) return;
    begun = true;
    begin();
  }, { rootMargin: '300px' }).observe(card);

  return {
    /** The lab was opened: more may have been measured meanwhile. */
    open() { if (begun) compare(); },
    draw() { seed.value = String(Math.floor(Math.random() * SEEDS)); view(); },
    level() {
      psi.value = '1';
      for (const axis of axes) axis.value = '0';
      view();
    },
  };
}
