"""Run the guide's notebooks without Jupyter; python -m tests.notebooks keeps what they show."""

import ast
import base64
import contextlib
import io
import json
import sys
from pathlib import Path

from PIL import Image

GUIDE = Path(__file__).parents[1] / "assets" / "guide"


def run(notebook: dict) -> dict:
    """The names that are there after all code cells; each cell gets its outputs."""
    names: dict = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, start=1):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            value = _run_cell("".join(cell["source"]), f"cell {number}", names)
        cell["execution_count"] = number
        cell["outputs"] = _outputs(said.getvalue(), value, number)
    return names


def _run_cell(source: str, name: str, names: dict) -> object:
    """Run it; its last expression's value, as in a notebook."""
    tree, last = ast.parse(source), None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, name, "exec"), names)
    return eval(compile(last, name, "eval"), names) if last else None


def _outputs(said: str, value: object, number: int) -> list[dict]:
    outputs = []
    if said:
        lines = said.splitlines(keepends=True)
        outputs.append({"output_type": "stream", "name": "stdout", "text": lines})
    if isinstance(value, Image.Image):
        png = io.BytesIO()
        value.save(png, "PNG")
        data = {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": ["picture"]}
    elif hasattr(value, "to_plotly_json"):
        data = {"application/vnd.plotly.v1+json": json.loads(value.to_json())}
        data["application/vnd.plotly.v1+json"]["layout"].pop("template", None)  # 7 kB of defaults
    else:
        data = {"text/plain": [repr(value)]}
    if value is not None:
        kind = {"output_type": "execute_result", "execution_count": number, "metadata": {}}
        outputs.append(kind | {"data": data})
    return outputs


def main() -> int:
    path = GUIDE / "explore.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    run(notebook)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
