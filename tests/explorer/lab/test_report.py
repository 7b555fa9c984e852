"""The report: every figure is the kept one, what is not known is left out."""

import csv
import io
import json
import re

import numpy as np
import pytest

from explorer import analyse as command
from explorer import load
from explorer.knowledge import population
from explorer.lab import report
from explorer.lab.analysis import found, left, of_the_network, of_the_training
from explorer.lab.factors import factors_of, measured_factors
from explorer.lab.moments import BUNDLED
from explorer.lab.results import Analysis
from explorer.lab.table import as_csv, rows
from explorer.picture.variants import variants
from explorer.work.assets import assets
from gan.factors import FILE, save_reader
from tests.explorer.conftest import write_model
from tests.gan.test_factors import learned

MODEL = assets() / "models" / "brains64" / "model.safetensors"


@pytest.fixture(scope="module")
def model():
    return load(MODEL)


@pytest.fixture(scope="module")
def kept(model) -> Analysis:
    """What lies beside the bundled model."""
    analysis = found(model.library)
    assert set(analysis.spaces) == {"Z", "W", "W+", "S"}
    return analysis


def test_the_analyses_that_ship_are_whole():
    shipped = sorted(MODEL.parent.parent.glob("*/model.safetensors"))
    assert len(shipped) > 3
    for path in shipped:
        library = load(path).lab
        assert left(library, factors_of(library)).parts == ()
    for path in variants():
        library = load(path).lab
        assert None not in of_the_network(library)
        assert (of_the_training(library) is None) == (path != BUNDLED)


def test_every_row_is_the_kept_figure(kept):
    table = {row[:4]: row for row in rows(kept)}
    assert len(table) == len(rows(kept))  # no two rows of one name
    own = next(score for score in kept.spaces["W"].scores if score.axes == "own")
    row = table["DCI disentanglement", "W", f"{own.count} own", ""]
    assert row.value == own.dci.disentanglement
    assert (row.low, row.high) == tuple(own.dci.disentanglement_interval)
    lane = kept.race.lanes["S"]
    key = f"within 0.1: {kept.keys[kept.race.target]}"
    assert table["Race: leak of the others", lane.way.name, key, ""].value == lane.leak.mean
    top = kept.magnitudes.top
    name = kept.magnitudes.name(kept.magnitudes.strongest)
    row = table["Magnitude: peak over the median", name, "", ""]
    assert row[4:] == (top.peak.mean, *top.peak.interval, 250)
    ratio = table["Path length (feature), Z over W", "full", "", ""]
    assert ratio[4:7] == tuple(kept.smoothness.ratios["feature"]["full"])
    assert all(row.low <= row.value <= row.high for row in rows(kept) if np.isfinite(row.low))


def test_the_table_is_read_by_spreadsheets(kept):
    lines = list(csv.DictReader(io.StringIO(as_csv(kept))))
    assert len(lines) == len(rows(kept))
    sap = next(line for line in lines if (line["figure"], line["of"]) == ("SAP", "S"))
    assert float(sap["95 % low"]) < float(sap["value"]) < float(sap["95 % high"])
    assert not any("nan" in value for line in lines for value in line.values())


def test_the_page_shows_them_and_needs_no_network(model, kept):
    text = report.write(kept, measured_factors(model.library), "brains64", model.digest)
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    drawn = json.loads(re.search(r'id="charts">(.*?)</script>', text, re.DOTALL)[1])
    bars = [trace for chart in drawn for trace in chart["data"] if trace["type"] == "bar"]
    own = [next(s for s in kept.spaces[n].scores if s.axes == "own").dci for n in "ZWS"]
    assert bars[0]["x"] == ["Z", "W", "S"]
    assert bars[0]["y"] == [d.disentanglement for d in own]
    top = [d.disentanglement_interval[1] - d.disentanglement for d in own]
    assert np.allclose(bars[0]["error_y"]["array"], top)
    heat = [trace for chart in drawn for trace in chart["data"] if trace["type"] == "heatmap"]
    assert np.allclose(heat[0]["z"], np.nan_to_num(kept.shares))
    difference = np.array(heat[3]["z"], float)
    assert np.allclose(difference, np.nan_to_num(kept.data.difference))
    for name in kept.names:
        assert name in text
    assert "nan" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "not for diagnosis" in text


