"""The file itself: page, scripts, runtime and network in one, which asks nothing of anybody."""

import base64
import gzip
import html
import json
import re
from pathlib import Path
from string import Template

from explorer.export.network import half_is_enough, halves
from explorer.export.runtime import VERSION, Runtime
from explorer.export.standalone.facts import facts_of
from explorer.picture.model import Model
from explorer.picture.render import export_png
from explorer.recipe import Recipe

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r"^import (\{[^}]*\}) from '\./([^']+)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:function|const) (\w+)", re.MULTILINE)


def page_html(model: Model, recipe: Recipe, runtime: Runtime) -> bytes:
    """The page with its first brain. Raises RecipeError for a recipe that it cannot show, and
    StillComputing while the model is measured for the first time."""
    facts = facts_of(model, recipe)
    mapping, synthesis = halves(model, half_is_enough(model))
    parts = {
        "script": runtime.script,
        "loader": runtime.loader,
        "wasm": runtime.wasm,
        "mapping": mapping,
        "synthesis": synthesis,
        "arrays": facts.arrays.astype("<f4").tobytes(),
        "worker": bundled("worker.js").encode(),
    }
    packed = "\n".join(
        f'<script type="text/plain" id="{name}">{_packed(content)}</script>'
        for name, content in parts.items()
    )
    first = base64.b64encode(export_png(model, recipe)).decode("ascii")
    text = Template((_FOLDER / "page.html").read_text(encoding="utf-8")).substitute(
        name=html.escape(model.name),
        licence=html.escape(facts.table["licence"]),
        style=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        # No end of a script can stand in a name.
        facts=json.dumps(facts.table).replace("<", "\\u003c"),
        first=f"data:image/png;base64,{first}",
        side=model.config.resolution,
        runtime=VERSION,
        packed=packed,
        page=bundled("page.js"),
    )
    return text.encode("utf-8")


def bundled(name: str) -> str:
    """A script with all it imports in one, in the order in which they need each other.

    Each module becomes a function of its own that gives what it exports, so that names of one
    module mean nothing in another.
    """
    made: dict[str, str] = {}

    def add(name: str) -> str:
        if name not in made:
            text = (_FOLDER / "scripts" / name).read_text(encoding="utf-8")
            text = _IMPORT.sub(lambda found: f"const {found[1]} = {add(found[2])};\n", text)
            exported = ", ".join(_EXPORT.findall(text))
            text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
            inside = f"(() => {{\n{text}return {{ {exported} }};\n}})()"
            made[name] = f"const {_variable(name)} = {inside};"
        return _variable(name)

    add(name)
    return "\n".join(made.values())


def _variable(name: str) -> str:
    return f"module_{name.removesuffix('.js')}"


def _packed(content: bytes) -> str:
    """base64 of gzip, the same for the same content."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")
