"""Open the explorer in the browser: python app.py [--checkpoint FILE] [--recipe FILE]."""

import argparse
import sys

import torch

from explorer import load
from explorer.checks import RecipeError
from explorer.files import recipe_of
from explorer.latents import check
from explorer.machine import spare_cores
from gan.checkpoint import CheckpointError


def main() -> int:
    """0 after a normal end, 2 if the checkpoint, the recipe or the port cannot be used."""
    parser = argparse.ArgumentParser(description="Explore a StyleGAN2 of brain slices.")
    parser.add_argument("--port", type=int, help="port on this machine (default: 7860 or the next)")
    parser.add_argument("--checkpoint", help="a .safetensors file (default: the bundled model)")
    parser.add_argument("--recipe", help="a saved picture, or a recipe in JSON, to begin with")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    args = parser.parse_args()
    threads = spare_cores()
    torch.set_num_threads(threads)
    try:
        model = load(args.checkpoint)
        recipe = recipe_of(args.recipe) if args.recipe else None
        if recipe:
            check(model, recipe)
    except (CheckpointError, RecipeError) as error:
        print(f"app: {error}", file=sys.stderr)
        return 2
    print(f"{model.path.name}: {model.config.resolution} px, computing on {threads} CPU threads")
    from explorer.page.launch import serve  # Gradio takes seconds: only once all is well

    return serve(model, args.port, open_browser=not args.no_browser, recipe=recipe)


if __name__ == "__main__":
    sys.exit(main())
