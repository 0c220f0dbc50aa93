# SPDX-License-Identifier: Apache-2.0
"""The service manager's end of sd_notify(3)."""
import os
import socket
import time

from support.processes import PATIENCE_SECONDS


class NotifySocket:
    """Hears what a service says of itself, message by message."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify.sock")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        os.remove(self.path)

    def hears(self, word, seconds):
        """Whether a message that has the line comes within so long; others are dropped."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                if word in self._socket.recv(4096).decode().split("\n"):
                    return True
            except TimeoutError:
                return False
        return False

    def wait_for(self, word):
        if not self.hears(word, PATIENCE_SECONDS):
            raise AssertionError(f"the service did not say {word}")

    def drain(self):
        """Drops what was said so far."""
        self._socket.settimeout(0)
        try:
            while self._socket.recv(4096):
                pass
        except BlockingIOError:
            pass
