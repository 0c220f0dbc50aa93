# SPDX-License-Identifier: Apache-2.0
"""A TCP port before another that counts who comes and what they send."""
import contextlib
import socket
import threading


class Tap:
    """Passes everything on to `port` of loopback. `connections` and `sent` (bytes of the clients)
    only ever grow."""

    def __init__(self, port):
        self.connections = self.sent = 0
        self._target = port
        self._sockets = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def seen(self):
        """Equal before and after what sent nothing here."""
        return self.connections, self.sent

    def _accept(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self._sockets += [client, server]
            for pair in ((client, server, True), (server, client, False)):
                self._threads.append(threading.Thread(target=self._pass_on, args=pair))
                self._threads[-1].start()

    def _pass_on(self, source, sink, counts):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if counts:
                    self.sent += len(data)
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        for one in [self._listening] + self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()
