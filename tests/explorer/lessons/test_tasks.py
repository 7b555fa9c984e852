"""What tasks see in a trail of recipes: known trails, and heads that w steers in a known way."""

import pytest

from explorer.lessons import tasks
from explorer.recipe import Edit, Mix, Noise, Recipe
from explorer.recipe.checks import RecipeError


def done(check, model, *trail) -> bool:
    return check.look(model, trail).done


def test_visits_are_counted_once(model):
    check = tasks.Visit("seed", 3)
    assert not done(check, model, Recipe(1), Recipe(2), Recipe(1))
    assert done(check, model, Recipe(1), Recipe(2), Recipe(1), Recipe(3))
    assert check.look(model, (Recipe(1),)).says == "1 of 3"


def test_fields_are_read(model):
    assert done(tasks.Set("psi", low=0, high=0.02), model, Recipe(psi=0.02))
    assert not done(tasks.Set("psi", high=0.02), model, Recipe(psi=0.03))
    assert done(tasks.Set("noise.mode", value="none"), model, Recipe(noise=Noise("none")))
    assert not done(tasks.Set("walk.t", low=0.1), model, Recipe())  # there is no walk


def test_groups_of_layers(model):
    weights = lambda *w: Recipe(mix=Mix(1, w))  # noqa: E731
    assert done(tasks.Mixed("coarse"), model, weights(1, 1, 1, 0.95))
    assert not done(tasks.Mixed("coarse"), model, weights(1, 1, 1, 1, 0.5))
    assert done(tasks.Mixed("all"), model, weights(*[1] * 6))
    assert done(tasks.Mixed("none"), model, Recipe())
    with pytest.raises(RecipeError, match="6 layers"):
        done(tasks.Mixed("all"), model, weights(*[1] * 18))


def test_edits_of_a_source_or_a_direction(model):
    recipe = Recipe(edits=(Edit("pca2", -1.5),))
    assert done(tasks.Edited("pca", 1.5), model, recipe)
    assert done(tasks.Edited("pca2", 1), model, recipe)
    assert not done(tasks.Edited("pca1", 1), model, recipe)
    assert not done(tasks.Edited("pca", 2), model, recipe)
    assert done(tasks.Held("pca1"), model, Recipe(hold=("pca1",)))
    assert not done(tasks.Held("pca1"), model, Recipe())


def test_an_edit_goes_the_way_that_is_asked(model):
    up, down = (Recipe(edits=(Edit("pca1", x),)) for x in (2, -2))
    assert done(tasks.Edited("pca1", 2, "up"), model, up)
    assert not done(tasks.Edited("pca1", 2, "up"), model, down)
    assert done(tasks.Edited("pca1", 2, "down"), model, down)
    both = tasks.Edited("pca1", 2, "both")
    assert done(both, model, Recipe(), up, down)
    assert not done(both, model, Recipe(), up, Recipe())
    assert both.look(model, (Recipe(), up)).says == (
        "Slider PCA 1 went up to +2.0 and down to −0.0 (wanted: ±2)"
    )


def test_what_is_not_reached_does_not_read_as_if_it_were(model, monkeypatch):
    nearly = tasks.Edited("pca1", 2, "up").look(model, (Recipe(edits=(Edit("pca1", 1.99),)),))
    assert nearly == tasks.Progress(False, "Slider PCA 1 at +1.9 (wanted: +2)")
    monkeypatch.setattr(tasks, "rarer_than", lambda model, recipe: recipe.psi)
    nearly = tasks.Rare(above=95).look(model, (Recipe(psi=0.9),))
    assert nearly.says == "almost every random brain is rarer (wanted: rarer than 95 %)"
    monkeypatch.setattr(tasks, "rarer_than", lambda model, recipe: 94.96)
    nearly = tasks.Rare(above=95).look(model, (Recipe(),))
    assert nearly == tasks.Progress(False, "rarer than 94 % of random brains (wanted: 95 %)")
    off = tasks.Set("noise.mode", value="none")
    assert off.look(model, (Recipe(),)).says == "now fixed"  # as the page calls it


def test_rarity_and_difference(model):
    assert done(tasks.Rare(below=50), model, Recipe(psi=0))
    assert done(tasks.Rare(above=95), model, Recipe(psi=1.5))
    assert not done(tasks.Differs(0.5), model, Recipe(1), Recipe(1))
    assert done(tasks.Differs(0.5), model, Recipe(1, psi=1), Recipe(2, psi=1))


def test_what_a_slider_does_to_the_measurements(head_model):
    """PCA 1 is the entry of w that makes the head larger."""
    head_model.library._population.get()
    before, after = Recipe(psi=0), Recipe(psi=0, edits=(Edit("pca1", 1.5),))
    grown = tasks.moved(head_model, before, after)["area"]
    assert abs(grown) > 0.5
    by = 0.5 if grown > 0 else -0.5
    assert done(tasks.Moved("area", by), head_model, before, after)
    assert not done(tasks.Moved("area", -by), head_model, before, after)
    assert not done(tasks.Moved("area", by), head_model, before, before)
    assert done(tasks.Moved("any", 0.5), head_model, before, after)
    assert not done(tasks.Kept("area", 0.2), head_model, before, after)
    assert done(tasks.Kept("rotation", 0.2), head_model, before, after)
    far, way = f"{abs(grown):.3f}"[:4], "rose" if grown > 0 else "fell"
    says = [tasks.Moved("area", x).look(head_model, (before, after)).says for x in (by, -by)]
    assert all(f"Brain area {way} by {far} SD" in text for text in says)
    assert {text.rpartition("a ")[2] for text in says} == {"rise of 0.50 SD)", "fall of 0.50 SD)"}
    largest = tasks.Moved("any", 0.5).look(head_model, (before, after)).says
    assert f"{way} by {far} SD (wanted: up or down by" in largest
    assert "has not changed" in tasks.Moved("area", by).look(head_model, (before, before)).says
    height = tasks.Moved("height", 1).look(head_model, (before, after))
    assert height == tasks.Progress(False, "cannot be measured on this picture")


@pytest.mark.parametrize("field", tasks.FIELDS)
def test_every_field_stands_in_a_recipe(field):
    path = field.split(".")
    plain = Recipe(mix=Mix()).to_dict() | {"walk": {"t": 0, "space": "w"}}
    for name in path:
        assert name in plain
        plain = plain[name]
