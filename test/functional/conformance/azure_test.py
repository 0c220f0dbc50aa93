# SPDX-License-Identifier: Apache-2.0
"""Cases 82 and 83: a paravisor and an IMDS that lie, on Azure's SNP and TDX machines."""
import base64
import contextlib
import functools
import json
import os
import threading
import unittest

from conformance.devices import (DEVICE_FAILED, NO_BROKER, OK, TIMED_OUT, UNAVAILABLE,
                                 DeviceCase, ask_evidence)
from support.agent import Agent
from support.azure import AzureVm, Imds, amd_certification, runtime_data
from support.fake_tee import FakeTee
from support.processes import run
from support.site import work_folder

PROVIDERS = ("sev_guest", "tdx_guest")
HINTS = {"sev_guest": "vcek", "tdx_guest": "td_quote"}
# Where the paravisor takes user-data from.
USER_DATA_INDEX = "0x01400002"
# A proxy that would have to be used is a proxy that the request fails at.
PROXIES = {name: "http://127.0.0.1:9" for name in ("http_proxy", "HTTP_PROXY", "all_proxy",
                                                   "ALL_PROXY", "https_proxy", "HTTPS_PROXY")}
# The HCL report: header, hardware report, header of the runtime data, the data.
CORRUPT = {"signature": 0, "report_size": 8, "data_size": 1216, "report type": 1224,
           "size of the JSON": 1232, "the JSON": 1240}
HARDWARE_REPORT_DATA = {"sev_guest": 32 + 0x50, "tdx_guest": 32 + 128}
SHORT = 0.8
BAD = DEVICE_FAILED | TIMED_OUT


@functools.cache
def open_site(provider):
    """(machine, IMDS, folder) of the whole module; its last test may spoil the SNP machine."""
    stack = unittest.enterModuleContext(contextlib.ExitStack())
    folder = work_folder(stack)
    machine = AzureVm(stack, folder, provider)
    imds = Imds(machine)
    stack.callback(imds.close)
    return machine, imds, folder


class AzureCase(DeviceCase):
    nonce = bytes(range(48))

    def open_vm(self, provider):
        self.provider = provider
        self.vm, self.imds, self.folder = open_site(provider)
        self.imds.answer = None
        self.vm.tee.control("clear")
        self.agent = self.make_agent("attestd")

    def make_agent(self, name, env=None):
        agent = Agent(self.folder, self.vm.tables(self.imds) + NO_BROKER, name=name)
        self.stack.callback(agent.kill)
        agent.launch(env)
        agent.wait_for_health(1)
        return agent

    def genuine(self, evidence):  # pylint: disable=method-hidden
        parsed = json.loads(evidence)
        image = base64.urlsafe_b64decode(parsed["hcl_report"])
        claims = json.loads(image[1236:1236 + int.from_bytes(image[1232:1236], "little")])
        return (self.nonce.hex() in parsed["tpm_quote"]["message"].lower() and
                bytes.fromhex(claims["user-data"])[:48] == self.nonce)

    def hint(self, evidence):
        return json.loads(evidence)[HINTS[self.provider]]


class ReportTest(AzureCase):
    def play(self, fault, expected, name=None, least=1, old=False, **options):
        """`old`: the user-data before it is another's."""
        self.vm.tee.control("clear")
        self.evidence()
        if old:
            self.assertEqual(ask_evidence(self.agent, data=self.nonce[::-1]).code, "OK")
        self.vm.tee.control("clear", fault)
        self.variant(f"{self.provider}: {name or fault}", expected,
                     happened=lambda: self.vm.tee.count("paravisor") >= least,
                     mend=lambda: self.vm.tee.control("clear"), **options)

    def test_case_82_reports_that_lie_are_read_again(self):
        """fields, JSON, hash and user-data of the HCL report: read again, never sent wrong"""
        for provider in PROVIDERS:
            with contextlib.ExitStack() as stack:
                self.stack = stack
                self.open_vm(provider)
                corrupt = CORRUPT if provider == "sev_guest" else {"the JSON": 1240}
                for what, offset in dict(corrupt, **{
                        "the hardware's report data": HARDWARE_REPORT_DATA[provider]}).items():
                    self.play(f"paravisor corrupt {offset} 2", OK, f"{what}, twice", 3)
                    self.play(f"paravisor corrupt {offset} always", BAD, f"{what}, for ever", 2,
                              seconds=SHORT)
                self.play("paravisor error EIO 1", OK, "cannot be read, once", 2)
                self.play("paravisor error EIO always", BAD | UNAVAILABLE,
                          "cannot be read, for ever", seconds=SHORT)
                self.play("paravisor late 1 3", OK, "old user-data, three times", 4, old=True)
                # attestd asks twice for each look at the report: two looks find the other's.
                self.play("paravisor foreign 1 4", OK, "another process writes twice", 6)
                self.assertEqual(self.written(), self.nonce)
                self.play("paravisor foreign 1 always", BAD, "another process never lets go", 2,
                          seconds=SHORT)

    def written(self):
        """What is in the vTPM itself."""
        return run(["tpm2_nvread", "-T", self.vm.tcti, "-C", "o", USER_DATA_INDEX])

    def test_case_82_runtime_data_of_no_use(self):
        """runtime data that is deep, long, doubled or no JSON: not ready, nothing sent"""
        self.open_vm("sev_guest")
        good = runtime_data(bytes(256))
        self.assertEqual(self.agent.process.stop(), 0)
        self.vm.tee.stop()
        bad = {"10,000 levels": good[:-1] + ',"x":' + "[" * 10000 + "]" * 10000 + "}",
               "16 KiB": good[:-1] + ',"x":"' + "x" * 16384 + '"}',
               "500 levels": good[:-1] + ',"x":' + "[" * 500 + "]" * 500 + "}",
               "no JSON": "A" * 1000, "empty": "{}",
               "no keys": good.replace("HCLAkPub", "HCLOther"),
               "a key twice": good.replace("HCLEkPub", "HCLAkPub"),
               "another's key": good}
        for number, (name, text) in enumerate(bad.items()):
            path = os.path.join(self.folder, f"runtime{number}.json")
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            tee = FakeTee(self.folder, "sev_guest", "--tpm-port", str(self.vm.swtpm.port),
                          "--hcl-runtime", path, name=f"azure{number}")
            tables = self.vm.tables(self.imds, kind="snp").replace(
                self.vm.tcti, "device:" + tee.path("tpmrm0"))
            self.starts_ill(name, Agent(self.folder, tables + NO_BROKER, name=f"attestd{number}"),
                            "not ready", path_words(name))
            tee.stop()


