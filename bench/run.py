# SPDX-License-Identifier: Apache-2.0
"""Starts a TPM emulator and a broker that trusts it, and runs attestd-bench between them.

Uses the fixtures of the functional tests: wants ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR as they do.
"""
import contextlib
import os
import platform
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from support.agent import UNLIMITED  # noqa: E402
from support.processes import binary  # noqa: E402
from support.site import Site  # noqa: E402

RESOURCE = "app/key/main"
# The machine should be idle: what else runs is in the numbers.
BUSY_LOAD = 0.5


def main():
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} CPUs ({platform.machine()}), Linux {platform.release()}, "
          f"load average {load:.2f} before the run\n", flush=True)
    if load > BUSY_LOAD:
        print("the machine is busy: these numbers are worse than attestd's own", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        site = Site(stack)
        site.broker.put(RESOURCE, os.urandom(32))
        site.agent.process.stop()
        with open(site.agent.config, "a", encoding="utf-8") as config:
            config.write(UNLIMITED)
        return subprocess.run(
            [binary("attestd-bench"), "--attestd", binary("attestd"),
             "--attestctl", binary("attestctl"), "--config", site.agent.config,
             "--socket", site.agent.socket, "--tcti", site.tpm.tcti, "--url", site.broker.url,
             "--ca-file", site.broker.ca_file, "--resource", RESOURCE, "--folder", site.folder],
            check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
