// Another model has another page: its layers, classes and directions differ.
const select = $('select');
for (const { path, name, here } of props.value) select.add(new Option(name, path, here, here));
$('.choose').hidden = props.value.length < 2;
const here = props.value.find((choice) => choice.here).path;
select.addEventListener('change', () => {
  const { version, seed, psi } = window.brain.left();
  const base = location.pathname.slice(0, location.pathname.length - here.length);
  location.assign(`${base}${select.value}${window.brain.hash({ version, seed, psi })}`);
});
