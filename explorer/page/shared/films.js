
// Films of the sliders above: this script stands behind one that has `rows`, the box of all rows, and
// `without(recipe, key)`. A film shows everything but its own slider as it was then: an older one is
// faded.
function unroll(row, src, alt, recipe) {
  const box = row.querySelector('.dr-film'), image = box.querySelector('img');
  image.src = src;
  image.alt = alt;
  box.dataset.of = without(recipe, row.dataset.key);
  box.hidden = false;
  age();
}
function age() {
  for (const row of rows.querySelectorAll('.dr-row')) {
    const box = row.querySelector('.dr-film');
    const old = !box.hidden && box.dataset.of !== without(window.brain.now, row.dataset.key);
    box.style.opacity = old ? 0.4 : '';
    box.title = old ? 'The picture has changed since: close and open it again.' : '';
  }
}
document.addEventListener('rest', age);
