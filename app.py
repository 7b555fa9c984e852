"""Open the explorer in the browser: python app.py [--port 7860] [--checkpoint FILE]."""

import argparse
import sys

import torch

from explorer import load
from explorer.machine import spare_cores
from gan.checkpoint import CheckpointError


def main() -> int:
    """0 after a normal end, 2 if the checkpoint or the port cannot be used."""
    parser = argparse.ArgumentParser(description="Explore a StyleGAN2 of brain slices.")
    parser.add_argument("--port", type=int, help="port on this machine (default: 7860 or the next)")
    parser.add_argument("--checkpoint", help="a .safetensors file (default: the bundled model)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    args = parser.parse_args()
    threads = spare_cores()
    torch.set_num_threads(threads)
    try:
        model = load(args.checkpoint)
    except CheckpointError as error:
        print(f"app: {error}", file=sys.stderr)
        return 2
    print(f"{model.path.name}: {model.config.resolution} px, computing on {threads} CPU threads")
    from explorer.page.launch import serve  # Gradio takes seconds: only once all is well

    return serve(model, args.port, open_browser=not args.no_browser)


if __name__ == "__main__":
    sys.exit(main())
