# SPDX-License-Identifier: Apache-2.0
"""skopeo 1.18 of Debian 13, run on Debian 12 out of a folder; Debian 12's knows no key providers.

The packages come from the mirror that this machine uses already, read through an apt of their own
that changes nothing of the machine's. apt checks them against what Debian signed. They are kept in
$XDG_CACHE_HOME/attestd-skopeo; remove that folder to have newer ones.
"""
import contextlib
import fcntl
import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from support.processes import PATIENCE_SECONDS, run

SUITE = "trixie"
# skopeo, and all that its program is linked with.
PACKAGES = ["skopeo", "libc6", "libgpgme11t64", "libassuan9", "libgpg-error0", "libsqlite3-0"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_FETCH_SECONDS = 45

_APT_CONF = """\
Dir::State "{view}";
Dir::State::lists "{view}/lists";
Dir::State::status "{view}/status";
Dir::Cache "{view}/cache";
Dir::Etc::sourcelist "{view}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
"""


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "attestd-skopeo")


def machine_mirror():
    """The URI of the mirror of this machine's own release."""
    try:
        targets = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)",
                       "Created-By: Packages"]).decode().split("\n")
        codename = run(["sh", "-c", '. /etc/os-release && echo "$VERSION_CODENAME"']).decode()
    except (OSError, RuntimeError) as error:
        raise unittest.SkipTest(f"no skopeo: apt does not say its mirror: {error}")
    for target in targets:
        uri, _, release = target.partition(" ")
        if release == codename.strip():
            return uri
    raise unittest.SkipTest("no skopeo: apt knows no mirror of this machine's release")


def _apt(view, *argv, cwd=None):
    environment = {**os.environ, "APT_CONFIG": f"{view}/apt.conf", "LC_ALL": "C"}
    try:
        done = subprocess.run(["apt-get", "-q", *argv], env=environment, capture_output=True,
                              text=True, timeout=_FETCH_SECONDS, check=False, cwd=cwd)
    except subprocess.TimeoutExpired as error:
        raise unittest.SkipTest(f"no skopeo: the mirror is slow: {error}")
    if done.returncode == 0:
        return
    why = done.stderr.strip().replace("\n", " ")
    if "not signed" in why or "GPG error" in why or "Hash Sum" in why:
        raise RuntimeError(f"the mirror hands out what Debian did not sign: {why}")
    raise unittest.SkipTest(f"no skopeo: apt has no {SUITE}: {why}")


def download(mirror, folder):
    """Fetches the packages into a folder, and nothing that is not under Debian's signature."""
    view = os.path.join(folder, "apt")
    for name in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(view, name))
    with open(f"{view}/apt.conf", "w", encoding="ascii") as conf:
        conf.write(_APT_CONF.format(view=view))
    with open(f"{view}/sources.list", "w", encoding="ascii") as sources:
        sources.write(f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n")
    with open(f"{view}/status", "w", encoding="ascii"):
        pass
    _apt(view, "update")
    _apt(view, "download", *PACKAGES, cwd=folder)
    return glob.glob(os.path.join(folder, "*.deb"))


@contextlib.contextmanager
def _alone(cache):
    """One process at a time: two runs may start at once."""
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpacked(cache=None):
    """The folder in which skopeo and its libraries are; SkipTest where they cannot be had."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"no skopeo: {tool} is not installed")
    cache = cache or cache_folder()
    root = os.path.join(cache, SUITE)
    with _alone(cache):
        if not os.path.isdir(root):
            with tempfile.TemporaryDirectory(dir=cache) as work:
                new = os.path.join(work, "root")
                for package in download(machine_mirror(), work):
                    run(["dpkg-deb", "-x", package, new])
                os.rename(new, root)  # whole or not at all
    return root


class Skopeo:
    """skopeo with a configuration and a cache of its own in `folder`."""

    def __init__(self, folder):
        root = unpacked()
        loader, = glob.glob(f"{root}/usr/lib/*/ld-linux-*.so.*")
        self._argv = [loader, "--inhibit-cache", "--library-path", os.path.dirname(loader),
                      f"{root}/usr/bin/skopeo"]
        self._config = os.path.join(folder, "ocicrypt.json")
        # The second makes root keep its cache of blobs there too.
        self.environment = {**os.environ, "XDG_DATA_HOME": folder, "_CONTAINERS_ROOTLESS_UID": "1",
                            "OCICRYPT_KEYPROVIDER_CONFIG": self._config}

    def argv(self, *arguments):
        return [*self._argv, *arguments]

    def ask(self, **how):
        """Which key provider it asks from here on: grpc="unix:///..." or cmd={...}."""
        with open(self._config, "w", encoding="ascii") as config:
            json.dump({"key-providers": {"attestation-agent": how}}, config)

    def run(self, *arguments):
        """A finished process with `returncode`, `stdout` and `stderr` as text."""
        return subprocess.run(self.argv(*arguments), env=self.environment, capture_output=True,
                              text=True, timeout=PATIENCE_SECONDS, check=False)
