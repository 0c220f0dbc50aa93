# SPDX-License-Identifier: Apache-2.0
"""Case 92: a kernel without random bytes, or one that has none yet, and machines that are alike."""
import base64
import json
import os
import time

from conformance.lab import ConformanceCase
from support import entropy
from support.agent import Agent
from support.processes import Process, binary, wait_until
from support.rpc import SERVING
from support.sample_site import SECRET, SampleSite

CLONES = 6


class EntropyTest(ConformanceCase):
    door = "start"

    def setUp(self):
        super().setUp()
        self.site = SampleSite(self.stack)

    def launch(self, name, mode, ready="/nonexistent"):
        """attestd on a kernel of support/entropy.py."""
        agent = Agent(self.site.folder, self.site.tables(), name=name)
        self.stack.callback(agent.kill)
        agent.process = Process(
            ["/usr/bin/python3", "-B", os.path.abspath(entropy.__file__), mode, ready,
             binary("attestd"), "--config", agent.config], agent.log_path)
        return agent

    def test_case_92_without_random_bytes(self):
        """getrandom fails: no start, and nothing is sent to a broker"""
        for mode, name in (("devices", "getrandom fails"), ("none", "nor are there devices")):
            with self.trying(name, "refused to start"):
                agent = self.launch(mode, mode)
                wait_until(lambda a=agent: not a.process.running(), "attestd ends")
                self.assertEqual(agent.process.wait(), 1, agent.log())
                self.assertIn("random", agent.log())
                self.assertFalse(os.path.exists(agent.socket))
                self.assertNotIn("/auth", self.site.broker.log())

    def test_case_92_random_bytes_that_come_late(self):
        """getrandom blocks: attestd waits for it, and serves then"""
        ready = os.path.join(self.site.folder, "ready")
        with self.trying("getrandom blocks"):
            agent = self.launch("late", "late", ready)
            time.sleep(1)
            self.assertTrue(agent.process.running(), agent.log())
            self.assertFalse(os.path.exists(agent.socket))
            self.assertNotIn("/auth", self.site.broker.log())
            with open(ready, "w", encoding="ascii"):
                pass
            agent.wait_for_health(SERVING)
            self.assertEqual(agent.get("app/key/main").out, SECRET)

    def test_case_92_machines_that_are_alike_share_no_key(self):
        """the same program, configuration and second: another TEE key in each handshake of each"""
        with self.trying("two handshakes each"):
            agents = []
            for number in range(CLONES):
                agents.append(Agent(self.site.folder, self.site.tables(), name=f"clone{number}"))
                self.stack.callback(agents[-1].kill)
                agents[-1].launch()
            keys, tags = [], set()
            for agent in agents:
                agent.wait_for_health(SERVING)
                keys.append(self.key(agent))
                refused = agent.get("private/key/main")
                tags.add(refused.err.split("[request ")[1].split("-")[0])
            self.site.broker.restart()  # which forgets the sessions
            keys += [self.key(agent) for agent in agents]
            self.assertEqual(len(set(keys)), 2 * CLONES)
            self.assertEqual(len(tags), CLONES)
        self.not_run("a snapshot that runs twice", "a confidential VM has none that would run")

    def key(self, agent):
        """The public TEE key in a fresh token."""
        wait_until(lambda: agent.get("app/key/main").out == SECRET, "it is served")
        claims = agent.ctl("get-token").out.decode().split(".")[1]
        parsed = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return find(parsed, "tee-pubkey")["x"]


def find(value, key):
    if isinstance(value, dict):
        if key in value:
            return value[key]
        value = list(value.values())
    if isinstance(value, list):
        return next((found for one in value if (found := find(one, key)) is not None), None)
    return None
