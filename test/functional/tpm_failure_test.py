# SPDX-License-Identifier: Apache-2.0
"""A TPM that is away, comes back, or will not make a key."""
import contextlib
import os
import socket
import unittest

from support.agent import Agent, broker_table, tpm_tables
from support.processes import free_ports, wait_until
from support.rpc import AGENT, NOT_SERVING, RESOURCE, SERVING
from support.site import SECRET, Site, work_folder
from support.tpm import Swtpm

# The broker is never reached here.
NO_BROKER = '[[kbs]]\nurl = "https://127.0.0.1:1"\n'


class TpmFailureTest(unittest.TestCase):
    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())

    def test_a_tpm_that_goes_is_unavailable_and_one_that_returns_serves_again(self):
        site = Site(self.stack)
        self.assertEqual(site.agent.get("app/key/main").out, SECRET)
        before = site.evidence()["ak_public"]
        site.tpm.kill()
        site.broker.restart()
        gone = site.agent.get("app/key/main")
        self.assertEqual((gone.exit, gone.out), (5, b""), gone.err)
        self.assertIn("evidence: the TEE device", gone.err)
        self.assertEqual(site.agent.ctl("get-evidence", "--runtime-data", "00").exit, 5)
        site.agent.wait_for_health(NOT_SERVING)
        for service in (AGENT, RESOURCE):
            self.assertEqual(site.agent.health(service), NOT_SERVING)
        self.assertIn("NOT READY", site.agent.ctl("status").out.decode())
        site.tpm.start()
        site.agent.wait_for_health(SERVING)
        self.assertEqual(site.agent.get("app/key/main").out, SECRET)
        self.assertEqual(site.evidence()["ak_public"], before)

    def test_a_live_session_outlives_the_tpm(self):
        site = Site(self.stack)
        self.assertEqual(site.agent.get("app/key/main").out, SECRET)
        site.tpm.kill()
        self.assertEqual(site.agent.get("app/key/main").out, SECRET)

    def test_a_key_that_cannot_be_made_is_named_and_made_when_it_can_be(self):
        folder = work_folder(self.stack)
        tpm = Swtpm(folder)
        self.stack.callback(tpm.kill)
        tpm.tool("tpm2_changeauth", "-c", "o", "word")
        agent = Agent(folder, tpm_tables(tpm.tcti) + NO_BROKER)
        self.stack.callback(agent.kill)
        agent.launch()
        agent.wait_for_health(NOT_SERVING)
        wait_until(lambda: "not ready" in agent.log(), "attestd says why")
        self.assertIn("0x81010002", agent.log())
        refused = agent.ctl("get-evidence", "--runtime-data", "00")
        self.assertEqual((refused.exit, refused.out), (5, b""))
        self.assertIn("attestation key is missing and cannot be made", refused.err)
        tpm.tool("tpm2_changeauth", "-c", "o", "-p", "word")
        agent.wait_for_health(SERVING)
        self.assertEqual(agent.ctl("get-evidence", "--runtime-data", "00").exit, 0)

    def test_a_device_that_is_not_there_is_named_and_attestd_waits_for_it(self):
        folder = work_folder(self.stack)
        agent = Agent(folder, tpm_tables(f"device:{folder}/tpmrm0") + NO_BROKER)
        self.stack.callback(agent.kill)
        agent.launch()
        agent.wait_for_health(NOT_SERVING)
        wait_until(lambda: f"{folder}/tpmrm0" in agent.log(), "the log names the device")
        self.assertEqual(agent.get("app/key/main").exit, 5)
        self.assertEqual(agent.process.stop(), 0)

    def test_attestctl_that_waits_for_a_tpm_gives_up_in_time_and_says_why(self):
        folder = work_folder(self.stack)
        agent = Agent(folder, tpm_tables(f"device:{folder}/tpmrm0") + NO_BROKER)
        self.stack.callback(agent.kill)
        agent.launch()
        outcome = agent.ctl("--wait", "--timeout", "1s", "tee")
        self.assertEqual((outcome.exit, outcome.out), (6, b""))
        self.assertIn("TEE device", outcome.err)

    def test_a_silent_tpm_delays_neither_the_socket_nor_an_answer_past_its_deadline(self):
        folder = work_folder(self.stack)
        port = free_ports(2)
        with socket.create_server(("127.0.0.1", port)), \
                socket.create_server(("127.0.0.1", port + 1)):
            agent = Agent(folder, tpm_tables(f"swtpm:host=127.0.0.1,port={port}") + NO_BROKER)
            self.stack.callback(agent.kill)
            agent.launch()
            agent.wait_for_health(NOT_SERVING)
            outcome = agent.ctl("--timeout", "300ms", "get-evidence", "--runtime-data", "00")
            self.assertEqual((outcome.exit, outcome.out), (6, b""), outcome.err)
            self.assertEqual(agent.ctl("tee").out, b"tpm\n")
            # One thread hangs in the TPM; the daemon ends all the same.
            self.assertEqual(agent.process.stop(), 0)
            self.assertFalse(os.path.exists(agent.socket))


class EvidenceTest(unittest.TestCase):
    def test_two_daemons_with_the_same_tpm_name_the_same_key(self):
        site = Site(self.enterContext(contextlib.ExitStack()))
        before = site.evidence()["ak_public"]
        site.agent.process.stop()
        second = Agent(site.folder, tpm_tables(site.tpm.tcti) +
                       broker_table(site.broker.url, site.broker.ca_file), name="second")
        self.addCleanup(second.kill)
        second.start()
        self.assertIn(before.encode(), second.ctl("get-evidence", "--runtime-data", "00").out)
