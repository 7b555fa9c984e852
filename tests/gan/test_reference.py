"""The reference file: what goes in comes out, and nothing that is not whole comes out."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from gan.measure import KEYS, VERSION
from gan.reference import (
    About,
    Estimates,
    Pictures,
    Reference,
    UnusableReference,
    load_reference,
    save_reference,
)

N, D = 12, 3
_HUGE = '{"model": "", "keys": [], "version": Infinity}'


def make(config, pictures=True, **about) -> Reference:
    random = np.random.default_rng(0)
    W, R = config.w_dim, config.resolution
    values = {
        "model": "abc", "keys": KEYS, "version": VERSION, "resolution": R, "trained_on": True,
        "mirror": False, "samples": 100, "data_source": "here", "data_license": "CC0",
    }  # fmt: skip
    table = random.standard_normal((N, len(KEYS)))
    table[3, 2] = np.nan
    estimates = Estimates(
        random.standard_normal((N, D)), np.eye(W)[:D], random.standard_normal(W), np.eye(W)
    )
    small = random.integers(0, 255, (N, R, R)).astype(np.uint8)
    kept = Pictures(small, np.array([1.0, 2.0])) if pictures else None
    held_out = np.arange(N) >= 9
    return Reference(About(**(values | about)), table, np.arange(N) // 3, held_out, estimates, kept)


@pytest.mark.parametrize("pictures", [True, False])
def test_what_goes_in_comes_out(tiny_config, tmp_path, pictures):
    given = make(tiny_config, pictures)
    save_reference(tmp_path / "r", given)
    found = load_reference(tmp_path / "r", "abc", tiny_config)
    assert found.about == given.about
    assert np.allclose(found.table, given.table, equal_nan=True)
    assert np.array_equal(found.people, given.people)
    assert np.array_equal(found.held_out, given.held_out)
    assert np.abs(found.estimates.w - given.estimates.w).max() < 2e-3
    assert (found.pictures is not None) == pictures
    if pictures:
        assert np.array_equal(found.pictures.small, given.pictures.small)
        assert found.pictures.unseen.tolist() == [1, 2]


def test_of_another_checkpoint_or_version(tiny_config, tmp_path):
    save_reference(tmp_path / "r", make(tiny_config))
    with pytest.raises(UnusableReference, match="another checkpoint; make it again"):
        load_reference(tmp_path / "r", "abd", tiny_config)
    save_reference(tmp_path / "r", make(tiny_config, version=VERSION + 1))
    with pytest.raises(UnusableReference, match="another version"):
        load_reference(tmp_path / "r", "abc", tiny_config)


@pytest.mark.parametrize("size", [0, 5, 100, 2000])
def test_a_file_that_is_cut_short(tiny_config, tmp_path, size):
    save_reference(tmp_path / "r", make(tiny_config))
    (tmp_path / "r").write_bytes((tmp_path / "r").read_bytes()[:size])
    with pytest.raises(UnusableReference, match="make it again"):
        load_reference(tmp_path / "r", "abc", tiny_config)


@pytest.mark.parametrize(
    "change",
    [
        {"table": np.zeros((N, 3), np.float32)},
        {"table": np.zeros((0, len(KEYS)), np.float32)},
        {"table": np.full((N, len(KEYS)), np.inf, np.float32)},
        {"table": np.zeros((), np.float32)},
        {"basis": np.zeros((), np.float32)},
        {"people": np.zeros(N + 1, np.int32)},
        {"held_out": np.ones(N, np.uint8)},
        {"mean": np.full(16, np.nan, np.float32)},
        {"error": np.zeros(16, np.float32)},
        {"basis": None},
        {"small": np.zeros((N, 4, 4), np.uint8)},
        {"small": np.zeros((N, 16, 16), np.float32)},
        {"unseen": np.zeros(0, np.float32)},
        {"unseen": None},
    ],
)
def test_arrays_that_do_not_fit(tiny_config, tmp_path, change):
    path = tmp_path / "r"
    save_reference(path, make(tiny_config))
    arrays = {k: v for k, v in (load_file(path) | change).items() if v is not None}
    save_file(arrays, path, _metadata(make(tiny_config)))
    with pytest.raises(UnusableReference, match="damaged"):
        load_reference(path, "abc", tiny_config)


@pytest.mark.parametrize("about", ["{}", "[]", "no JSON", '{"model": "", "keys": 3}', _HUGE])
def test_metadata_that_make_no_sense(tiny_config, tmp_path, about):
    save_file({"table": np.zeros(3)}, tmp_path / "r", {"format_version": "1", "about": about})
    with pytest.raises(UnusableReference, match="no reference"):
        load_reference(tmp_path / "r", "abc", tiny_config)


def test_a_model_of_another_size(tiny_config, tmp_path):
    save_reference(tmp_path / "r", make(tiny_config))
    with pytest.raises(UnusableReference, match="damaged"):
        load_reference(tmp_path / "r", "abc", replace(tiny_config, resolution=32))


def _metadata(reference: Reference) -> dict[str, str]:
    return {"format_version": "1", "about": json.dumps(vars(reference.about))}
