"""The presets reach to the ends of what is measured, and are ordinary otherwise."""

from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.tools.gallery import gallery


def test_twelve_brains_at_the_ends_of_the_measurements(head_model):
    library = head_model.library
    library.prepare()
    ruler, population = library.ruler, library.population()
    found = gallery(head_model)
    assert len(found) == len({name for name, _ in found}) == 12
    assert len({recipe.w for _, recipe in found}) > 8
    ends = {m.less: (m.key, 0, 4) for m in ruler.measurements}
    ends |= {m.more: (m.key, 96, 100) for m in ruler.measurements}
    for name, recipe in found:
        key, least, most = ends[name]
        value = ruler.measure(render(head_model, recipe)[None])[0]
        rank = population.percentile(value)[ruler.keys.index(key)]
        # The others answer to the noise only, which these heads have where it is given in maps.
        assert key not in ("area", "ratio", "brightness", "ventricles") or least <= rank <= most
        assert Recipe.from_dict(recipe.to_dict()) == recipe
