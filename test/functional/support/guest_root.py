# SPDX-License-Identifier: Apache-2.0
"""The places of a guest image, for this process and its children alone: a mount namespace."""
import ctypes
import os
import shutil
import subprocess
import unittest

_CLONE_NEWNS = 0x20000


def enter_guest_root(cmdline):
    """From here on /run and /usr/local/bin are empty, /etc is a copy, /proc/cmdline the file.

    Skips the tests where the kernel does not let us. Before the first thread is started: only this
    thread and what it starts go there.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise unittest.SkipTest(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
    for argv in (["--make-rprivate", "/"], ["-t", "tmpfs", "tmpfs", "/run"],
                 ["-t", "tmpfs", "tmpfs", "/usr/local/bin"]):
        _mount(*argv)
    shutil.copytree("/etc", "/run/etc", symlinks=True)
    _mount("--bind", "/run/etc", "/etc")
    _mount("--bind", cmdline, "/proc/cmdline")


def _mount(*argv):
    done = subprocess.run(["mount", *argv], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest(f"mount {argv}: {done.stderr.strip()}")
