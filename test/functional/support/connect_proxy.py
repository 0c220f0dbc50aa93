# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy on loopback that knows CONNECT (RFC 9110, 9.3.6) and nothing else."""
import base64
import select
import socket
import threading

_SECONDS = 30


class ConnectProxy:
    """Keeps the head of each request; with `credentials` ("user:password") others get 407."""

    def __init__(self, credentials=None):
        self.heads = []
        self._wanted = credentials and "Proxy-Authorization: Basic " + base64.b64encode(
            credentials.encode()).decode()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            client.settimeout(_SECONDS)
            self._threads.append(threading.Thread(target=self._guarded, args=(client,)))
            self._threads[-1].start()

    def _guarded(self, client):
        with client:
            try:
                self._serve(client)
            except OSError:
                pass  # one of the two went

    def _serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return
            head += data
        text = head.decode("latin-1")
        self.heads.append(text)
        method, target, _ = text.split(" ", 2)
        if self._wanted and self._wanted not in text:
            client.sendall(b"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                           b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        elif method != "CONNECT":
            client.sendall(b"HTTP/1.1 405 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port)), _SECONDS) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pass_on(client, server)

    def _pass_on(self, client, server):
        while not self._ended.is_set():
            for ready in select.select([client, server], [], [], 0.2)[0]:
                data = ready.recv(65536)
                if not data:
                    return
                (server if ready is client else client).sendall(data)

    def close(self):
        self._ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()
