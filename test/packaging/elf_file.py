# SPDX-License-Identifier: Apache-2.0
"""What readelf and nm say of an ELF file, as values."""
import re
import subprocess


def _tool(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


class ElfFile:
    """One program. Reads it once for each kind of answer."""

    def __init__(self, path):
        self.path = path
        self.header = _tool("readelf", "-hW", path)
        self.dynamic = _tool("readelf", "-dW", path)
        self.notes = _tool("readelf", "-nW", path)
        self._segments = re.findall(
            r"^  (\w+) +0x\w+ (0x\w+) 0x\w+ 0x\w+ (0x\w+) ([R ][W ][E ]) ",
            _tool("readelf", "-lW", path), re.MULTILINE)
        self._sections = _tool("readelf", "-SW", path)
        self._symbols = _tool("readelf", "-W", "--dyn-syms", path)

    @property
    def x86_64(self):
        return "X86-64" in self.header

    def segments(self, kind):
        """(first address, address behind the last, flags such as "RW") of each such segment."""
        return [(int(start, 16), int(start, 16) + int(size, 16), flags.replace(" ", ""))
                for name, start, size, flags in self._segments if name == kind]

    def section(self, name):
        """(first address, address behind the last) or None."""
        found = re.search(rf"\] {re.escape(name)} +\w+ +(\w+) \w+ (\w+) ", self._sections)
        if not found:
            return None
        return int(found[1], 16), int(found[1], 16) + int(found[2], 16)

    def imports(self, pattern):
        """Names of other libraries' functions that match the whole of `pattern`."""
        return sorted(set(re.findall(rf" UND ({pattern})(?:@| |$)", self._symbols, re.MULTILINE)))


def members_without(archive, note):
    """How many members of an archive or object there are, and the names of those lacking `note`."""
    parts = re.split(r"^File: (.*)$", "\n" + _tool("readelf", "-nW", archive), flags=re.MULTILINE)
    if len(parts) == 1:  # an object alone has no headings
        parts = ["", archive, parts[0]]
    names, texts = parts[1::2], parts[2::2]
    return len(names), [name for name, text in zip(names, texts) if note not in text]


def references(files, pattern):
    """Undefined symbols of objects and archives that match the whole of `pattern`."""
    found = re.findall(rf" U ({pattern})$", _tool("nm", "-uA", *files), re.MULTILINE)
    return sorted(set(found))
