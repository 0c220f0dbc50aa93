# SPDX-License-Identifier: Apache-2.0
"""What the sanitizers have to say, where scripts/sanitize.sh runs the tests on their build."""
import os
import re
import unittest

_OPTIONS = "ASAN_OPTIONS"
_REPORT = re.compile(r"^.*(ERROR: AddressSanitizer|: runtime error: ).*", re.MULTILINE)


def active():
    return _OPTIONS in os.environ


def environment():
    """What a program needs that is started without this process's environment."""
    return {_OPTIONS: os.environ[_OPTIONS]} if active() else {}


def skip_memory():
    """For tests of what a program's memory holds: a sanitizer keeps what is freed."""
    if active():
        raise unittest.SkipTest("a sanitizer's memory is not attestd's")


def check(text):
    """Fails with the report when there is one in a program's output."""
    found = _REPORT.search(text) if active() else None
    if found:
        raise AssertionError("a sanitizer's report: " + text[found.start():])
