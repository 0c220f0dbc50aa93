# SPDX-License-Identifier: Apache-2.0
"""Devices beside the platform: their evidence goes along, and the broker judges all of it."""
import base64
import json
import unittest

from support.agent import Agent, broker_table
from support.processes import log_from_here, wait_for_log
from support.rpc import failure, grpc
from support.site import SECRET, open_site

SITE = None
AGENT = None


def setUpModule():
    global SITE, AGENT
    SITE = open_site()
    AGENT = make_agent("devices", '"sample_device"')


def make_agent(name, devices):
    agent = Agent(SITE.folder,
                  f'[tee]\nbackend = "tpm"\nallow_sample = true\ndevices = [{devices}]\n'
                  f'[tpm]\ntcti = "{SITE.tpm.tcti}"\n' +
                  broker_table(SITE.broker.url, SITE.broker.ca_file), name=name)
    unittest.addModuleCleanup(agent.kill)
    agent.start()
    return agent


class SampleDeviceTest(unittest.TestCase):
    def test_the_broker_accepts_composite_evidence(self):
        SITE.set_policy(["ak.pem"], ["tpm", "sampledevice"])
        outcome = AGENT.get("app/key/main")
        self.assertEqual((outcome.exit, outcome.out), (0, SECRET), outcome.err)

    def test_the_broker_judges_the_device_too(self):
        SITE.set_policy(["ak.pem"], ["tpm"])
        log = log_from_here(SITE.broker)
        outcome = AGENT.get("app/key/main")
        self.assertEqual((outcome.exit, outcome.out), (3, b""))
        self.assertIn("the broker refused the evidence", outcome.err)
        wait_for_log(log, "sampledevice")

    def test_an_agent_without_devices_is_served_as_before(self):
        SITE.set_policy(["ak.pem"], ["tpm"])
        self.assertEqual(SITE.agent.get("app/key/main").out, SECRET)

    def test_devices_are_named(self):
        with AGENT.client() as client:
            self.assertEqual(client.get_additional_tees(), ["sampledevice"])
            self.assertEqual(client.get_tee_type(), "tpm")
            self.assertTrue(client.status().sample)
        self.assertIn(r'SAMPLE EVIDENCE: device \"sample_device\"', AGENT.log())

    def test_additional_evidence_is_an_object_by_device(self):
        with AGENT.client() as client:
            for size in (0, 1, 63, 64):
                data = b"\x42" * size
                evidence = json.loads(client.get_additional_evidence(data))
                self.assertEqual(evidence, {"sampledevice": {
                    "svn": "2", "report_data": base64.b64encode(data).decode()}})

    def test_case_30_more_than_a_device_carries_is_invalid(self):
        with AGENT.client() as client:
            for size in (65, 60000):
                code, text = failure(client.get_additional_evidence, b"\x42" * size)
                self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
                self.assertIn("larger than the platform's evidence carries", text)
            # Refused by the server before it is a request.
            code, _ = failure(client.get_additional_evidence, b"\x42" * (1 << 20))
            self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_without_devices_additional_evidence_is_empty(self):
        with SITE.agent.client() as client:
            self.assertEqual(client.get_additional_evidence(b"\x42" * 64), b"")


class NvidiaTest(unittest.TestCase):
    def test_a_gpu_whose_library_is_absent_is_not_ready_and_says_what_to_install(self):
        agent = Agent(SITE.folder,
                      f'[tee]\nbackend = "tpm"\ndevices = ["nvidia"]\n'
                      f'[tpm]\ntcti = "{SITE.tpm.tcti}"\n'
                      '[nvidia]\nlibrary = "libattestd-absent.so.1"\n' +
                      broker_table(SITE.broker.url, SITE.broker.ca_file), name="nvidia")
        self.addCleanup(agent.kill)
        agent.launch()
        agent.wait_for_health(2)
        with agent.client() as client:
            code, text = failure(client.get_additional_evidence, b"")
            self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION)
            self.assertIn("not there or cannot be opened", text)
        self.assertIn("libattestd-absent.so.1", agent.log())
        self.assertIn("install the NVIDIA driver", agent.log())


class ExplainTest(unittest.TestCase):
    def probes(self, agent):
        outcome = agent.ctl("tee", "--explain", "--json")
        self.assertEqual(outcome.exit, 0, outcome.err)
        return json.loads(outcome.out)["probes"]

    def test_the_choice_is_explained_in_the_order_of_probing(self):
        probes = {probe["name"]: probe for probe in self.probes(AGENT)}
        self.assertEqual([name for name, probe in probes.items() if probe["chosen"]],
                         ["tpm", "sample_device"])
        self.assertEqual(probes["tpm"]["why"], "named by [tee] backend")
        self.assertIn(SITE.tpm.tcti, probes["tpm"]["seen"])
        self.assertEqual(probes["sample"]["why"], "a fake: only by [tee] backend")
        self.assertEqual(list(probes)[-1], "sample")

    def test_auto_explains_itself_and_never_takes_the_sample(self):
        agent = Agent(SITE.folder,
                      f'[tee]\nallow_sample = true\n[tpm]\ntcti = "{SITE.tpm.tcti}"\n' +
                      broker_table(SITE.broker.url, SITE.broker.ca_file), name="auto")
        self.addCleanup(agent.kill)
        agent.start()
        chosen = [probe for probe in self.probes(agent) if probe["chosen"]]
        self.assertEqual([probe["why"] for probe in chosen], ["auto: the first that is there"])
        self.assertNotIn("sample", chosen[0]["name"])
        lines = agent.ctl("tee", "--explain").out.decode().splitlines()
        self.assertEqual(sum(line.startswith("* ") for line in lines), 1)
        self.assertTrue(all(": " in line and "; " in line for line in lines), lines)
