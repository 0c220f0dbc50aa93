# SPDX-License-Identifier: Apache-2.0
"""systemd as a client of a socket: by hand, and the real one as the first process of namespaces."""
import os
import secrets
import shutil
import socket
import subprocess

from support import cgroups
from support.processes import PATIENCE_SECONDS

MANAGER = "/lib/systemd/systemd"
CRYPTSETUP = "/lib/systemd/systemd-cryptsetup"


def connect(path, name):
    """A socket that is bound and connected as systemd's is."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE_SECONDS)
    client.bind(b"\0" + secrets.token_hex(8).encode() + name.encode())
    client.connect(path)
    client.shutdown(socket.SHUT_WR)
    return client


def read_all(client):
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def ask(path, name):
    """What comes for "/unit/UNIT/CREDENTIAL" or "/cryptsetup/VOLUME"."""
    with connect(path, name) as client:
        return read_all(client)


# The first process of the namespaces, which then becomes systemd. $1: folder with the units.
_FIRST = """set -e
mount --make-rprivate /
mount --make-rshared /
mount -t proc proc /proc
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs tmpfs /run
cp -r "$1" /run/units
export container=test SYSTEMD_UNIT_PATH=/run/units
exec %s --system --log-target=console --log-level=info --show-status=no --crash-shell=no
""" % MANAGER


class Manager:
    """Runs a systemd of its own, until a unit ends it (SuccessAction=exit-force)."""

    def __init__(self, folder):
        self._units = os.path.join(folder, "units")
        os.mkdir(self._units)

    @staticmethod
    def why_not():
        """Why there can be none here; nothing when there can."""
        if os.geteuid() != 0:
            return "namespaces and cgroups take root"
        if not os.path.exists(MANAGER):
            return f"there is no {MANAGER}"
        if why_not := cgroups.why_not():
            return why_not
        probe = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--cgroup", "true"],
                               capture_output=True, check=False)
        return f"unshare: {probe.stderr.decode()}" if probe.returncode else None

    def unit(self, name, text):
        with open(os.path.join(self._units, name), "w", encoding="ascii") as unit:
            unit.write(text)

    def run(self):
        """The exit status and what it wrote."""
        with cgroups.group() as group:
            done = subprocess.run(
                ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', group, "setpriv",
                 "--pdeathsig", "KILL", "--", "unshare", "--mount", "--pid", "--fork",
                 "--kill-child", "--ipc", "--uts", "--cgroup", "sh", "-c", _FIRST, "first",
                 self._units],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=60, check=False)
        return done.returncode, done.stdout.decode(errors="replace")


class Volume:
    """A file with LUKS in it, on a loop device."""

    def __init__(self, folder, key):
        self._file = os.path.join(folder, "volume")
        key_file = os.path.join(folder, "volume.key")
        with open(key_file, "wb") as file:
            file.write(key)
        with open(self._file, "wb") as file:
            file.truncate(20 << 20)
        subprocess.run(["cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2",
                        "--pbkdf-force-iterations", "1000", self._file, key_file], check=True)
        self.device = subprocess.run(["losetup", "--find", "--show", self._file], check=True,
                                     capture_output=True).stdout.decode().strip()

    @staticmethod
    def why_not():
        """Why there can be none here; nothing when there can."""
        if os.geteuid() != 0:
            return "loop devices take root"
        for program in (CRYPTSETUP, "cryptsetup", "losetup"):
            if shutil.which(program) is None:
                return f"there is no {program}"
        if subprocess.run(["losetup", "--find"], capture_output=True, check=False).returncode:
            return "there are no loop devices"
        return None

    def attach(self, name, key_socket):
        """Exit status and messages of systemd's own program."""
        done = subprocess.run(
            [CRYPTSETUP, "attach", name, self.device, key_socket, "headless=1,tries=1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def detach(self, name):
        subprocess.run([CRYPTSETUP, "detach", name], capture_output=True, check=False)

    def close(self):
        subprocess.run(["losetup", "--detach", self.device], check=True)
