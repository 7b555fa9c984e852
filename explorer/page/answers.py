"""What the page asks the server: each answer is JSON, each mistake a sentence."""

import base64
import binascii
import functools
import time
from collections.abc import Callable

from explorer.knowledge.directions import own
from explorer.knowledge.library import StillComputing
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import STEPS
from explorer.knowledge.reference import Reals
from explorer.knowledge.ruler import Ruler
from explorer.picture.latents import place_of
from explorer.picture.model import Model
from explorer.picture.preview import drawn, marked
from explorer.picture.render import export_png
from explorer.recipe import MOST, Edit, Own, Recipe, Walk
from explorer.recipe.checks import RecipeError, as_table, as_tuple, is_whole, name_of
from explorer.recipe.files import MOST_BYTES, read_recipe
from explorer.tools import here, journey, views
from explorer.tools.gallery import gallery
from explorer.tools.histogram import histogram
from explorer.tools.scales import scales
from explorer.work.asker import asker
from explorer.work.background import Ending, computing
from explorer.work.turns import Superseded
from explorer.work.uploads import need_uploads
from gan.card import CardError
from gan.picture import png_bytes

SOURCE = "data:image/png;base64,"


def answering(function: Callable[[object], dict]) -> Callable[[object], dict]:
    """Anything can be posted to the server, so whatever is wrong with it comes back in words.

    {"error": sentence}, with "again": True where waiting helps.
    """

    @functools.wraps(function)
    def answer(posted: object = None) -> dict:
        try:
            with computing():
                return function(posted)
        except StillComputing as wait:
            return {"error": f"This is {wait}", "again": True}
        except (RecipeError, CardError) as error:
            return {"error": str(error)}
        except Ending:
            return {"error": "The program is ending."}

    return answer


