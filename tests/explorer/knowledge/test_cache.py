"""Where results are kept when there is no home to keep them in."""

import os

import numpy as np

from explorer.knowledge.cache import Kept, Shelf


def test_a_user_without_a_home_keeps_nothing_and_that_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")  # no folder: nobody can write in it, not even root
    shelf = Shelf(tmp_path / "file" / "model.safetensors", "0123456789abcdef")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # what it does for such a user
    assert shelf.places("kind") == [tmp_path / "file" / "model.0123456789ab.kind.safetensors"]
    shelf.write("kind", 1, Kept({"numbers": np.arange(3)}, ["table"]))
    assert shelf.read("kind", 1) is None
