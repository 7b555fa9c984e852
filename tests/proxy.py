"""A small reverse proxy, as others stand in front of the program: it may strip a prefix, end TLS,
and send each request to another replica."""

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_ALONG_THE_WAY = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade"}


@contextmanager
def reverse_proxy(
    choose: Callable[[BaseHTTPRequestHandler], str], strip: str = "",
    tell: Mapping[str, str] | None = None, certificate: str | None = None,
) -> Iterator[str]:  # fmt: skip
    """Yields its address, without a path.

    choose: the address of the program for a request. strip: taken from the front of the path. tell:
    headers that it writes itself, whatever the browser says. certificate: file of a key and its
    certificate, for https.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            place = urlsplit(choose(self))
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _ALONG_THE_WAY}
            for name, value in (tell or {}).items():
                headers = {k: v for k, v in headers.items() if k.lower() != name.lower()}
                headers[name] = value
            path = self.path.removeprefix(strip) or "/"
            line = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
            try:
                line.request(self.command, path, body or None, headers)
                self.pass_back(line.getresponse())
            except ConnectionRefusedError:
                self.send_error(502)
            finally:
                line.close()

        def pass_back(self, found: http.client.HTTPResponse) -> None:
            self.send_response_only(found.status)
            for name, value in found.getheaders():
                if name.lower() not in _ALONG_THE_WAY:
                    self.send_header(name, value)
            if found.getheader("content-length") is None:
                self.send_header("connection", "close")
                self.close_connection = True
            self.end_headers()
            while piece := found.read1(65536):
                self.wfile.write(piece)

        do_GET = do_POST = do_HEAD = answer

        def log_message(self, *_) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_) -> None:
            pass  # a browser that has gone

    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    scheme = "https" if certificate else "http"
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
