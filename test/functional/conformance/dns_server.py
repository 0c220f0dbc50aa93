# SPDX-License-Identifier: Apache-2.0
"""A DNS server (RFC 1035) whose answers are ours, and a daemon that asks it and no other."""
import os
import random
import shutil
import socket
import struct
import threading

from support.processes import Process, binary

NXDOMAIN, SERVFAIL = 3, 2
_A, _AAAA = 1, 28
_FLAGS = 0x8180  # an answer, recursion desired and available
_TRUNCATED = 0x0200


def _question(query):
    """(end of the question, type)."""
    end = 12
    while query[end]:
        end += 1 + query[end]
    return end + 5, struct.unpack("!H", query[end + 1:end + 3])[0]


def _answer(query, code=0, addresses=(), truncated=False):
    end, kind = _question(query)
    family = {_A: socket.AF_INET, _AAAA: socket.AF_INET6}.get(kind)
    fitting = [one for one in addresses
               if (socket.AF_INET6 if ":" in one else socket.AF_INET) == family]
    records = b"" if truncated else b"".join(
        struct.pack("!HHHIH", 0xC00C, kind, 1, 1, len(raw)) + raw
        for raw in (socket.inet_pton(family, one) for one in fitting))
    head = query[:2] + struct.pack("!HHHHH", _FLAGS | code | (_TRUNCATED if truncated else 0), 1,
                                   0 if truncated else len(fitting), 0, 0)
    return head + query[12:end] + records


class DnsServer:
    """On port 53 of an address of loopback's that nobody else has: resolv.conf knows no ports.

    `answers` maps a name to (code, addresses); nothing stands for silence.
    """

    def __init__(self, answers):
        self._answers = {name.encode(): value for name, value in answers.items()}
        self.asked = []
        while True:
            self.address = f"127.{random.randrange(64, 255)}.{random.randrange(256)}.53"
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                self._udp.bind((self.address, 53))
                self._tcp.bind((self.address, 53))
                break
            except OSError as error:
                self._udp.close()
                self._tcp.close()
                if isinstance(error, PermissionError):
                    raise
        self._tcp.listen()
        self._threads = [threading.Thread(target=one) for one in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def _reply(self, query, stream):
        name = b".".join(self._labels(query))
        self.asked.append(name.decode())
        answer = self._answers.get(name)
        if answer is None:
            return None
        code, addresses = answer
        return _answer(query, code, addresses, truncated=not stream and len(addresses) > 20)

    @staticmethod
    def _labels(query):
        at = 12
        while query[at]:
            yield query[at + 1:at + 1 + query[at]]
            at += 1 + query[at]

    def _serve_udp(self):
        while True:
            query, client = self._udp.recvfrom(4096)
            if not query:
                return
            reply = self._reply(query, False)
            if reply is not None:
                self._udp.sendto(reply, client)

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                size = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))[0]
                reply = self._reply(connection.recv(size, socket.MSG_WAITALL), True) or b""
                connection.sendall(struct.pack("!H", len(reply)) + reply)

    def close(self):
        self._udp.sendto(b"", (self.address, 53))  # which ends the one
        self._tcp.shutdown(socket.SHUT_RDWR)  # and the other
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()


def why_not():
    """Why a daemon cannot be given a DNS server of its own here; empty when it can."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "needs root and unshare, for a mount namespace"
    return ""


def launch(agent, folder, server):
    """Starts the daemon in a mount namespace whose resolv.conf names the server alone."""
    for name, text in (("resolv.conf", f"nameserver {server.address}\noptions timeout:30\n"),
                       ("nsswitch.conf", "hosts: dns\n")):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    script = ('mount --bind "$1/resolv.conf" /etc/resolv.conf && '
              'mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf && shift && exec "$@"')
    agent.process = Process(["unshare", "-m", "sh", "-c", script, "sh", folder, binary("attestd"),
                             "--config", agent.config], agent.log_path)
