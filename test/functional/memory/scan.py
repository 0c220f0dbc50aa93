# SPDX-License-Identifier: Apache-2.0
"""Pieces of 16 bytes and more of what is secret, in a process or in a core of it."""
import base64
import collections
import json
import os
import shutil
import struct
import subprocess
import unittest

from support.processes import PATIENCE_SECONDS, binary

# Lines of smaps for what only secret memory has: locked, and left out of dumps.
_SECRET_FLAGS = {"lo", "dd"}
_PT_NOTE = 4


def require_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root reads the memory of a process that forbids dumps")


class Needles:
    """What is looked for, by name, in a file for the scanner."""

    def __init__(self, path):
        self._path = path
        self._bytes = {}

    def add(self, name, value):
        self._bytes[name] = value

    def add_secret(self, name, value):
        """A secret, and how it would look in JSON or a URL."""
        self.add(name, value)
        self.add(f"{name}-hex", value.hex().encode())
        for skipped in range(3):  # Base64 looks otherwise at each offset modulo 3
            self.add(f"{name}-base64-{skipped}", base64.b64encode(value[skipped:])[:-4])

    def add_disclosed(self, path):
        """What attestd-dev-kbs --disclose wrote."""
        with open(path, encoding="ascii") as lines:
            for number, line in enumerate(lines):
                name, digits = line.split()
                self.add(f"{name}-{number}", bytes.fromhex(digits))

    def count(self, prefix):
        return sum(name.startswith(prefix) for name in self._bytes)

    def write(self):
        with open(self._path, "w", encoding="ascii") as file:
            file.writelines(f"{name} {value.hex()}\n" for name, value in self._bytes.items())
        return self._path


class Scan:
    """What a scan saw: `outside` and `inside` (of secret memory) count pieces by needle."""

    def __init__(self, report, secret=()):
        self.read, self.pieces = report["read"], report["pieces"]
        self.writable, self.hidden = report.get("writable", 0), report.get("hidden", [])
        self.places = report["places"]
        self.outside, self.inside = collections.Counter(), collections.Counter()
        for place in self.places:
            within = any(begin <= place["address"] < end for begin, end in secret)
            (self.inside if within else self.outside)[place["needle"]] += 1


def _run(needles, *what):
    done = subprocess.run([binary("attestd-memory-scan"), needles.write(), *what],
                          capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    if done.returncode != 0:
        raise AssertionError(f"attestd-memory-scan: {done.stderr.decode()}")
    return json.loads(done.stdout)


def scan_process(needles, pid):
    """A Scan of a process's memory."""
    return Scan(_run(needles, "--pid", str(pid)), secret_mappings(pid))


def _notes(core):
    """(begin, end) of what in a core is not memory but its threads' registers (elf(5), PT_NOTE)."""
    with open(core, "rb") as file:
        head = file.read(64)
        at, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(at)
        table = file.read(size * count)
    headers = [struct.unpack_from("<IIQQQQ", table, i * size) for i in range(count)]
    return [(offset, offset + length) for kind, _, offset, _, _, length in headers
            if kind == _PT_NOTE]


def scan_core(needles, pid, folder):
    """The same of a core: `inside` is what its threads had in registers."""
    if shutil.which("gdb") is None:
        raise unittest.SkipTest("gdb is not installed, so that no core is looked into")
    path = os.path.join(folder, "core")
    done = subprocess.run(["gdb", "-nx", "-batch", "-p", str(pid), "-ex",
                           f"generate-core-file {path}"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=2 * PATIENCE_SECONDS, check=False)
    if not os.path.exists(path):
        raise AssertionError(f"gdb made no core: {done.stderr.decode()}")
    try:
        return Scan(_run(needles, "--file", path), _notes(path))
    finally:
        os.remove(path)


def secret_mappings(pid):
    """(begin, end) of what a process has locked and left out of dumps."""
    found, current = [], None
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as smaps:
        for line in smaps:
            first = line.split()[0]
            if "-" in first and not first.endswith(":"):
                current = tuple(int(end, 16) for end in first.split("-"))
            elif first == "VmFlags:" and _SECRET_FLAGS <= set(line.split()):
                found.append(current)
    return found
