# SPDX-License-Identifier: Apache-2.0
"""kata-agent's launch of the three programs, replayed with its paths, flags, order and waits.

kata-agent 3.x, src/agent/src/main.rs: init_attestation_components and launch_process.
"""
import base64
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
import unittest
import urllib.request

from support.agent import SAMPLE_TABLES, tpm_tables
from support.guest_root import enter_guest_root
from support.processes import Process, binary, wait_until
from support.rpc import SERVING, Client, grpc
from support.sample_site import SECRET, URI, SampleSite
from support.tpm import Swtpm
from support.upstream import AGENT, HUB, REST, clean_environment

BIN = "/usr/local/bin"
RUN = "/run/confidential-containers"
AA_SOCKET = f"{RUN}/attestation-agent/attestation-agent.sock"
CDH_SOCKET = f"{RUN}/cdh.sock"
INIT_DATA = f"{RUN}/initdata/initdata.toml"
LAUNCH_SECONDS = 6  # agent.launch_process_timeout
CREDENTIAL = f"{RUN}/cdh/kbs/kms/key"

_WORK = None


def setUpModule():
    global _WORK  # pylint: disable=global-statement
    _WORK = unittest.enterModuleContext(tempfile.TemporaryDirectory(prefix="attestd-kata-"))
    set_cmdline("")
    enter_guest_root(os.path.join(_WORK, "cmdline"))
    os.makedirs("/etc/attestd", exist_ok=True)
    for name in (AGENT, HUB, REST):
        os.symlink(binary("attestd"), f"{BIN}/{name}")


def set_cmdline(text):
    """In place: the file is mounted."""
    with open(os.path.join(_WORK, "cmdline"), "w", encoding="ascii") as file:
        file.write(f"root=/dev/vda1 quiet {text}\n")


def health(socket):
    try:
        with Client(socket) as client:
            return client.health()
    except grpc.RpcError:
        return None


def token_claims(client):
    """The text of the claims that the broker has put into its token."""
    claims = json.loads(client.get_token())["token"].split(".")[1]
    return base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode()


class KataAgent:
    """What kata-agent does about the guest components."""

    def __init__(self, stack):
        self._stack = stack
        self.programs = {}

    def launch(self, name, argv, socket, env):
        """launch_process: the seconds until the socket was seen."""
        if socket and os.path.exists(socket):
            os.remove(socket)
        program = Process([f"{BIN}/{name}", *argv], os.path.join(_WORK, f"{name}.log"),
                          clean_environment(**env))
        self._stack.callback(program.kill)
        self.programs[name] = program
        if not socket:
            return 0
        for seconds in range(1, LAUNCH_SECONDS + 1):
            time.sleep(1)  # it looks once a second: the pace is part of the contract
            if os.path.exists(socket):
                return seconds
        raise AssertionError(f"{name}: no socket in {LAUNCH_SECONDS} s: {program.log()}")

    def init_attestation_components(self):
        flags = ["--attestation_sock", f"unix://{AA_SOCKET}"]
        if os.path.exists(INIT_DATA):
            flags += ["--initdata-toml", INIT_DATA]
        seconds = self.launch(AGENT, flags + self._config("aa.toml"), AA_SOCKET, {})
        seconds += self.launch(HUB, self._config("cdh.toml"), CDH_SOCKET,
                               {"OCICRYPT_KEYPROVIDER_CONFIG": "/etc/ocicrypt_config.json"})
        self.launch(REST, ["--features", "resource"], "", {})
        return seconds

    @staticmethod
    def _config(name):
        path = f"{RUN}/initdata/{name}"
        return ["-c", path] if os.path.exists(path) else []


def write_init_data(**files):
    """The init data as kata-agent unpacks it; the digest is over this text."""
    os.makedirs(f"{RUN}/initdata", exist_ok=True)
    text = 'version = "0.1.0"\nalgorithm = "sha256"\n[data]\n'
    for name, content in files.items():
        name = name.replace("_", ".")
        # TOML drops the first line end of such a text.
        text += f'"{name}" = \'\'\'\n{content}\'\'\'\n'
        with open(f"{RUN}/initdata/{name}", "w", encoding="utf-8") as file:
            file.write(content)
    with open(INIT_DATA, "w", encoding="utf-8") as file:
        file.write(text)


def write_dropin(text):
    with open("/etc/attestd/dropin.toml", "w", encoding="ascii") as file:
        file.write(text)


