# SPDX-License-Identifier: Apache-2.0
"""Azure's confidential VMs: swtpm as the vTPM, stand-ins for the paravisor and IMDS."""
import base64
import contextlib
import json
import os
import threading
import unittest

from support.agent import Agent, broker_table
from support.azure import AzureVm, Imds, amd_certification
from support.broker import Broker
from support.certificates import issue_server
from support.fake_tee import FakeTee
from support.processes import log_from_here, run, wait_for_log, wait_until
from support.rpc import SERVING
from support.site import SECRET, work_folder

NONCE = bytes(range(48))
# Where the paravisor takes user-data from.
USER_DATA_INDEX = "0x01400002"
# Of the broker's word for the platform and of the member that holds the endorsement.
TEES = {"sev_guest": ("az-snp-vtpm", "vcek"), "tdx_guest": ("az-tdx-vtpm", "td_quote")}
# Certificates that the broker knows.
KNOWN = {"sev_guest": ("ark.pem", "ask.pem"), "tdx_guest": ("root.pem",)}
# A proxy that would have to be used is a proxy that the request fails at.
PROXIES = {name: "http://127.0.0.1:9" for name in ("http_proxy", "HTTP_PROXY", "all_proxy",
                                                   "ALL_PROXY", "https_proxy", "HTTPS_PROXY")}


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

    def written_user_data(self):
        """What is in the vTPM itself."""
        return run(["tpm2_nvread", "-T", self.vm.tcti, "-C", "o", USER_DATA_INDEX])

    def assert_no_evidence(self):
        outcome = self.agent.ctl("--timeout", "800ms", "get-evidence", "--runtime-data",
                                 NONCE.hex())
        self.assertNotEqual(outcome.exit, 0)
        self.assertEqual(outcome.out, b"")

    def assert_no_evidence_because(self, text):
        """The log says so, of one request at least: another's time may be up elsewhere."""
        log = log_from_here(self.agent)

        def is_told():
            self.assert_no_evidence()
            return text in log()
        wait_until(is_told, f"the log says {text}")

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

    def test_case_82_old_user_data_is_waited_out(self):
        self.evidence(nonce=NONCE[::-1])  # what is old
        self.vm.tee.control("paravisor late 1 3")
        self.assertEqual(self.user_data(self.evidence()), NONCE)
        self.assertGreaterEqual(self.vm.tee.count("paravisor"), 4)

    def test_case_82_another_process_that_writes_user_data_is_overruled(self):
        # attestd asks twice for each look at the report: two looks find the other's user-data.
        self.vm.tee.control("paravisor foreign 1 4")
        self.assertEqual(self.user_data(self.evidence()), NONCE)
        self.assertGreaterEqual(self.vm.tee.count("paravisor"), 6)
        self.assertEqual(self.written_user_data(), NONCE)

    def test_case_82_another_process_that_never_lets_go_costs_the_evidence(self):
        self.evidence()  # the index is there
        self.vm.tee.control("paravisor foreign 1 always")
        self.assert_no_evidence_because("user-data is not the report data that was written")

    def test_an_hcl_report_that_cannot_be_read_costs_the_evidence_until_it_can_be(self):
        self.vm.tee.control("paravisor error EIO always")
        self.assert_no_evidence()
        self.assertGreater(self.vm.tee.count("paravisor"), 0)
        self.vm.tee.control("clear")
        self.assertEqual(self.user_data(self.evidence()), NONCE)

    def test_case_82_a_report_that_lies_is_read_again_and_then_refused(self):
        for offset, what in ((0, "signature"), (8, "report_size"), (1216, "data_size"),
                             (1240, "runtime data")):
            with self.subTest(what):
                self.vm.tee.control("clear", f"paravisor corrupt {offset} 2")
                self.assertEqual(self.user_data(self.evidence()), NONCE)
                self.vm.tee.control("clear", f"paravisor corrupt {offset} 100000")
                self.assert_no_evidence_because("HCL report")

    def test_case_83_proxies_in_the_environment_are_not_used(self):
        agent = self.make_agent("proxied", env=dict(os.environ, **PROXIES))
        self.imds.requests.clear()
        self.assertNotEqual(self.evidence(agent)[TEES[self.provider][1]], "")
        self.assertTrue(self.imds.requests)


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

    def test_case_83_bad_answers_cost_the_certificate_only(self):
        released = threading.Event()
        self.addCleanup(released.set)

        def endless(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(100 << 20))
            handler.end_headers()
            for _ in range(100):
                handler.wfile.write(b" " * (1 << 20))

        def slow(handler):
            released.wait(20)
            handler.reply(200, amd_certification(self.vm.tee.keys))

        def redirect(handler):
            if handler.path.startswith("/elsewhere"):
                handler.reply(200, amd_certification(self.vm.tee.keys))
            else:
                handler.reply(302, b"", Location="/elsewhere")

        answers = {
            "404": lambda handler: handler.reply(404, b"{}"),
            "500": lambda handler: handler.reply(500, b"{}"),
            "redirect": redirect,
            "100 MiB": endless,
            "slow": slow,
            "PEM garbage": lambda handler: handler.reply(200, json.dumps(
                {"vcekCert": "-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n",
                 "certificateChain": ""}).encode()),
        }
        # A fresh daemon, since certificates are remembered.
        agent = self.make_agent("hints")
        for name, answer in answers.items():
            with self.subTest(name):
                self.imds.answer = answer
                self.imds.requests.clear()
                outcome = agent.ctl("--timeout", "3s", "get-evidence", "--runtime-data",
                                    NONCE.hex())
                self.assertEqual(outcome.exit, 0, outcome.err)
                self.assertEqual(json.loads(outcome.out)["vcek"], "")
                self.assertNotIn("/elsewhere", [path for _, path, _ in self.imds.requests])
                self.assertTrue(self.imds.requests)
        self.imds.answer = None
        self.assertNotEqual(self.evidence(agent)["vcek"], "")

    def test_case_83_the_certificate_of_another_chip_is_dropped(self):
        agent = self.make_agent("chips")
        other = self.other_chip()
        self.imds.answer = lambda handler: handler.reply(200, amd_certification(other))
        log = log_from_here(agent)
        self.assertEqual(self.evidence(agent)["vcek"], "")
        wait_for_log(log, "another chip")
        self.imds.answer = None
        self.assertNotEqual(self.evidence(agent)["vcek"], "")

    def other_chip(self):
        """A folder of keys as the other stand-in has them, but for the chip's name."""
        tee = FakeTee(self.folder, "sev_guest", "--chip", "2", name="chip2")
        tee.stop()
        return tee.keys


class AzureTdxTest(AzureCases, unittest.TestCase):
    provider = "tdx_guest"

    def test_the_quote_is_asked_for_with_the_tdreport(self):
        self.evidence()
        method, path, headers = self.imds.requests[-1]
        self.assertEqual((method, path), ("POST", "/acc/tdquote"))
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_case_83_without_a_quote_there_is_no_evidence_and_the_log_names_imds(self):
        answers = {
            "404": lambda handler: handler.reply(404, b"{}"),
            "garbage": lambda handler: handler.reply(200, b'{"quote":"AAAA"}'),
            "redirect": lambda handler: handler.reply(302, b"", Location="/elsewhere"),
        }
        for name, answer in answers.items():
            with self.subTest(name):
                self.imds.answer = answer
                log = log_from_here(self.agent)
                outcome = self.agent.ctl("--timeout", "3s", "get-evidence", "--runtime-data",
                                         NONCE.hex())
                self.assertEqual((outcome.exit, outcome.out), (5, b""), outcome.err)
                wait_until(lambda: self.imds.url in log() or "IMDS" in log(),
                           "the log names IMDS")
