"""Where results are kept when there is no home to keep them in."""

import os
from dataclasses import replace

import numpy as np

from explorer.knowledge.cache import Kept, Shelf, digest_of


def test_a_user_without_a_home_keeps_nothing_and_that_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")  # no folder: nobody can write in it, not even root
    shelf = Shelf(tmp_path / "file" / "model.safetensors", "0123456789abcdef")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # what it does for such a user
    assert shelf.places("kind") == [tmp_path / "file" / "model.0123456789ab.kind.safetensors"]
    shelf.write("kind", 1, Kept({"numbers": np.arange(3)}, ["table"]))
    assert shelf.read("kind", 1) is None


def test_what_rests_on_something_else_is_made_anew(tmp_path):
    shelf = Shelf(tmp_path / "model.safetensors", "0123456789abcdef", rests_on="one")
    shelf.write("kind", 1, Kept({"numbers": np.arange(3)}, ["table"]))
    assert shelf.read("kind", 1).table == ["table"]
    for other in ("two", ""):
        assert replace(shelf, rests_on=other).read("kind", 1) is None


def test_a_digest_is_of_names_content_and_words(tmp_path):
    files = [tmp_path / name for name in ("one", "two")]
    seen = [digest_of(files), digest_of(files, 2)]
    for name, text in (("one", "a"), ("one", "b"), ("two", "b")):
        (tmp_path / name).write_text(text)
        seen.append(digest_of(files))
    (tmp_path / "one").unlink()
    seen.append(digest_of(files))
    (tmp_path / "one").mkdir()  # cannot be read: as if it were not there
    assert len(set(seen)) == len(seen)
    assert digest_of(files) == seen[-1]
