"""Open the explorer in the browser: python app.py, brain-explorer or python -m explorer."""

import argparse
import gc
import sys
from contextlib import suppress
from pathlib import Path

import torch

from explorer.door.options import add_options, door_of, keep_log
from explorer.door.users import DoorError
from explorer.knowledge.library import StillComputing
from explorer.knowledge.sketch import is_large
from explorer.lessons.reading import bundled_lessons, read_lessons
from explorer.picture.foreign import models_in, told_of
from explorer.picture.latents import check
from explorer.picture.model import Model, bundled
from explorer.picture.opening import add_device, opened, where
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.recipe.files import recipe_of
from explorer.work.environment import settle_gradio, this_machine_only
from explorer.work.machine import spare_cores
from explorer.work.memory import keep_memory
from explorer.work.uploads import take_uploads
from gan.card import CardError
from gan.checkpoint import CheckpointError


def main() -> int:
    """0 after a normal end, 2 if something given or the machine's folders are of no use."""
    parser = argparse.ArgumentParser(description="Explore a StyleGAN2 of brain slices.")
    parser.add_argument(
        "--port", type=port, help="port on this machine (default: 7860, or the next that is free)"
    )
    parser.add_argument(
        "--checkpoint", nargs="+", default=[], metavar="FILE",
        help="models to choose from in the page, the first opened at once: model.safetensors "
        "files, folders of trainings or of models, .pkl, .pt and .pth files of other programs; "
        "the bundled models come after them",
    )  # fmt: skip
    parser.add_argument("--recipe", help="a saved picture, or a recipe in JSON, to begin with")
    parser.add_argument(
        "--lessons", metavar="FOLDER",
        help="lessons of your own (*.json) beside those of the program; one of the same name "
        "takes the other's place",
    )  # fmt: skip
    add_device(parser)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    add_options(parser)
    args = parser.parse_args()
    gc.disable()  # until all is there, see app.py
    if sys.stdout:  # a name that the terminal cannot write must not end the program
        sys.stdout.reconfigure(errors="backslashreplace")
    torch.set_num_threads(spare_cores())
    try:
        door = door_of(args)
        keep_log(door)
        take_uploads(door.uploads)
        recipe = recipe_of(args.recipe) if args.recipe else None
        taught = bundled_lessons()
        if args.lessons:
            taught |= read_lessons(Path(args.lessons))
        given = [model for path in args.checkpoint for model in models_of(path, args.device)]
        found = [*given, *(opened(path, args.device) for path in bundled())]
        digests = [model.digest for model in found]
        models = [m for i, m in enumerate(found) if m.digest not in digests[:i]]  # each once
        if recipe:
            models = fitting_first(models, recipe)
        if any(is_large(model.config) for model in models):
            keep_memory()
    except (CheckpointError, CardError, RecipeError, DoorError) as error:
        print(f"app: {error}", file=sys.stderr)
        return 2
    for model in models:
        for line in told_of(model.provenance):
            print(line)
        print(f"{model.name}: {model.config.resolution} px, {where(model)}")
    try:
        settle_gradio()
    except OSError as error:
        print(f"app: folder for temporary files: {error}; set TMPDIR to one that can be written",
              file=sys.stderr)  # fmt: skip
        return 2
    with this_machine_only():
        from explorer.page.launch import serve  # Gradio takes seconds: only once all is well

    return serve(models, args.port, not args.no_browser, recipe, taught, door, args.device)


def models_of(path: str, device: str) -> list[Model]:
    """Of a file or a folder. What lies in a folder beside others and cannot be opened is told and
    left out. Raises CheckpointError if nothing can, CardError if the card that was named cannot."""
    found, errors = [], []
    for file in models_in(path):
        try:
            found.append(opened(file, device))
        except CheckpointError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    for error in errors:
        print(f"left out: {error}", file=sys.stderr)
    return found


def port(text: str) -> int:
    """A port's number; raises ArgumentTypeError, which argparse tells the user, if it is none."""
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text}: must be a number from 1 to 65535")
    return int(text)


def fitting_first(models: list[Model], recipe: Recipe) -> list[Model]:
    """The models with the first that can make the recipe moved to the front.

    One that must be measured first, to tell, counts as able. Raises RecipeError, as the first model
    says it, if none can.
    """
    errors = []
    for model in models:
        try:
            with suppress(StillComputing):
                check(model, recipe)
        except RecipeError as error:
            errors.append(error)
        else:
            return [model, *(m for m in models if m is not model)]
    raise errors[0]


if __name__ == "__main__":
    sys.exit(main())
