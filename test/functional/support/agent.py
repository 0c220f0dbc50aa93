# SPDX-License-Identifier: Apache-2.0
"""attestd and attestctl."""
import collections
import os
import subprocess

from support import sanitizer
from support.processes import PATIENCE_SECONDS, Process, binary, wait_until
from support.rpc import SERVING, Client, grpc

Outcome = collections.namedtuple("Outcome", "exit out err")


def tpm_tables(tcti):
    """Configuration for a TPM."""
    return f'[tee]\nbackend = "tpm"\n[tpm]\ntcti = "{tcti}"\n'


# For a [[listener]] that others than root reach.
EVERYTHING = ('rights = ["resource", "token", "evidence", "extend", "unseal", "unwrap", "mount", '
              '"admin"]\nallow = ["*"]\n')
# For loads that are the point.
UNLIMITED = ("[limits]\nrequests_per_second = 1000000\nburst = 1000000\n"
             "reply_bytes = 1073741824\n")
SAMPLE_TABLES = '[tee]\nbackend = "sample"\nallow_sample = true\n'


def broker_table(url, ca_file, name="main"):
    return f'[[kbs]]\nname = "{name}"\nurl = "{url}"\nca_file = "{ca_file}"\n'


class Agent:
    """attestd on a socket in `folder`. `tables` is its configuration but for the listener."""

    def __init__(self, folder, tables, mode="0600", name="attestd"):
        self.socket = os.path.join(folder, f"{name}.sock")
        self.config = os.path.join(folder, f"{name}.toml")
        self.log_path = os.path.join(folder, f"{name}.log")
        self.process = None
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(f'{tables}[[listener]]\npath = "{self.socket}"\nmode = "{mode}"\n')
            if mode != "0600":
                config.write(EVERYTHING)

    def launch(self, env=None):
        """Starts it and waits for nothing."""
        self.process = Process([binary("attestd"), "--config", self.config], self.log_path, env)

    def start(self):
        """Starts it and waits until it serves."""
        self.launch()
        self.wait_for_health(SERVING)

    def wait_for_health(self, wanted):
        wait_until(lambda: self.health() == wanted or not self.process.running(),
                   f"health is {wanted}; log: {self.log()}")
        if not self.process.running():
            raise AssertionError("attestd ended: " + self.log())

    def health(self, service=""):
        """The health of a service; nothing while attestd does not answer."""
        if not os.path.exists(self.socket):
            return None
        try:
            with self.client() as client:
                return client.health(service)
        except grpc.RpcError:
            return None

    def client(self):
        return Client(self.socket)

    def log(self):
        return self.process.log()

    def kill(self):
        if self.process is not None:
            self.process.kill()

    def ctl(self, *argv):
        """Runs attestctl on this daemon's socket."""
        done = subprocess.run(
            [binary("attestctl"), "--socket", f"unix://{self.socket}"] + list(argv),
            capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        sanitizer.check(done.stderr.decode())
        return Outcome(done.returncode, done.stdout, done.stderr.decode())

    def get(self, resource, *argv):
        return self.ctl("get-resource", f"kbs:///{resource}", *argv)
