# SPDX-License-Identifier: Apache-2.0
"""A TPM 2.0 emulator (swtpm) over the TCTI that attestd is released with."""
import os
import shutil
import unittest

from support.processes import Process, accepts, free_ports, run, wait_until

_TOOLS = ("swtpm", "tpm2_pcrextend", "tpm2_getcap", "tpm2_changeauth")


def require_swtpm():
    """Skips the tests where there is no emulator."""
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"{tool} is not installed")


class Swtpm:
    """The emulator; its state folder survives kill() and start()."""

    def __init__(self, folder):
        require_swtpm()
        self._state = os.path.join(folder, "tpm-state")
        os.makedirs(self._state, exist_ok=True)
        self._log = os.path.join(folder, "swtpm.log")
        self._process = None
        self._port = 0
        self.start()

    @property
    def port(self):
        """Of the command channel."""
        return self._port

    @property
    def tcti(self):
        return f"swtpm:host=127.0.0.1,port={self._port}"

    def start(self):
        """Starts it, again on the same ports after kill()."""
        tries = 1 if self._port else 10
        for _ in range(tries):
            # tpm2-tss looks for the control channel one above the commands.
            port = self._port or free_ports(2)
            self._process = Process(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._state}",
                 "--server", f"type=tcp,port={port}", "--ctrl", f"type=tcp,port={port + 1}",
                 "--flags", "not-need-init,startup-clear"], self._log)
            wait_until(lambda: not self._process.running() or (accepts(port) and accepts(port + 1)),
                       "swtpm listens")
            if self._process.running():
                self._port = port
                return
        raise AssertionError("swtpm does not start: " + self._process.log())

    def kill(self):
        self._process.kill()

    def tool(self, *argv):
        """Runs one of tpm2-tools on this TPM."""
        return run(list(argv), env=dict(os.environ, TPM2TOOLS_TCTI=self.tcti)).decode()

    def extend(self, pcr):
        self.tool("tpm2_pcrextend", f"{pcr}:sha256=" + "ab" * 32)