def tiles(model: Model, sheet, columns: int) -> dict:
    """{"src": a uint8 sheet of so many pictures across, "preview": what small ones are called}."""
    return {"src": picture_source(sheet), "preview": marked(model, sheet.shape[1] // columns)}


def picture_source(picture) -> str:
    """A uint8 picture [H, W] or [H, W, 3] for the `src` of an image; marked synthetic."""
    return picture_uri(png_bytes(picture))


def start_values(recipe: Recipe) -> dict:
    """The recipe as the page keeps it: with every part that a control may change."""
    values = recipe.to_dict()
    walk = recipe.walk or Walk()
    keys = [key.compact() for key in walk.keys]
    values["walk"] = {"keys": keys, "t": walk.t, "space": walk.space, "loop": walk.loop}
    values["mix"] = values["mix"] or {"seed": 1, "weights": [], "recipe": None}
    if recipe.mix and recipe.mix.recipe:
        values["mix"]["recipe"] = recipe.mix.recipe.compact()  # it goes into links
    return values


def drawing(model: Model) -> Callable[[object], dict]:
    """{"src": PNG as data URI, "ms": time to make it, "size": in pixels, "whole": whether it is the
    whole picture} of posted {"recipe": values, "user": name}.

    user: a page's own name for itself. Of what it asks while others are served only the newest is
    made; what that overtakes is answered {"superseded": True}. With "soon" posted, large networks
    may give a smaller picture: true for the first, then the size of that which is shown.
    """

    @answering
    def draw(posted: object) -> dict:
        start = time.perf_counter()
        posted = as_table(posted, "posted")
        user = posted.get("user")
        if not isinstance(user, str | None) or len(user or "") > 100:
            raise RecipeError("user: expected a short name")
        soon, whole = posted.get("soon", False), model.config.resolution
        if not isinstance(soon, bool) and not (is_whole(soon) and 0 < soon < whole):
            raise RecipeError(f"soon: expected true, false or a size below {whole}")
        recipe = Recipe.from_dict(posted.get("recipe"))
        try:
            png, size = drawn(model, recipe, user and (asker.get(), user), soon)
        except Superseded:
            return {"superseded": True}
        ms = (time.perf_counter() - start) * 1000
        return {"src": picture_uri(png), "ms": ms, "size": size, "whole": size == whole}

    return draw


def looking(model: Model) -> list[Callable[[object], dict]]:
    """What is shown once the hand rests: measurements, how rare it is, companions; how far each
    measurement reaches; and on demand how one is spread."""

    @answering
    def look(posted: object) -> dict:
        """Of posted {"recipe", "against": the recipe that changes are told against, or None}."""
        posted = as_table(posted, "posted")
        recipe, against = Recipe.from_dict(posted.get("recipe", {})), posted.get("against")
        against = None if against is None else Recipe.from_dict(against)
        rows = views.readings(model, recipe, against)
        companions = tiles(model, views.companions(model, recipe), len(views.COMPANIONS))
        return {
            "rows": rows,
            "rarer": views.rarer_than(model, recipe),
            "held": views.held(model, recipe),
            "companions": companions["src"],
            "preview": companions["preview"],
        }

    def known() -> tuple[Ruler, Population, Reals | None]:
        return model.library.ruler, model.library.population(), model.library.reals

    def place(posted: dict) -> float | None:
        """Of the posted picture, where the model has a scale."""
        recipe = Recipe.from_dict(posted.get("recipe", {}))
        return place_of(model, recipe) if model.scale else None

    @answering
    def spread(posted: object) -> dict:
        """The histogram of posted {"key", "height": of the picture or None, "recipe": its own}."""
        posted = as_table(posted, "posted")
        return histogram(*known(), posted.get("key"), posted.get("height"), place(posted))

    @answering
    def ranges(posted: object) -> dict:
        """{"scales": how far each measurement reaches} of posted {"height": as of `spread`,
        "recipe": of the picture}."""
        posted = as_table(posted, "posted")
        return {"scales": scales(*known(), posted.get("height"), place(posted))}

    return [look, spread, ranges]


def showing(model: Model) -> Callable[[object], dict]:
    """{"presets": [{"name", "recipe"}]}: brains that show the model's range."""

    @answering
    def presets(posted: object) -> dict:
        return {"presets": [{"name": n, "recipe": r.compact()} for n, r in gallery(model)]}

    return presets


def adopting(model: Model) -> Callable[[object], dict]:
    """{"recipe": values for the page} of posted {"values": recipe} or {"file": base64}."""

    @answering
    def adopt(posted: object) -> dict:
        posted = as_table(posted, "posted")
        if "file" in posted:
            need_uploads()
            recipe = read_recipe(decoded(posted["file"], "file", MOST_BYTES))
        else:
            recipe = Recipe.from_dict(posted.get("values"))
        export_png(model, recipe)  # refuses what this model does not have
        return {"recipe": start_values(recipe)}

    return adopt


def freezing(model: Model) -> Callable[[object], dict]:
    """{"key": the picture of a posted recipe as a plain w, without what has its default}."""

    @answering
    def freeze(posted: object) -> dict:
        return {"key": journey.freeze(model, Recipe.from_dict(posted)).compact()}

    return freeze


def listing(model: Model) -> Callable[[object], dict]:
    """Every direction the page lists, in groups, as of `views.shelf`."""

    @answering
    def directions(posted: object) -> dict:
        return views.shelf(model)

    return directions


def directing(model: Model) -> list[Callable[[object], dict]]:
    """What the list of directions asks for, the list itself first."""

    @answering
    def effects(posted: object) -> dict:
        """{"effects": {key: how far one step moves each measurement, in SD or None}} of the listed
        directions' receipts."""
        receipts = model.library.receipts()
        return {"effects": {k: [known(float(x)) for x in r.effect] for k, r in receipts.items()}}

    @answering
    def activations(posted: object) -> dict:
        """Of posted {"layer"}."""
        layer = as_table(posted, "posted").get("layer")
        return {"rows": views.activation_rows(model, layer)}

    @answering
    def film(posted: object) -> dict:
        recipe, edit = _edit(posted)
        return tiles(model, views.film_strip(model, recipe, edit), len(STEPS))

    @answering
    def receipt(posted: object) -> dict:
        return views.receipt_of(model, *_edit(posted))

    @answering
    def make_own(posted: object) -> dict:
        """From groups {"more": seeds, "less": seeds} or from the recipe's start to the recipe."""
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe", {}))
        name, taken = name_of(posted.get("name"), "Mine"), taken_keys(recipe)
        spread = model.library.spread
        if "more" in posted:
            more, less = (views.w_of_seeds(model, posted.get(k), recipe) for k in ("more", "less"))
            found = own.between_groups(name, more, less, spread, taken)
            return {"own": vars(found.own), "right": known(found.right), "of": found.examples}
        start = views.mean_w(model, views.start_of(recipe))
        made = own.from_difference(name, start, views.mean_w(model, recipe), spread, taken)
        return {"own": vars(made), "right": None, "of": 0}

    @answering
    def aim_here(posted: object) -> dict:
        """A direction for this brain, and in SD what one step of it aims at and reaches. Posted:
        {"recipe", "key": of a measurement}."""
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe", {}))
        made = here.aim(model, recipe, posted.get("key"), taken_keys(recipe))
        figures = {name: known(x) for name, x in vars(made).items() if name != "own"}
        return {"own": vars(made.own), **figures}

    @answering
    def write_own(posted: object) -> dict:
        """A file of the posted recipe's own directions."""
        owns = Recipe.from_dict(posted).own
        if not owns:
            raise RecipeError("directions: there are none of your own yet")
        content = own.to_file(owns, model.digest)
        return {"file": base64.b64encode(content).decode("ascii")}

    @answering
    def read_own(posted: object) -> dict:
        need_uploads()
        content = decoded(as_table(posted, "posted").get("file"), "file", own.MOST_FILE_BYTES)
        owns: tuple[Own, ...] = own.from_file(content, model.digest, model.config.w_dim)
        return {"owns": [vars(o) for o in owns]}

    return [
        listing(model),
        effects,
        activations,
        film,
        receipt,
        make_own,
        aim_here,
        write_own,
        read_own,
    ]


def taken_keys(recipe: Recipe) -> set[str]:
    """Keys of a recipe's own directions; raises RecipeError where it can carry no more."""
    if len(recipe.own) >= MOST["own"]:
        raise RecipeError(f"own: a recipe carries {MOST['own']} directions, no more; begin anew")
    return {own.key for own in recipe.own}


def _edit(posted: object) -> tuple[Recipe, Edit]:
    posted = as_table(posted, "posted")
    recipe = Recipe.from_dict(posted.get("recipe", {}))
    layers = posted.get("layers")
    return recipe, Edit(
        posted.get("direction"), 0.0, None if layers is None else as_tuple(layers, "layers")
    )


def decoded(text: object, what: str, most: int) -> bytes:
    """What a page sends as base64, at most so many bytes; raises RecipeError on anything else."""
    if not isinstance(text, str) or not 0 < len(text) <= most * 4 // 3 + 4:
        raise RecipeError(f"{what}: expected base64 of at most {most:,} bytes")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecipeError(f"{what}: not base64") from error


def known(x: float) -> float | None:
    """For JSON, which has no NaN."""
    return x if x == x else None


def picture_uri(png: bytes) -> str:
    """A PNG as the address of a picture in the page."""
    return SOURCE + base64.b64encode(png).decode("ascii")
