# SPDX-License-Identifier: Apache-2.0
"""The places and the network of a guest, for this process and its children alone: namespaces."""
import ctypes
import os
import shutil
import subprocess
import unittest

_CLONE_NEWNS = 0x20000
_CLONE_NEWNET = 0x40000000


def enter_guest_root(cmdline):
    """From here on /run and /usr/local/bin are empty, /etc is a copy, /proc/cmdline the file, and
    loopback is the only network.

    Skips the tests where the kernel does not let us. Before the first thread is started: only this
    thread and what it starts go there.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS | _CLONE_NEWNET) != 0:
        raise unittest.SkipTest(f"no namespaces: {os.strerror(ctypes.get_errno())}")
    _run("ip", "link", "set", "lo", "up")
    for argv in (["--make-rprivate", "/"], ["-t", "tmpfs", "tmpfs", "/run"],
                 ["-t", "tmpfs", "tmpfs", "/usr/local/bin"]):
        _mount(*argv)
    shutil.copytree("/etc", "/run/etc", symlinks=True)
    _mount("--bind", "/run/etc", "/etc")
    _mount("--bind", cmdline, "/proc/cmdline")


def _mount(*argv):
    _run("mount", *argv)


def _run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest(f"{argv}: {done.stderr.strip()}")
