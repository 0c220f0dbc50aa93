# SPDX-License-Identifier: Apache-2.0
"""attestd under the names of guest-components' programs."""
import os
import subprocess

from support import sanitizer
from support.agent import Agent
from support.processes import PATIENCE_SECONDS, Process, binary

AGENT = "attestation-agent"
HUB = "confidential-data-hub"
REST = "api-server-rest"


def install(folder):
    """The three names as links, as a guest image has them in /usr/local/bin: their folder."""
    place = os.path.join(folder, "bin")
    os.makedirs(place, exist_ok=True)
    for name in (AGENT, HUB, REST):
        path = os.path.join(place, name)
        if not os.path.lexists(path):
            os.symlink(binary("attestd"), path)
    return place


def clean_environment(**variables):
    return {"PATH": os.environ["PATH"], **sanitizer.environment(), **variables}


def run_program(folder, name, *argv, **variables):
    """Runs one of the names to its end: (exit status, output, errors)."""
    done = subprocess.run([os.path.join(install(folder), name), *argv], capture_output=True,
                          text=True, timeout=PATIENCE_SECONDS, check=False,
                          env=clean_environment(**variables))
    return done.returncode, done.stdout, done.stderr


class UpstreamProgram(Agent):
    """One of the names as a daemon: `argv` is all that it is told."""

    def __init__(self, folder, name, socket, *argv, **variables):
        # pylint: disable=super-init-not-called
        self.socket = socket
        self.log_path = os.path.join(folder, f"{name}.log")
        self.process = None
        self._argv = [os.path.join(install(folder), name), *argv]
        self._environment = clean_environment(**variables)

    def launch(self, env=None):
        self.process = Process(self._argv, self.log_path, env or self._environment)