class ImdsTest(AzureCase):
    def play(self, name, answer, expected=OK, agent=None, **options):
        """A variant: IMDS answers so, and after it with 404, since a certificate would be kept."""
        def mend():
            self.imds.answer = None if self.provider == "tdx_guest" else not_found
        self.imds.answer = answer
        self.imds.requests.clear()
        self.variant(f"{self.provider}: {name}", expected, agent=agent,
                     happened=lambda: len(self.imds.requests) > 0, mend=mend, **options)
        self.assertNotIn("/elsewhere", [path for _, path, _ in self.imds.requests])

    def answers(self, good):
        """Bad answers by name; `good` is what would be right."""
        over = threading.Event()
        self.stack.callback(over.set)

        def endless(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(100 << 20))
            handler.end_headers()
            for _ in range(100):
                handler.wfile.write(b" " * (1 << 20))

        def slow(handler):
            over.wait(10)
            handler.reply(200, good(handler))

        def redirect(handler):
            if handler.path.startswith("/elsewhere"):
                handler.reply(200, good(handler))
            else:
                handler.reply(302, b"", Location="/elsewhere")
        garbage = "-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n"
        return {"404": not_found, "500": lambda handler: handler.reply(500, b"{}"),
                "redirect": redirect, "100 MiB": endless, "slow": slow,
                "no JSON": lambda handler: handler.reply(200, b"<html>"),
                "10,000 levels": lambda handler: handler.reply(200, b"[" * 10000 + b"]" * 10000),
                "garbage": lambda handler: handler.reply(200, json.dumps(
                    {"vcekCert": garbage, "certificateChain": "", "quote": "AAAA"}).encode())}

    def test_case_83_certificates_are_hints(self):
        """404, 500, redirect, 100 MiB, slow, garbage, another chip: the evidence goes without"""
        self.open_vm("sev_guest")
        agent = self.make_agent("hints")  # one that remembers no certificate

        def good(_):
            return amd_certification(self.vm.tee.keys)
        for name, answer in self.answers(good).items():
            self.play(name, answer, agent=agent, seconds=3, judge=lambda e: self.hint(e) == "")
        other = FakeTee(self.folder, "sev_guest", "--chip", "2", name="chip2")
        other.stop()
        self.play("another chip", lambda handler: handler.reply(200, amd_certification(other.keys)),
                  agent=agent, words=("another chip",), judge=lambda e: self.hint(e) == "")
        self.play("well again", None, agent=agent, judge=lambda e: self.hint(e) != "")
        self.proxied(good)

    def proxied(self, _):
        agent = self.make_agent("proxied", env=dict(os.environ, **PROXIES))
        self.play("proxies in the environment", None, agent=agent,
                  judge=lambda e: self.hint(e) != "")

    def test_case_83_without_a_td_quote_there_is_no_evidence(self):
        """of a TD quote: no evidence, in time, and the log names IMDS"""
        self.open_vm("tdx_guest")

        def good(_):
            return json.dumps({"quote": base64.urlsafe_b64encode(
                self.vm.tee.report(b"")).decode()}).encode()
        some = self.answers(good)
        words = {"another's quote": "the TD quote from IMDS", "garbage": "the TD quote from IMDS"}
        some["another's quote"] = lambda handler: handler.reply(200, good(handler))
        expected = DEVICE_FAILED | TIMED_OUT | UNAVAILABLE
        for name, answer in some.items():
            self.play(name, answer, expected, seconds=2 if name == "100 MiB" else SHORT,
                      words=() if name in ("slow", "500") else (words.get(name, "/acc/tdquote"),))
        self.proxied(good)


def path_words(name):
    return "0x01400001" if name in ("10,000 levels", "16 KiB") else "HCL"


def not_found(handler):
    handler.reply(404, b"{}")
