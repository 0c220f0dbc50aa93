# SPDX-License-Identifier: Apache-2.0
"""Groups of cgroup v2 that a test makes for itself."""
import contextlib
import os
import secrets


def mount_point():
    """Where cgroup v2 is mounted; None when it is not."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, place, kind = line.split()[:3]
            if kind == "cgroup2":
                return place
    return None


def why_not():
    """Why there can be none here; nothing when there can."""
    place = mount_point()
    if place is None or not os.access(place, os.W_OK):
        return "there is no cgroup2 that can be written"
    return None


@contextlib.contextmanager
def group():
    """The folder of a new group, which is gone afterwards; its processes must have ended."""
    path = os.path.join(mount_point(), f"attestd-test-{secrets.token_hex(4)}")
    os.mkdir(path)
    try:
        yield path
    finally:
        for folder, _, _ in os.walk(path, topdown=False):
            os.rmdir(folder)
