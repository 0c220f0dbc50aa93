# SPDX-License-Identifier: Apache-2.0
"""A TPM before the emulator that answers otherwise where it is told to."""
import collections
import contextlib
import socket
import struct
import threading

from support.processes import free_ports

QUOTE, PCR_READ, READ_PUBLIC, PCR_EXTEND = 0x158, 0x17e, 0x173, 0x182
_HEADER = struct.Struct(">HII")  # tag, size, command or response code
_NO_SESSIONS = 0x8001


class HangUp(Exception):
    """Ends the connection in the place of an answer; `said` is sent before."""

    def __init__(self, said=b""):
        super().__init__("hang up")
        self.said = said


def response_code(code):
    """A fault: the TPM says so, and does nothing."""
    return lambda command, forward: _HEADER.pack(_NO_SESSIONS, _HEADER.size, code)


def hang_up(said=b""):
    """A fault: the connection ends, behind these bytes."""
    def fault(command, forward):
        raise HangUp(said)
    return fault


def patched(offset, data):
    """A fault: the answer with other bytes at the offset."""
    def change(command, forward):
        answer = forward(command)
        assert offset + len(data) <= len(answer), answer.hex()
        return answer[:offset] + data + answer[offset + len(data):]
    return change


def _read(source):
    """One command or answer; nothing at the end."""
    head = source.recv(_HEADER.size, socket.MSG_WAITALL)
    if len(head) < _HEADER.size:
        return b""
    return head + source.recv(_HEADER.unpack(head)[1] - _HEADER.size, socket.MSG_WAITALL)


class TpmProxy:
    """In front of the emulator's two ports. play() sets a fault for one command: a function of the
    command and of what passes it on, that returns the answer. seen[code] counts commands."""

    def __init__(self, port):
        self.seen = collections.Counter()
        self._target, self._faults, self._lock = port, {}, threading.Lock()
        self._sockets, self._threads = [], []
        self.port = free_ports(2)
        self._listen(self.port, port, self._serve)
        self._listen(self.port + 1, port + 1, self._pass_on)

    @property
    def tcti(self):
        return f"swtpm:host=127.0.0.1,port={self.port}"

    def play(self, code, fault, times=None):
        """For ever, or so many times; forgets the counts."""
        self.clear()
        with self._lock:
            self.seen.clear()
        self.add(code, fault, times)

    def add(self, code, fault, times=None):
        """The same beside those there are."""
        with self._lock:
            self._faults[code] = [fault, times]

    def clear(self):
        with self._lock:
            self._faults = {}

    def _listen(self, port, target, serve):
        listening = socket.create_server(("127.0.0.1", port))
        self._sockets.append(listening)

        def accept():
            while True:
                try:
                    client, _ = listening.accept()
                    server = socket.create_connection(("127.0.0.1", target))
                except OSError:
                    return
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._sockets.append(end)
                self._start(serve, client, server)
        self._start(accept)

    def _start(self, target, *arguments):
        self._threads.append(threading.Thread(target=target, args=arguments))
        self._threads[-1].start()

    def _take_fault(self, code):
        with self._lock:
            self.seen[code] += 1
            entry = self._faults.get(code)
            if entry is None or entry[1] == 0:
                return None
            if entry[1] is not None:
                entry[1] -= 1
            return entry[0]

    def _serve(self, client, server):
        def forward(command):
            server.sendall(command)
            answer = _read(server)
            if not answer:
                raise HangUp()
            return answer
        with contextlib.suppress(OSError):
            while command := _read(client):
                fault = self._take_fault(_HEADER.unpack(command[:_HEADER.size])[2])
                try:
                    client.sendall(fault(command, forward) if fault else forward(command))
                except HangUp as end:
                    client.sendall(end.said)
                    break
        self._end(client, server)

    def _pass_on(self, client, server):
        self._start(self._copy, server, client)
        self._copy(client, server)

    def _copy(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
        self._end(source, sink)

    @staticmethod
    def _end(*ends):
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        for one in self._sockets:
            self._end(one)
            one.close()
        for thread in self._threads:
            thread.join()
