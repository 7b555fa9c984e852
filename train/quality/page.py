"""evaluation.html: the figures beside their floors, spectra, distances and samples."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from PIL import Image

from gan.picture import contact_sheet
from gan.shell import COLOURS, FLOOR_COLOUR, Chart, Page, escape, picture_uri
from train.quality.legend import COPIED, DIVERSITY, TELLTALES, rows
from train.quality.tables import figures_table, grouped_table
from train.quality.thirds_told import thirds_tables
from train.usage import people as counted

_HALVES = "Beside halves of the training people"
_HELD_OUT = "Beside people it never saw"


def evaluation_page(
    title: str, result: dict, samples: dict[float, np.ndarray], worst: np.ndarray, note: str
) -> str:
    """The whole page. result: what `Judge.examine` gave, with "kimg"; samples: {psi: uint8
    [N, R, R] or [N, R, R, 3]}; worst: a sheet of the worst pictures, uint8; note: HTML after
    them."""
    page = Page(title)
    page.add(_facts(result))
    page.add(f'<h2>Random samples, uncurated</h2><div class="strip">{_sheets(samples)}</div>')
    page.add(_worst(worst, result["slices"]["generated"]))
    page.add(note)
    page.add(_comparison(_HALVES, result["halves"], "two halves of the training people"))
    if result["held_out"]:
        people = result["people"]["held_out"]
        who = "slices it never saw" if people is None else f"{counted(people)} it never saw"
        page.add(_comparison(_HELD_OUT, result["held_out"], who))
    for table in thirds_tables(result):
        page.add(grouped_table(table.title, table.about, table.figures, table.groups))
    page.add(_copying(result))
    page.add(_telltales(result))
    page.add_charts(list(_charts(result)))
    if "measurements" in result:
        page.add("<h2>Measured on the pictures</h2>" + _together(result["measurements"]))
        page.add_charts([_histogram(n, m) for n, m in result["measurements"]["each"].items()])
    return page.render()


def _sheets(samples: dict[float, np.ndarray]) -> str:
    sheets = []
    for psi, pictures in samples.items():
        uri = picture_uri(Image.fromarray(contact_sheet(pictures, 8)))
        about = f"{len(pictures)} random generated slices at truncation psi {psi:g}"
        sheets.append(f'<div><img src="{uri}" alt="{about}">psi {psi:g}</div>')
    return "".join(sheets)


def _worst(sheet: np.ndarray, of: int) -> str:
    about = (
        "Number under a picture: its realism (Kynkaanniemi 2019), 1 and more where it lies in a "
        "real slice's ball. Number under a pair: the distance of its pictures at 32 px."
    )
    uri = picture_uri(Image.fromarray(sheet))
    return (
        f"<h2>The worst of {of:,}</h2><p>{about}</p>"
        f'<div class="strip"><div><img src="{uri}" alt="Generated slices: the least real, and '
        'pairs of the most alike"></div></div>'
    )


def _facts(result: dict) -> str:
    counts = []
    for name, what in (("train", "trained on"), ("held_out", "never seen")):
        if name in result["slices"]:
            people = result["people"][name]
            of = "" if people is None else f" of {counted(people)}"
            counts.append(f"{what}: {result['slices'][name]:,} slices{of}")
    lines = [
        f"{result['slices']['generated']:,} generated pictures; {'; '.join(counts)}.",
        f"Features: {result['features']}.",
        *result["notes"],
        "Every figure stands beside its floor: the same figure between reals of different people. "
        "A generator at its floor is as close to the training slices as other people are.",
        f"Score {result['score']:.2f}: the mean logarithm of the main figures over their floors; "
        "0 is as good as other people, lower is better.",
    ]
    if result.get("kimg") is not None:
        lines.insert(0, f"Trained for {result['kimg']:g} thousand images.")
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _comparison(title: str, compared: dict, floor_is: str) -> str:
    value, floor = compared["value"], compared["floor"]
    about = f"{compared['slices']:,} slices on each side; floor: {floor_is}."
    return figures_table(title, about, [
        (figure, value[figure.key], floor.get(figure.key)) for figure in rows(value)
    ])  # fmt: skip


def _copying(result: dict) -> str:
    value, floor = result["copies"]["value"], result["copies"]["floor"]
    diversity = result["diversity"]
    lines = [(figure, value[figure.key], floor[figure.key]) for figure in COPIED]
    lines.append((DIVERSITY, diversity["ms_ssim"], diversity["ms_ssim_floor"]))
    about = (
        f"{result['slices']['generated']:,} pictures; floor: unseen people; pairs for MS-SSIM: "
        f"{diversity['pairs']}."
    )
    return figures_table("Copies and variety", about, lines)


def _telltales(result: dict) -> str:
    value, floor = result["telltales"]["value"], result["telltales"]["floor"]
    lines = [(f, value[f.key], floor[f.key]) for f in TELLTALES if f.key in value]
    others = "unseen people" if result["held_out"] else "half of the training people"
    return figures_table("What gives it away", f"Beside {others}; floor: real people.", lines)


def _charts(result: dict) -> Iterable[Chart]:
    spectra = {name: np.asarray(values) for name, values in result["spectrum"].items()}
    sides = (("held_out", "unseen people", FLOOR_COLOUR), ("generated", "generated", COLOURS[0]))
    yield Chart(
        "Spectrum beside the training slices",
        "Strength of each fineness of detail, 0 as in reals. Falling at the right: blurred; "
        "rising: grainy; a peak: a pattern that no head has.",
        "Line chart of the power of generated slices, less that of training slices, in dB.",
        [
            {"type": "scatter", "name": label, "y": _round(spectra[key] - spectra["real"]),
             "x0": 1, "line": {"color": colour}}
            for key, label, colour in sides if key in spectra
        ],
        {"xaxis": {"title": {"text": "waves across the picture"}},
         "yaxis": {"title": {"text": "difference, dB"}}},
    )  # fmt: skip
    copies = result["copies"]
    yield Chart(
        "Distance to the nearest training slice",
        "Generated pictures should lie where unseen people lie. A heap at the left: copies.",
        "Histogram of distances to the nearest training slice, generated and unseen people.",
        _bars(copies["edges"], {"unseen people": copies["unseen"],
                                "generated": copies["generated"]}),
        {"barmode": "overlay", "xaxis": {"title": {"text": "distance (32 px pictures)"}},
         "yaxis": {"title": {"text": "share"}}},
    )  # fmt: skip


def _together(measurements: dict) -> str:
    if not {"fd", "fd_floor"} <= set(measurements):
        return ""
    return (
        f"<p>Frechet distance of all measurements together: {measurements['fd']:.2f}; between two "
        f"halves of the training people {measurements['fd_floor']:.2f}.</p>"
    )


def _histogram(name: str, measured: dict) -> Chart:
    return Chart(
        name,
        f"Wasserstein distance {measured['wasserstein']:.2f} standard deviations of the reals.",
        f"Histogram of {name}, real and generated.",
        _bars(measured["edges"], {"real": measured["real"], "generated": measured["fake"]}),
        {"barmode": "overlay", "yaxis": {"title": {"text": "share"}}},
    )


def _bars(edges: list[float], shares: dict[str, list[float]]) -> list[dict]:
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    return [
        {"type": "bar", "name": name, "x": _round(middles), "y": _round(values, 5),
         "opacity": 0.6, "marker": {"color": colour}}
        for (name, values), colour in zip(
            shares.items(), (FLOOR_COLOUR, COLOURS[0]), strict=True)
    ]  # fmt: skip


def _round(values: Iterable[float], digits: int = 4) -> list[float]:
    return [round(float(value), digits) for value in values]
