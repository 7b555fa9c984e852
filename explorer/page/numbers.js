// Numbers and companions: asked for once the hand rests, one request at a time, newest wins.
const body = element.querySelector('tbody'), note = element.querySelector('.nb-note');
const meter = element.querySelector('meter'), rarer = element.querySelector('.nb-rarer');
const back = element.querySelector('.nb-back'), row = element.querySelector('.cp-row');
let wanted = null, busy = false;

const signed = (x) => (x > 0 ? '+' : x < 0 ? '−' : '') + Math.abs(x).toFixed(1);

function fill(answer, recipe) {
  body.replaceChildren(...answer.rows.map((r) => {
    const line = document.createElement('tr');
    line.title = r.meaning;
    const digits = r.unit === '' ? 2 : 1;
    const cells = [
      r.name,
      r.value === null ? '–' : `${r.value.toFixed(digits).replace('-', '−')} ${r.unit}`,
      r.change === null ? '–' : Math.abs(r.change) < 0.05 ? '0' : `${signed(r.change)} SD`,
      r.below === null ? '–' : `${r.below.toFixed(0)} %`,
    ];
    cells.forEach((text, i) => {
      const cell = document.createElement(i ? 'td' : 'th');
      if (!i) cell.scope = 'row';
      cell.textContent = text;
      line.append(cell);
    });
    if (r.change !== null && Math.abs(r.change) >= 0.5) line.classList.add('moved');
    return line;
  }));
  meter.value = answer.rarer;
  rarer.textContent = `rarer than ${answer.rarer.toFixed(0)} % of random brains`
    + (recipe.edits.length ? ' along the edits' : '');
  back.disabled = !recipe.edits.length && Math.abs(recipe.psi) <= 0.7;
  row.src = answer.companions;
  note.textContent = answer.rows.some((r) => r.below !== null) ? ''
    : 'The model’s brains are being measured for the first time; change and rank come soon.';
}

async function ask() {
  if (busy) return;
  busy = true;
  while (wanted) {
    const recipe = wanted;
    wanted = null;
    const answer = await server.look(recipe).catch(() => undefined);
    if (answer?.rows) {
      fill(answer, recipe);
      element.dispatchEvent(new CustomEvent('looked', { bubbles: true, detail: recipe }));
      if (note.textContent && !wanted) {  // the population is on its way
        await new Promise((done) => setTimeout(done, 4000));
        wanted = wanted || recipe;
      }
    }
  }
  busy = false;
}

document.addEventListener('rest', (event) => { wanted = event.detail; ask(); });
back.addEventListener('click', () => {
  const recipe = window.brain.recipe;
  if (recipe.edits.length) {
    recipe.edits = recipe.edits.map((e) => ({ ...e, strength: Math.round(15 * e.strength) / 20 }))
      .filter((e) => e.strength !== 0);
  } else if (Math.abs(recipe.psi) > 0.7) recipe.psi = 0.7;
  window.brain.restore(recipe);
});
