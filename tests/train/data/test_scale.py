"""Classes in order: numbers of a table as places on a scale, from the file to the networks."""

import numpy as np
import pytest
import torch
from PIL import Image

from gan.generator import class_vectors
from gan.scale import Scale
from train.data import DataConfig, load_slices
from train.data.inspect import look
from train.data.labels import is_number, scale_of
from train.usage import UsageError


@pytest.fixture
def heights(tmp_path):
    """Six slices of three people, 10 mm apart, with a table that tells their height."""
    rows = ["file,subject,z_mm"]
    for i, z in enumerate((-20, -10, 0, 10, 20, 30)):
        name = f"p{i // 2}_slice{i}.png"
        Image.fromarray(np.full((16, 16), 40 * i + 10, np.uint8)).save(tmp_path / name)
        rows.append(f"{name},p{i // 2},{z}")
    (tmp_path / "table.csv").write_text("\n".join(rows))
    return tmp_path


CONFIG = {"labels": "table.csv", "label_column": "z_mm", "cache": "none"}


def test_between_two_classes_both_have_their_share():
    vectors = class_vectors(torch.tensor([0.0, 2.25, 3.0]), 4)
    expected = [[1, 0, 0, 0], [0, 0, 0.75, 0.25], [0, 0, 0, 1]]
    assert vectors.tolist() == expected


def test_whole_places_are_the_classes():
    numbers = torch.arange(5)
    assert torch.equal(class_vectors(numbers.float(), 5), class_vectors(numbers, 5))


def test_position_by_hand():
    scale = Scale("z", -20.0, 30.0, 11)
    assert [scale.position(z) for z in ("-20", "30", "5", "-99", "99")] == [0, 10, 5, 0, 10]
    assert scale.position("7.5") == 5.5
    assert scale.classes == tuple(str(z) for z in range(-20, 31, 5))


def test_value_is_the_inverse_of_position():
    scale = Scale("z_mni_mm", -20.0, 59.0, 16)
    assert [scale.value(scale.position(z)) for z in (-20, 3.5, 59)] == pytest.approx([-20, 3.5, 59])
    assert (scale.name, scale.unit, scale.middle) == ("Slice height", "mm", 19.5)


@pytest.mark.parametrize(
    "values", [None, {}, [], {"column": "z", "first": "x", "last": 1},
               *({"column": "z", "first": first, "last": last} for first, last in (
                   (1, 1), (0, 1e999), (10**400, 10**401), (-1e308, 1e308), (0, 5e-324),
                   (2e9, 3e9), (1e8, 1e8 + 1e-7), (2, 1), (float("nan"), 1),
               ))],
)  # fmt: skip
def test_a_checkpoint_that_tells_no_scale_has_numbers_of_classes(values):
    assert Scale.from_dict(values, 5) == Scale("class", 0, 4, 5)


def test_a_scale_survives_its_checkpoint():
    scale = Scale("age", 20.0, 82.0, 8)
    assert Scale.from_dict(scale.to_dict(), 8) == scale


def test_marks_of_a_fine_scale_differ():
    classes = Scale("share", 0.01, 0.02, 16).classes
    assert len(set(classes)) == 16
    assert float(classes[0]) == 0.01
    assert float(classes[-1]) == 0.02


def test_slices_carry_their_places(heights):
    slices = load_slices(heights, 16, 1, DataConfig(ordered=3, **CONFIG))
    assert slices.scale == Scale("z_mm", -20.0, 30.0, 3)
    assert slices.classes == ("-20", "5", "30")
    assert slices.labels.dtype == np.float32
    by_grey = dict(zip(slices.images[:, 0, 0, 0].tolist(), slices.labels.tolist(), strict=True))
    assert by_grey == {
        10 + 40 * i: pytest.approx(place) for i, place in enumerate((0, 0.4, 0.8, 1.2, 1.6, 2))
    }


def test_the_digest_tells_a_height_that_moved(heights):
    before = load_slices(heights, 16, 1, DataConfig(ordered=3, **CONFIG)).labels_digest
    table = heights / "table.csv"
    table.write_text(table.read_text().replace(",10", ",12"))
    assert load_slices(heights, 16, 1, DataConfig(ordered=3, **CONFIG)).labels_digest != before


def test_the_cache_keeps_the_scale(heights, tmp_path_factory):
    config = DataConfig(ordered=4, **CONFIG | {"cache": str(tmp_path_factory.mktemp("cache"))})
    first, second = (load_slices(heights, 16, 1, config) for _ in range(2))
    assert first.scale == second.scale
    assert np.array_equal(first.labels, second.labels)


def test_what_is_no_number_is_named(heights):
    table = heights / "table.csv"
    table.write_text(table.read_text().replace(",10", ",high"))
    with pytest.raises(UsageError, match=r"high in column z_mm of table\.csv is no number"):
        load_slices(heights, 16, 1, DataConfig(ordered=3, **CONFIG))
    left = load_slices(heights, 16, 1, DataConfig(ordered=3, skip_broken=True, **CONFIG))
    assert len(left) == 5


def test_the_scale_is_of_what_was_read(heights):
    (heights / "p2_slice5.png").write_bytes(b"broken")
    slices = load_slices(heights, 16, 1, DataConfig(ordered=3, skip_broken=True, **CONFIG))
    assert slices.scale == Scale("z_mm", -20.0, 20.0, 3)
    assert slices.labels.tolist() == pytest.approx([0, 0.5, 1, 1.5, 2])


def test_inspect_tells_the_scale(heights):
    survey = look(heights, DataConfig(ordered=3, **CONFIG))
    assert survey.plan.scale == Scale("z_mm", -20.0, 30.0, 3)


@pytest.mark.parametrize("labels", ["none", "folders"])
def test_a_scale_needs_a_table(labels):
    with pytest.raises(UsageError, match="--ordered 4: needs numbers"):
        DataConfig(labels=labels, ordered=4)


@pytest.mark.parametrize("count", [1, -2, 257])
def test_a_scale_has_some_classes(count):
    with pytest.raises(UsageError, match="from 2 to 256"):
        DataConfig(ordered=count, labels="table.csv")


def test_one_number_is_no_scale():
    with pytest.raises(UsageError, match="one number only"):
        scale_of(["3", "3.0"], "z", 4, "table.csv")


def test_numbers_are_finite():
    assert all(map(is_number, ("1", "-2.5e1", " 3 ")))
    assert not any(map(is_number, ("nan", "inf", "1,5", "", "high")))
