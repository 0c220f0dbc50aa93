# SPDX-License-Identifier: Apache-2.0
"""How far a process's resident memory grows, by the kernel's own counts."""
import re
import unittest

from support import sanitizer

# What a reply, and a request of a caller, may be long.
REPLY_CAP = 2 << 20
REQUEST_CAP = 64 << 10

# Above twice the cap: pages that the allocator and the libraries touch for the first time and then
# keep. A new thread of the pool brings its stack and an arena of glibc (up to 132 KiB before it is
# used), a new TLS connection about 100 KiB, and malloc gives a freed block of a growing buffer back
# only above its threshold (which it raises up to the block's size: one more cap).
ALLOCATOR_SLACK = REPLY_CAP
LIMIT = 2 * REPLY_CAP + ALLOCATOR_SLACK

_RESET_PEAK = "5"  # proc(5), /proc/PID/clear_refs


class MemoryWatch:
    """The peak above what was resident when it began, in bytes.

    Pages of the program itself do not count: attestd gives those of its start back once it has
    settled, and the kernel maps what is used later anew.
    """

    def __init__(self, pid):
        self._status = f"/proc/{pid}/status"
        try:
            with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as refs:
                refs.write(_RESET_PEAK)
        except PermissionError as error:
            raise unittest.SkipTest("only root measures a process that forbids dumps") from error
        self._before = self._read()

    def _read(self):
        with open(self._status, encoding="ascii") as status:
            lines = re.findall(r"^(\w+):\s+(\d+) kB$", status.read(), re.MULTILINE)
        return {field: int(size) << 10 for field, size in lines}

    def growth(self):
        if sanitizer.active():
            return 0  # a sanitizer's own memory grows with each call
        now = self._read()
        mapped = max(0, now["RssFile"] - self._before["RssFile"])
        return max(0, now["VmHWM"] - self._before["VmRSS"] - mapped)
