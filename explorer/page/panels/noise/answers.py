"""What the map of the noise asks the server."""

from collections.abc import Callable

from explorer.page.answers import answering, picture_source
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import as_table
from explorer.tools import colours
from explorer.tools.noise_map import DRAWS, NoiseMaps


def mapping_noise(model: Model) -> Callable[[object], dict]:
    """{"src": map in colour, "top": grey levels at the scale's end, "mean", "draws"}."""
    maps = NoiseMaps(model)

    @answering
    def noise_map(posted: object) -> dict:
        """Of posted {"recipe", "layer": number or null, "draws": how many to have at least}."""
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe"))
        found = maps.get(recipe, posted.get("draws", DRAWS), posted.get("layer"))
        top = float(found.deviation.max())
        return {
            "src": picture_source(colours.heat(found.deviation / (top or 1))),
            "top": top, "mean": float(found.deviation.mean()), "draws": found.draws,
        }  # fmt: skip

    return noise_map
