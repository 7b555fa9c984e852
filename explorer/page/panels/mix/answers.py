"""What the mixing matrix asks the server."""

from collections.abc import Callable

from explorer.page.answers import answering, start_values, tiles
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import as_table
from explorer.tools import matrix


def matrixing(model: Model) -> list[Callable[[object], dict]]:
    """Rows and cells of posted {"recipe", "source": seed or null, "layers": [first, end]}."""

    @answering
    def matrix_row(posted: object) -> dict:
        """{"src": the source and the cells of all "bases" side by side}."""
        posted = as_table(posted, "posted")
        source, bases = posted.get("source"), matrix.check_seeds(posted.get("bases"))
        if source is not None:
            (source,) = matrix.check_seeds([source])
        layers = matrix.check_layers(model, posted.get("layers"))
        recipe = Recipe.from_dict(posted.get("recipe"))
        return tiles(model, matrix.row(model, recipe, bases, source, layers), len(bases) + 1)

    @answering
    def matrix_cell(posted: object) -> dict:
        """{"recipe": values for the page} of one "base"."""
        posted = as_table(posted, "posted")
        source = posted.get("source")
        if source is not None:
            (source,) = matrix.check_seeds([source])
        (base,) = matrix.check_seeds([posted.get("base")])
        layers = matrix.check_layers(model, posted.get("layers"))
        recipe = Recipe.from_dict(posted.get("recipe"))
        return {"recipe": start_values(matrix.cell(recipe, base, source, layers))}

    return [matrix_row, matrix_cell]
