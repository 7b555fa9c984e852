"""What is written never lands among the data that is read."""

import pytest

from tests.train.data.conftest import put
from train.__main__ import main
from train.data import DataConfig, load_slices
from train.usage import UsageError, check_outside


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "inner").mkdir(parents=True)
    for i in range(3):
        put(folder / f"{i}.png", level=i)
    return folder


@pytest.mark.parametrize("place", [".", "run", "inner/run", "inner/../run"])
def test_inside_is_refused(data, place):
    with pytest.raises(UsageError, match=r"--out .*: lies inside --data .*; give a folder outside"):
        check_outside("out", data / place, data)


def test_a_link_into_the_data_is_inside(data, tmp_path):
    (tmp_path / "link").symlink_to(data / "inner")
    with pytest.raises(UsageError, match="lies inside"):
        check_outside("out", tmp_path / "link" / "run", data)


def test_elsewhere_and_hidden_is_fine(data, tmp_path):
    for place in (tmp_path / "run", tmp_path, tmp_path / "data-2", data / ".cache" / "run"):
        check_outside("out", place, data)  # hidden folders are never read


@pytest.mark.parametrize("command", [[], ["inspect"]])
def test_commands_refuse_it_before_they_write(data, capsys, command):
    out = data / "run"
    words = ["inspect", str(data)] if command else ["--data", str(data)]
    assert main([*words, "--out", str(out)]) == 2
    assert "lies inside --data" in capsys.readouterr().err
    assert not out.exists()


def test_no_cache_among_the_data(data):
    with pytest.raises(UsageError, match=r"--cache .*lies inside --data"):
        load_slices(data, 16, 1, DataConfig(cache=str(data / "cache")))
