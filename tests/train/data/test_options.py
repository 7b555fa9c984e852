"""The data options: from the command line, and values that make no sense."""

from pathlib import Path

import pytest

from train.config import parse
from train.data import DataConfig
from train.usage import UsageError

PLACES = ["--data", "slices", "--out", "run"]


def test_options_reach_the_configuration():
    command = parse([*PLACES, "--labels", "folders", "--fit", "pad", "--slice-step", "2",
                     "--skip-broken", "--cache", "none", "--kimg", "3"])  # fmt: skip
    assert command.source == DataConfig(
        labels="folders", fit="pad", slice_step=2.0, skip_broken=True, cache="none"
    )
    assert command.train.kimg == 3
    assert parse(PLACES).source == DataConfig()
    assert not hasattr(command.train, "labels")


def test_the_cut_is_made_of_the_options():
    cut = DataConfig(plane="sagittal", slice_from=-5, slice_to=5, slice_step=5, field_mm=100).cut
    assert cut.plane == "sagittal"
    assert cut.positions.tolist() == [-5, 0, 5]
    assert cut.field == 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"val_fraction": 1.0}, "--val-fraction 1.0: must be from 0 to below 1"),
        ({"val_fraction": float("nan")}, "--val-fraction nan: must be a finite number"),
        ({"pixel_mm": -1.0}, "--pixel-mm -1.0: must be from 0"),
        ({"field_mm": 0.0}, "--field-mm 0.0: must be above 0"),
        ({"slice_from": 9.0, "slice_to": 1.0}, "--slice-to 1.0: must not lie below --slice-from"),
        ({"subject_pattern": "(a"}, r"--subject-pattern \(a: no regular expression"),
        ({"subject_pattern": "a"}, "--subject-pattern a: needs exactly one group"),
        ({"fit": "stretch"}, "--fit stretch: must be refuse or pad or crop"),
        ({"held_out": "some"}, "--held-out some: must be auto or val or test"),
    ],
)
def test_values_that_make_no_sense(options, message):
    with pytest.raises(UsageError, match=message):
        DataConfig(**options)


def test_where_the_cache_lies(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert DataConfig().cache_folder == Path("/somewhere/stylegan2-brain-explorer")
    assert DataConfig(cache="none").cache_folder is None
    assert DataConfig(cache="/here").cache_folder == Path("/here")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert DataConfig().cache_folder.name == "stylegan2-brain-explorer"
    assert Path.home() in DataConfig().cache_folder.parents


def test_checkpoints_hold_no_place_of_this_machine():
    kept = DataConfig(labels="/home/me/labels.csv", cache="/home/me/cache", fit="pad").to_dict()
    assert "/home" not in repr(kept)
    assert (kept["labels"], kept["fit"]) == ("labels.csv", "pad")
