# SPDX-License-Identifier: Apache-2.0
"""A machine with a TPM, a broker that trusts it, and attestd between them."""
import base64
import contextlib
import json
import tempfile
import unittest

from support.agent import Agent, broker_table, tpm_tables
from support.broker import Broker
from support.certificates import issue_server
from support.tpm import Swtpm

# An extendable PCR that nothing else here touches, and its value after a reset.
PCR = 11
CLEAR_PCR = "00" * 32

SECRET = b"correct horse battery staple: the launch code is 8f3a61"


def work_folder(stack):
    return stack.enter_context(tempfile.TemporaryDirectory(prefix="attestd-functional-"))


class Site:
    """Everything in one temporary folder; ends with the stack that it was entered on."""

    def __init__(self, stack, session_seconds=300):
        self.folder = work_folder(stack)
        self.tpm = Swtpm(self.folder)
        stack.callback(self.tpm.kill)
        self.broker = Broker(self.folder, issue_server(self.folder), session_seconds)
        stack.callback(self.broker.stop)
        self.broker.put("app/key/main", SECRET)
        self.broker.put("private/key/main", SECRET)
        self.agent = self.make_agent()
        stack.callback(self.agent.kill)
        self.agent.start()
        self.trust_this_tpm()

    def make_agent(self, name="attestd", **options):
        tables = tpm_tables(self.tpm.tcti) + broker_table(self.broker.url, self.broker.ca_file)
        return Agent(self.folder, tables, name=name, **options)

    def evidence(self, runtime_data=b""):
        with self.agent.client() as client:
            return json.loads(client.get_evidence(runtime_data))

    def trust_this_tpm(self):
        """Restarts the broker with a policy that accepts this TPM's key and state."""
        write_public_key(f"{self.folder}/ak.pem", self.evidence()["ak_public"])
        self.set_policy(["ak.pem"])

    def set_policy(self, trusted_aks, allowed_tees=("tpm",)):
        self.broker.write_policy(
            f"allowed_tees = {json.dumps(allowed_tees)}\n"
            'denied_resources = ["private/*"]\n'
            f"[tpm]\ntrusted_aks = {json.dumps(trusted_aks)}\n"
            f'[tpm.expected_pcrs]\n{PCR} = "{CLEAR_PCR}"\n')
        self.broker.restart()


def write_public_key(path, spki_base64):
    """PEM of a SubjectPublicKeyInfo (RFC 7468)."""
    text = base64.b64encode(base64.b64decode(spki_base64)).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    with open(path, "w", encoding="ascii") as pem:
        pem.write("\n".join(["-----BEGIN PUBLIC KEY-----"] + lines +
                            ["-----END PUBLIC KEY-----", ""]))


def open_site(**options):
    """For setUpModule: a site that is taken down after the module's last test."""
    stack = unittest.enterModuleContext(contextlib.ExitStack())
    return Site(stack, **options)