class KataLaunchTest(unittest.TestCase):
    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())
        shutil.rmtree(RUN, ignore_errors=True)
        for name in os.listdir(_WORK):
            if name.endswith(".log"):
                os.remove(os.path.join(_WORK, name))
        set_cmdline("")
        self.kata = KataAgent(self.stack)

    def log(self, name):
        return self.kata.programs[name].log()

    def assert_secret(self, socket):
        with Client(socket) as client:
            self.assertEqual(client.get_resource(URI), SECRET)

    def test_three_programs_one_after_the_other(self):
        site = SampleSite(self.stack)
        write_dropin(SAMPLE_TABLES)
        with open(site.broker.ca_file, encoding="ascii") as pem:
            ca = pem.read()
        write_init_data(
            aa_toml=f'[token_configs.kbs]\nurl = "{site.broker.url}"\ncert = """\n{ca}"""\n',
            cdh_toml=f'[kbc]\nname = "cc_kbc"\nurl = "{site.broker.url}"\nkbs_cert = """\n{ca}"""\n'
                     f'[[credentials]]\npath = "{CREDENTIAL}"\nresource_uri = "{URI}"\n')
        site.broker.stop()  # the sockets need no network
        self.assertEqual(self.kata.init_attestation_components(), 2, "each at the first look")
        site.broker.start()
        for socket in (AA_SOCKET, CDH_SOCKET):
            wait_until(lambda s=socket: health(s) == SERVING, f"{socket} serves")
        self.assert_secret(CDH_SOCKET)
        with Client(AA_SOCKET) as client:
            self.assertEqual(client.get_tee_type(), "sample")
            self.assertTrue(client.get_token())
        wait_until(lambda: os.path.exists(CREDENTIAL), "the credential is there")
        with open(CREDENTIAL, "rb") as file:
            self.assertEqual(file.read(), SECRET)
        with urllib.request.urlopen(f"http://127.0.0.1:8006/cdh/resource/{URI[7:]}") as reply:
            self.assertEqual(reply.read(), SECRET)
        self.assertEqual(self.kata.programs[REST].stop(), 0, self.log(REST))
        for name, socket in ((HUB, CDH_SOCKET), (AGENT, AA_SOCKET)):
            self.assertEqual(self.kata.programs[name].stop(), 0, self.log(name))
            self.assertFalse(os.path.exists(socket))

    def test_both_programs_tell_the_broker_the_init_data(self):
        site = SampleSite(self.stack)
        write_dropin(SAMPLE_TABLES + f'[[kbs]]\nca_file = "{site.broker.ca_file}"\n')
        set_cmdline(f"agent.aa_kbc_params=cc_kbc::{site.broker.url}")
        write_init_data(policy_rego="package agent_policy\n")
        self.kata.init_attestation_components()
        for socket in (AA_SOCKET, CDH_SOCKET):
            wait_until(lambda s=socket: health(s) == SERVING, f"{socket} serves")
            with open(INIT_DATA, "rb") as text, Client(socket) as client:
                digest = base64.b64encode(hashlib.sha256(text.read()).digest()).decode()
                self.assertIn(f'"init_data":"{digest}"', token_claims(client))

    def test_the_kernels_command_line_alone_is_enough(self):
        site = SampleSite(self.stack)
        write_dropin(SAMPLE_TABLES + f'[[kbs]]\nca_file = "{site.broker.ca_file}"\n')
        set_cmdline(f"agent.aa_kbc_params=cc_kbc::{site.broker.url} "
                    f"cdh.kbs_resources={URI}::{CREDENTIAL}")
        self.kata.init_attestation_components()
        wait_until(lambda: os.path.exists(CREDENTIAL), "the credential is there")
        self.assert_secret(CDH_SOCKET)

    def test_without_any_configuration_the_sandbox_starts(self):
        write_dropin(SAMPLE_TABLES)
        self.kata.init_attestation_components()
        for name in (AGENT, HUB):
            self.assertTrue(self.kata.programs[name].running(), self.log(name))

    def test_a_stale_socket_of_a_killed_program_is_no_obstacle(self):
        write_dropin(SAMPLE_TABLES)
        self.kata.init_attestation_components()
        for name in (AGENT, HUB):
            self.kata.programs[name].kill()
        self.assertTrue(os.path.exists(CDH_SOCKET))
        self.kata.init_attestation_components()
        wait_until(lambda: health(CDH_SOCKET) == SERVING, "it serves again")

    def test_other_init_data_than_the_platforms_ends_attestation_agent(self):
        tpm = Swtpm(_WORK)
        self.stack.callback(tpm.kill)
        write_dropin(tpm_tables(tpm.tcti))
        write_init_data(policy_rego="package first\n")
        flags = ["--attestation_sock", f"unix://{AA_SOCKET}", "--initdata-toml", INIT_DATA]
        self.kata.launch(AGENT, flags, AA_SOCKET, {})
        first = self.kata.programs[AGENT]
        wait_until(lambda: health(AA_SOCKET) == SERVING, f"it serves: {first.log()}")
        self.assertEqual(first.stop(), 0)

        write_init_data(policy_rego="package second\n")
        other = Process([f"{BIN}/{AGENT}", *flags], os.path.join(_WORK, "other.log"))
        self.stack.callback(other.kill)
        self.assertEqual(other.wait(), 1, other.log())
        self.assertIn("PCR 8 holds", other.log())
        self.assertIn("[init_data] required", other.log())
        self.assertFalse(os.path.exists(AA_SOCKET))


if __name__ == "__main__":
    unittest.main()
