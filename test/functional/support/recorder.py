# SPDX-License-Identifier: Apache-2.0
"""A broker's address that passes everything on and remembers the session cookies."""
import http.server
import ssl
import threading

_PASSED_ON = ("Content-Type", "Cookie")


def _context(tls, client_ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


class Recorder:
    """A server in front of a broker: HTTPS with a certificate and key, plain HTTP without.

    With `client_ca` (a PEM file) only clients with a certificate of it are let in; `clients` are
    the names in those.
    """

    def __init__(self, broker, tls=None, client_ca=None):
        self.cookies = set()
        self.clients = set()
        self.header_names = set()  # of all requests, in lower case
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                recorder.header_names.update(name.lower() for name in self.headers)
                if client_ca is not None:
                    recorder.clients.add(self.connection.getpeercert()["subject"][0][0][1])
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                upstream = broker.connect()
                headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
                try:
                    upstream.request(self.command, self.path, body or None, headers)
                except OSError:
                    self.send_error(http.HTTPStatus.BAD_GATEWAY)
                    return
                response = upstream.getresponse()
                content = response.read()
                upstream.close()
                self.send_response(response.status)
                cookie = response.getheader("Set-Cookie")
                if cookie:
                    recorder.cookies.add(cookie.split(";")[0].split("=", 1)[1])
                    self.send_header("Set-Cookie", cookie)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = pass_on

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = _context(tls, client_ca).wrap_socket(self._server.socket,
                                                                       server_side=True)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients that are not let in, or hang up
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
