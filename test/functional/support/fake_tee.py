# SPDX-License-Identifier: Apache-2.0
"""attestd-fake-tee-fs: stand-ins for the devices of a confidential VM."""
import os
import signal
import unittest

from support.processes import Process, binary, wait_until

# A path for settings that shall lead to nothing.
NOWHERE = "/nonexistent/attestd-functional"

# provider -> the broker's word for the platform, and the file of the root among its keys.
TEES = {"sev_guest": "snp", "tdx_guest": "tdx"}
ROOTS = {"sev_guest": "ark.pem", "tdx_guest": "root.pem"}


def require_fuse():
    """Skips the tests where nothing can be mounted."""
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        raise unittest.SkipTest(f"the stand-in devices cannot be mounted: {error}")
    if os.geteuid() != 0:
        raise unittest.SkipTest("the stand-in devices need root")


class FakeTee:
    """The file system, mounted at <folder>/<name>."""

    def __init__(self, folder, provider, *options, name="tee"):
        require_fuse()
        self.provider = provider
        self.mount = os.path.join(folder, name)
        self.keys = os.path.join(folder, f"{name}-keys")
        os.makedirs(self.mount, exist_ok=True)
        self._process = Process(
            [binary("attestd-fake-tee-fs"), "--mount", self.mount, "--provider", provider,
             "--keys", self.keys] + list(options), os.path.join(folder, f"{name}.log"))
        wait_until(lambda: os.path.exists(self.reports_root) or not self._process.running(),
                   "the stand-in devices are mounted")
        if not self._process.running():
            raise AssertionError("attestd-fake-tee-fs ended: " + self._process.log())

    @property
    def reports_root(self):
        return self.path("tsm/report")

    @property
    def root_certificate(self):
        """What a verifier must trust, in PEM."""
        return os.path.join(self.keys, ROOTS[self.provider])

    def path(self, name):
        return os.path.join(self.mount, name)

    def stop(self):
        """Unmounts it."""
        if self._process.running():
            self._process.stop()

    def control(self, *commands):
        """Fault commands; see test/fuse/fault_plan.h."""
        descriptor = os.open(self.path("control"), os.O_WRONLY)
        try:
            text = "".join(f"{command}\n" for command in commands).encode()
            assert os.write(descriptor, text) == len(text)
        finally:
            os.close(descriptor)

    def count(self, operation):
        """How often an operation was asked for since "clear"."""
        with open(self.path("control"), encoding="ascii") as control:
            counts = dict(line.split() for line in control)
        return int(counts.get(operation, 0))

    def reports(self):
        """The report directories there are."""
        return os.listdir(self.reports_root)

    def report(self, report_data):
        """A report straight from the interface, by hand."""
        item = os.path.join(self.reports_root, "by-hand")
        os.mkdir(item)
        try:
            with open(os.path.join(item, "inblob"), "wb", buffering=0) as inblob:
                inblob.write(report_data.ljust(64, b"\0"))
            with open(os.path.join(item, "outblob"), "rb") as outblob:
                return outblob.read()
        finally:
            os.rmdir(item)

    def tables(self, backend=None, tsm=True, device=True):
        """Configuration that leads attestd here; without `tsm` or `device`, to nothing there."""
        tsm_root = self.reports_root if tsm else f"{NOWHERE}/tsm/report"
        node = {"sev_guest": "sev-guest", "tdx_guest": "tdx_guest"}[self.provider]
        node = self.path(node) if device else f"{NOWHERE}/{node}"
        text = f'[tee]\nbackend = "{backend or TEES[self.provider]}"\n'
        text += f'[{TEES[self.provider]}]\ntsm_root = "{tsm_root}"\ndevice = "{node}"\n'
        if self.provider == "tdx_guest":
            text += f'measurements_root = "{self.path("measurements")}"\n'
            text += f'ccel = "{self.path("CCEL")}"\n'
        return text


def kill_hard(process):
    """kill -9, and waits for the end."""
    os.kill(process.pid, signal.SIGKILL)
    return process.wait()
