# SPDX-License-Identifier: Apache-2.0
"""TLS servers with any certificate and version, and a listener that only counts who comes."""
import os
import socket
import ssl
import threading

from conformance.secrecy import MARK
from support.processes import run

SOCKET_SECONDS = 20


class Listener:
    """Accepts on loopback; `serve` gets each connection on a thread. `accepted` counts them."""

    def __init__(self, address="127.0.0.1"):
        self.accepted = 0
        self._socket = socket.create_server((address, 0))
        self.port = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            connection.settimeout(SOCKET_SECONDS)
            thread = threading.Thread(target=self._guarded, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _guarded(self, connection):
        with connection:
            try:
                self.serve(connection)
            except OSError:
                pass  # the client went, or refused us

    def serve(self, connection):
        """Reads until the client goes."""
        while connection.recv(4096):
            pass

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()


class TlsServer(Listener):
    """Counts handshakes that were begun and done, and keeps the heads of requests.

    `tls` is (certificate, key); anything is served, however weak. Each request gets 500.
    """

    def __init__(self, tls, version=None, ciphers="ALL:@SECLEVEL=0"):
        self.done = 0
        self.resumed = 0
        self.heads = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.set_ciphers(ciphers)
        self._context.load_cert_chain(*tls)
        if version is not None:
            self._context.minimum_version = self._context.maximum_version = version
        super().__init__()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def serve(self, connection):
        with self._context.wrap_socket(connection, server_side=True) as stream:
            self.done += 1
            self.resumed += bool(stream.session_reused)
            head = b""
            while b"\r\n\r\n" not in head:
                data = stream.recv(4096)
                if not data:
                    return
                head += data
            self.heads.append(head)
            stream.sendall(f"HTTP/1.1 500 {MARK}\r\nX: {MARK}\r\nContent-Length: {len(MARK)}\r\n"
                           f"Connection: close\r\n\r\n{MARK}".encode())


class OddAuthority:
    """Certificates that no authority should issue, through the openssl command."""

    def __init__(self, folder):
        self._folder = folder
        self.cert, self._key = self._path("odd-ca.pem"), self._path("odd-ca.key")
        self._new_key(self._key, "P-256")
        run(["openssl", "req", "-x509", "-new", "-key", self._key, "-out", self.cert, "-days",
             "9000", "-subj", "/CN=attestd test odd"])

    def _path(self, name):
        return os.path.join(self._folder, name)

    @staticmethod
    def _new_key(path, kind):
        if kind.startswith("P-"):
            run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{kind}",
                 "-out", path])
        else:
            run(["openssl", "genrsa", "-traditional", "-out", path, kind])

    def issue(self, name, key="P-256", names="IP:127.0.0.1", digest="sha256", dates=None):
        """`key` is a curve or a number of RSA bits, `dates` (from, to) as 20260101000000Z."""
        base = self._path(name)
        self._new_key(base + ".key", key)
        run(["openssl", "req", "-new", "-key", base + ".key", "-out", base + ".csr", "-subj",
             f"/CN={name}"])
        with open(base + ".cnf", "w", encoding="ascii") as config:
            config.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={base}.db\nnew_certs_dir="
                         f"{self._folder}\nrand_serial=yes\npolicy=p\nx509_extensions=e\n"
                         f"[p]\ncommonName=supplied\n[e]\nsubjectAltName={names}\n")
        with open(base + ".db", "w", encoding="ascii"):
            pass
        start, end = dates or ("", "")
        run(["openssl", "ca", "-batch", "-notext", "-config", base + ".cnf", "-cert", self.cert,
             "-keyfile", self._key, "-in", base + ".csr", "-out", base + ".pem", "-md", digest]
            + (["-startdate", start, "-enddate", end] if dates else ["-days", "2"]))
        return base + ".pem", base + ".key"

    def self_signed(self, name):
        base = self._path(name)
        self._new_key(base + ".key", "P-256")
        run(["openssl", "req", "-x509", "-new", "-key", base + ".key", "-out", base + ".pem",
             "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"])
        return base + ".pem", base + ".key"
