# SPDX-License-Identifier: Apache-2.0
"""Threads of another process: which one accepts from a socket, and stopping one of them."""
import ctypes
import os
import re

from support.processes import wait_until

_PTRACE_DETACH, _PTRACE_SEIZE, _PTRACE_INTERRUPT = 17, 0x4206, 0x4207
_WALL = 0x40000000
_EPOLL_WAIT, _EPOLL_PWAIT = 232, 281  # of x86-64


def _inode_of_listener(path):
    with open("/proc/net/unix", encoding="ascii") as table:
        for line in table:
            fields = line.split()
            if fields[-1] == path and fields[3] == "00010000":  # it listens
                return fields[6]
    raise AssertionError(f"nobody listens at {path}")


def _descriptor_of(pid, inode):
    for name in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{name}") == f"socket:[{inode}]":
            return name
    raise AssertionError(f"process {pid} has no socket {inode}")


def accepting_thread(pid, path):
    """The id of the thread that waits in an epoll for connections to the socket at the path."""
    listener = _descriptor_of(pid, _inode_of_listener(path))
    found = []
    wait_until(lambda: found.extend(_waiting(pid, listener)) or found,
               f"a thread of {pid} waits for connections to {path}")
    return found[0]


def _waiting(pid, listener):
    """Threads that wait in an epoll for it, just now."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as call:
            words = call.read().split()
        if words[0] not in (str(_EPOLL_WAIT), str(_EPOLL_PWAIT)):
            continue
        with open(f"/proc/{pid}/fdinfo/{int(words[1], 16)}", encoding="ascii") as info:
            if re.search(rf"^tfd:\s+{listener}\b", info.read(), re.MULTILINE):
                yield int(thread)


class Frozen:
    """One thread stands still for a scope; the others go on (ptrace(2))."""

    def __init__(self, thread):
        self._thread = thread
        self._libc = ctypes.CDLL(None, use_errno=True)

    def _ptrace(self, request):
        if self._libc.ptrace(ctypes.c_long(request), ctypes.c_long(self._thread), None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {self._thread}")

    def __enter__(self):
        self._ptrace(_PTRACE_SEIZE)
        self._ptrace(_PTRACE_INTERRUPT)
        os.waitpid(self._thread, _WALL)
        return self

    def __exit__(self, *_):
        self._ptrace(_PTRACE_DETACH)
