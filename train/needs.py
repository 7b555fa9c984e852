"""python -m train.needs: what this machine has for a training, and what it lacks.

Runs where anything may be missing, so it imports nothing else of this program before it has looked.
"""

import importlib
import subprocess
import sys
from pathlib import Path

# What `python -m train` imports at its start, by the name to import and the package's.
PACKAGES = {
    "torch": "torch",
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "safetensors": "safetensors",
    "tqdm": "tqdm",
    "PIL": "pillow",
}
WHEELS = Path("wheels")


def main() -> int:
    """Install what is missing from wheels/ here, if it is there; then tell.

    0 if nothing is missing, else 2.
    """
    missing = _missing()
    if missing and WHEELS.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index"]
        subprocess.run([*pip, "--find-links", str(WHEELS), *missing], check=False)
        importlib.invalidate_caches()
        missing = _missing()
    if missing:
        names = " ".join(missing)
        print(
            f"missing here: {names}; bring wheels: pip download {names} --only-binary=:all: -d "
            f"wheels, with --platform and --python-version of this machine, and lay {WHEELS}/ "
            "beside train.sh, or pack again with --wheels wheels"
        )
        return 2
    import numpy
    import torch

    import gan

    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "none, so the processor"
    print(f"torch     {torch.__version__}, numpy {numpy.__version__}")
    print(f"card      {card}")
    print(f"program   {gan.__file__}")
    return 0


def _missing() -> list[str]:
    found = []
    for module, package in PACKAGES.items():
        try:
            importlib.import_module(module)
        except ImportError:
            found.append(package)
    return found


if __name__ == "__main__":
    sys.exit(main())
