"""The runtime of pages without a server: fetched once, kept, and never taken unchecked."""

import base64
import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from explorer.export import runtime
from explorer.export.runtime import FILE, Runtime, open_runtime
from explorer.recipe.checks import RecipeError

EXPECTED = Runtime(b"script", b"loader", b"wasm")


def package() -> bytes:
    """A package like npm's, with a few bytes for each file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in (
            ("ort.wasm.min.js", EXPECTED.script),
            ("ort-wasm-simd-threaded.mjs", EXPECTED.loader),
            ("ort-wasm-simd-threaded.wasm", EXPECTED.wasm),
        ):
            entry = tarfile.TarInfo(f"package/dist/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


PACKAGE = package()


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A registry on this machine that has the package; yields the addresses it was asked for."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(PACKAGE)))
            self.end_headers()
            self.wfile.write(PACKAGE)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{server.server_port}/npm")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    digest = base64.b64encode(hashlib.sha512(PACKAGE).digest()).decode()
    monkeypatch.setattr(runtime, "INTEGRITY", digest)
    yield asked
    server.shutdown()
    server.server_close()


def kept(tmp_path):
    return tmp_path / "cache" / "stylegan2-brain-explorer" / FILE


def test_it_is_fetched_once_and_kept(registry, tmp_path):
    told = []
    assert open_runtime(report=lambda *numbers: told.append(numbers)) == EXPECTED
    assert told[-1] == (len(PACKAGE), len(PACKAGE))
    assert kept(tmp_path).read_bytes() == PACKAGE
    assert open_runtime() == EXPECTED
    assert registry == [f"/npm/onnxruntime-web/-/{FILE}"]


def test_what_is_kept_and_damaged_is_fetched_anew(registry, tmp_path):
    open_runtime()
    kept(tmp_path).write_bytes(PACKAGE[:-1])
    assert open_runtime() == EXPECTED
    assert len(registry) == 2
    assert kept(tmp_path).read_bytes() == PACKAGE


def test_where_nothing_can_be_kept_it_still_works(registry, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert open_runtime() == EXPECTED


def test_another_package_is_refused(registry, tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "INTEGRITY", "another")
    with pytest.raises(RecipeError, match="as it was published"):
        open_runtime()
    assert not kept(tmp_path).exists()


def test_a_file_is_taken_without_a_network(registry, tmp_path):
    path = tmp_path / "given.tgz"
    path.write_bytes(PACKAGE)
    assert open_runtime(str(path)) == EXPECTED
    assert registry == []
    path.write_bytes(PACKAGE + b"more")
    with pytest.raises(RecipeError, match=r"given\.tgz: this is not onnxruntime-web"):
        open_runtime(str(path))
    with pytest.raises(RecipeError, match=r"nowhere\.tgz: No such file"):
        open_runtime(str(tmp_path / "nowhere.tgz"))


def test_offline_the_way_out_is_named(registry, monkeypatch):
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9/")
    with pytest.raises(RecipeError, match=r"127.0.0.1:9/onnxruntime-web.*--runtime FILE"):
        open_runtime()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "file:///etc/passwd")
    with pytest.raises(RecipeError, match="NPM_CONFIG_REGISTRY"):
        open_runtime()
