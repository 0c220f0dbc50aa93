# SPDX-License-Identifier: Apache-2.0
"""Intel's quote generation service on a unix socket, in the words of its qgs_msg_lib.h."""
import contextlib
import os
import socket
import struct
import threading

_HEADER = struct.Struct("<HHIII")  # major, minor, type, size, error code
_REQUEST, _RESPONSE = 0, 1
_TD_REPORT_DATA = slice(128, 192)


def message(quote, major=1, kind=_RESPONSE, error=0, size=None, quote_size=None):
    """A response; what is given is said in place of what is true."""
    body = struct.pack("<II", 0, len(quote) if quote_size is None else quote_size) + quote
    true_size = _HEADER.size + len(body)
    return _HEADER.pack(major, 0, kind, true_size if size is None else size, error) + body


def framed(content, length=None):
    return struct.pack(">I", len(content) if length is None else length) + content


class QuoteService:
    """`sign` makes a quote of report data. `answer`, when set, is called with the connection and
    the honest quote, and answers in place of the service."""

    def __init__(self, folder, sign):
        self.path = os.path.join(folder, "quotes.sock")
        self.answer = None
        self.asked = 0
        self._sign = sign
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self.path)
        self._listening.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(client,)))
            self._threads[-1].start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            client.settimeout(30)
            front = client.recv(4, socket.MSG_WAITALL)
            if len(front) < 4:
                return  # who only looks whether somebody listens
            request = client.recv(struct.unpack(">I", front)[0], socket.MSG_WAITALL)
            major, _, kind, size, _ = _HEADER.unpack(request[:_HEADER.size])
            assert (major, kind, size) == (1, _REQUEST, len(request)), request[:_HEADER.size]
            self.asked += 1
            quote = self._sign(request[_HEADER.size + 8:][_TD_REPORT_DATA])
            if self.answer is not None:
                self.answer(client, quote)
            else:
                client.sendall(framed(message(quote)))

    def close(self):
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()