def test_what_is_not_known_is_left_out(model):
    nothing = Analysis(("a", "b"), ("First", "Second"))
    text = report.write(nothing, measured_factors(model.library), "<b>x</b>", "0123456789abcdef")
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "Z, W and S" not in text
    assert as_csv(nothing).count("\n") == 1


def test_known_factors_are_read_back_where_a_reader_lies_beside_the_model(tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.lab.factors.PICTURES", 12)
    path = write_model(tmp_path / "phantoms" / "model.safetensors", resolution=64)
    save_reader(learned(), path.parent / FILE)
    factors = factors_of(load(path).library)
    assert factors.keys == ("size", "tone")
    assert factors.names == ("Size", "Tone")
    assert factors.trust == tuple(learned().r2)
    assert factors.table.shape == (12, 2)
    again = load(path)
    again.library.factor_reader.network.out.bias.data.fill_(9)  # would read otherwise
    assert np.array_equal(factors_of(again.library).table, factors.table)
    nothing = Analysis(factors.keys, factors.names)
    assert f"Size {learned().r2[0]:.3f}" in report.write(nothing, factors, "p", "0" * 64)


def run(monkeypatch, *words) -> int:
    monkeypatch.setattr("sys.argv", ["analyse", *map(str, words)])
    return command.main()


def test_the_command_writes_both_files(tmp_path, monkeypatch, capsys, kept):
    def given(library, show, target, lpips):
        assert lpips is None
        show(0.5, "half")
        return kept

    monkeypatch.setattr(command, "analyse", given)
    out = tmp_path / "new" / "report.html"
    assert run(monkeypatch, MODEL, "--out", out) == 0
    assert f"{out} and {out.with_suffix('.csv')}" in capsys.readouterr().out
    assert "How disentangled is brains64?" in out.read_text()
    assert out.with_suffix(".csv").read_bytes().decode() == as_csv(kept)


def test_what_is_kept_of_several_is_compared(monkeypatch, capsys):
    other = MODEL.parent.parent / "phantom64"
    assert run(monkeypatch, MODEL, other, "--compare") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "|  | brains64 | phantom64 |"
    path = found(load(MODEL).library).smoothness.lengths["feature"]["W full"]
    assert any(f"| Path length through W, anywhere | {path.mean:.2f} (" in line for line in lines)
    assert not any("not measured" in line for line in lines)


def test_for_the_desk_the_population_is_not_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(population.measure_population, "__defaults__", (None, 100))
    monkeypatch.setattr("explorer.analyse.analyse", lambda *_, only, **__: made.append(only))
    made = []
    path = write_model(tmp_path / "one" / "model.safetensors")
    assert run(monkeypatch, path.parent, "--desk") == 0
    assert made == [("smooth", "signal", "axes", "training")]
    kept = {file.name.split(".")[2] for file in path.parent.glob("model.*.*.safetensors")}
    assert kept == {"pca"}


def test_what_the_command_refuses(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, MODEL, "--out", tmp_path / "report.pdf") == 2
    assert "must end in .html" in capsys.readouterr().err
    assert run(monkeypatch, MODEL, MODEL, "--out", tmp_path / "r.html") == 2
    assert "one by one" in capsys.readouterr().err
    assert run(monkeypatch, tmp_path / "none.safetensors", "--out", tmp_path / "r.html") == 2
    assert "none.safetensors" in capsys.readouterr().err

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "analyse", stopped)
    assert run(monkeypatch, MODEL, "--out", tmp_path / "r.html") == 130
    assert "goes on from here" in capsys.readouterr().err
