"""onnxruntime-web (Microsoft, MIT licence), which runs a network in the browser.

One version of it, as npm's registry has it, checked by the digest that stands here. It is fetched
when a page is first made, and kept in the user's cache folder; the program comes without it.
"""

import base64
import hashlib
import io
import os
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer.knowledge.cache import users_cache
from explorer.recipe.checks import RecipeError, short
from gan.checkpoint import write_atomic

VERSION = "1.30.0"
FILE = f"onnxruntime-web-{VERSION}.tgz"
INTEGRITY = (  # as in npm's own lock files: sha512, base64
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
_REGISTRY = "https://registry.npmjs.org/"
_MOST_BYTES = 100_000_000
_PIECE = 1 << 18


@dataclass(frozen=True)
class Runtime:
    """What a page needs of it: the script, the loader of its WebAssembly, and that."""

    script: bytes
    loader: bytes
    wasm: bytes


def open_runtime(
    given: str | None = None, report: Callable[[int, int], None] | None = None
) -> Runtime:
    """From the file `given`, from the cache folder, or else from the registry.

    report: gets the bytes fetched and their number. Raises RecipeError where it cannot be had.
    """
    if given is not None:
        return _unpacked(_checked(_read(Path(given)), given))
    folder = users_cache()
    kept = folder / FILE if folder else None
    if kept and kept.is_file():
        content = _read(kept)
        if _digest(content) == INTEGRITY:
            return _unpacked(content)
    content = fetch(report)
    if kept:
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(kept, content)
        except OSError:
            pass  # fetched again the next time
    return _unpacked(content)


def fetch(report: Callable[[int, int], None] | None = None) -> bytes:
    """The package as the registry has it; arguments and errors as of `open_runtime`."""
    url = f"{_registry()}onnxruntime-web/-/{FILE}"
    content = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            size = int(answer.headers.get("Content-Length") or 0)
            while piece := answer.read(_PIECE):
                content += piece
                if report:
                    report(len(content), size)
                if len(content) > _MOST_BYTES:
                    break
    except (OSError, ValueError) as error:  # URLError is an OSError
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise RecipeError(
            f"{url}: {reason}; without internet, fetch this file elsewhere and give it with "
            "--runtime FILE"
        ) from error
    return _checked(bytes(content), url)


def _registry() -> str:
    """npm's, or the one that npm itself would be told to use by the environment."""
    names = ("NPM_CONFIG_REGISTRY", "npm_config_registry")
    url = next((os.environ[name] for name in names if os.environ.get(name)), _REGISTRY)
    if not url.startswith(("https://", "http://")):
        raise RecipeError(f"NPM_CONFIG_REGISTRY: expected an address, got {short(url)}")
    return url.rstrip("/") + "/"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecipeError(f"--runtime {path}: {error.strerror or error}") from error


def _checked(content: bytes, where: str) -> bytes:
    if _digest(content) != INTEGRITY:
        raise RecipeError(
            f"{where}: this is not {FILE} as it was published (its sha512 differs); "
            f"fetch {_REGISTRY}onnxruntime-web/-/{FILE} and give it with --runtime FILE"
        )
    return content


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha512(content).digest()).decode("ascii")


def _unpacked(content: bytes) -> Runtime:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        names = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
        return Runtime(*(archive.extractfile(f"package/dist/{name}").read() for name in names))
