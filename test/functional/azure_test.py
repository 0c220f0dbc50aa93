# SPDX-License-Identifier: Apache-2.0
"""Azure's confidential VMs: swtpm as the vTPM, stand-ins for the paravisor and IMDS."""
import base64
import contextlib
import json
import os
import unittest

from support.agent import Agent, broker_table
from support.azure import AzureVm, Imds
from support.broker import Broker
from support.certificates import issue_server
from support.rpc import SERVING
from support.site import SECRET, work_folder

NONCE = bytes(range(48))
# Where the paravisor takes user-data from.
USER_DATA_INDEX = "0x01400002"
# Of the broker's word for the platform and of the member that holds the endorsement.
TEES = {"sev_guest": ("az-snp-vtpm", "vcek"), "tdx_guest": ("az-tdx-vtpm", "td_quote")}
# Certificates that the broker knows.
KNOWN = {"sev_guest": ("ark.pem", "ask.pem"), "tdx_guest": ("root.pem",)}


class AzureCases:
    provider = None

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.stack = stack
        cls.folder = work_folder(stack)
        cls.vm = AzureVm(stack, cls.folder, cls.provider)
        cls.imds = Imds(cls.vm)
        stack.callback(cls.imds.close)
        cls.broker = Broker(cls.folder, issue_server(cls.folder))
        stack.callback(cls.broker.stop)
        cls.broker.put("app/key/main", SECRET)
        # The evidence has no certificates between the VCEK and the root.
        known = [os.path.join(cls.vm.tee.keys, name) for name in KNOWN[cls.provider]]
        cls.broker.write_policy(f'allowed_tees = ["{TEES[cls.provider][0]}"]\n'
                                f"[roots]\nfiles = {json.dumps(known)}\n")
        cls.broker.start()
        cls.agent = cls.make_agent("attestd")

    @classmethod
    def make_agent(cls, name, env=None, **settings):
        agent = Agent(cls.folder, cls.vm.tables(cls.imds, **settings) +
                      broker_table(cls.broker.url, cls.broker.ca_file), name=name)
        cls.stack.callback(agent.kill)
        agent.launch(env=env)
        agent.wait_for_health(SERVING)
        return agent

    def setUp(self):
        self.imds.answer = None
        self.imds.requests.clear()
        self.vm.tee.control("clear")

    def evidence(self, agent=None, nonce=NONCE):
        with (agent or self.agent).client() as client:
            return json.loads(client.get_evidence(nonce))

    def user_data(self, evidence):
        """user-data of the HCL report inside, without its filling of zeros."""
        image = base64.urlsafe_b64decode(evidence["hcl_report"])
        size = int.from_bytes(image[1232:1236], "little")
        claims = json.loads(image[1236:1236 + size])
        return bytes.fromhex(claims["user-data"]).rstrip(b"\0")

    def assert_no_evidence(self):
        outcome = self.agent.ctl("--timeout", "800ms", "get-evidence", "--runtime-data",
                                 NONCE.hex())
        self.assertNotEqual(outcome.exit, 0)
        self.assertEqual(outcome.out, b"")

    def test_a_secret_is_delivered(self):
        outcome = self.agent.get("app/key/main")
        self.assertEqual((outcome.exit, outcome.out), (0, SECRET), outcome.err)
        self.assertEqual(self.agent.ctl("tee").out.decode(), TEES[self.provider][0] + "\n")

    def test_evidence_is_of_version_2_and_carries_the_nonce_in_quote_and_hcl_report(self):
        evidence = self.evidence()
        self.assertEqual(evidence["version"], 2)
        self.assertIn(NONCE.hex(), evidence["tpm_quote"]["message"].lower())
        self.assertEqual(self.user_data(evidence), NONCE)
        self.assertNotEqual(evidence[TEES[self.provider][1]], "")

    def test_an_hcl_report_that_cannot_be_read_costs_the_evidence_until_it_can_be(self):
        self.vm.tee.control("paravisor error EIO always")
        self.assert_no_evidence()
        self.assertGreater(self.vm.tee.count("paravisor"), 0)
        self.vm.tee.control("clear")
        self.assertEqual(self.user_data(self.evidence()), NONCE)


class AzureSnpTest(AzureCases, unittest.TestCase):
    provider = "sev_guest"

    def test_imds_is_asked_as_it_wants_to_be(self):
        self.evidence(self.make_agent("asking"))
        method, path, headers = self.imds.requests[-1]
        self.assertEqual((method, path), ("GET", "/metadata/THIM/amd/certification"))
        self.assertEqual(headers["Metadata"], "true")

    def test_older_evidence_on_request(self):
        for version in (0, 1):
            with self.subTest(version):
                agent = self.make_agent(f"version{version}", evidence_version=version)
                self.assertEqual(self.evidence(agent).get("version", 0), version)


class AzureTdxTest(AzureCases, unittest.TestCase):
    provider = "tdx_guest"

    def test_the_quote_is_asked_for_with_the_tdreport(self):
        self.evidence()
        method, path, headers = self.imds.requests[-1]
        self.assertEqual((method, path), ("POST", "/acc/tdquote"))
        self.assertEqual(headers["Content-Type"], "application/json")
