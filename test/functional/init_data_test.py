# SPDX-License-Identifier: Apache-2.0
"""Init data: bound to PCR 8 at the start, and in the hands of a broker that compares."""
import contextlib
import os
import unittest

from support.agent import Agent, broker_table, tpm_tables
from support.processes import wait_until
from support.rpc import NOT_SERVING, error_info, failure, grpc
from support.site import SECRET, Site

INIT_DATA = """version = "0.1.0"
algorithm = "sha256"
[data]
"aa.toml" = \'\'\'
# grüße
\'\'\'
"""


class InitDataTest(unittest.TestCase):
    def setUp(self):
        stack = self.enterContext(contextlib.ExitStack())
        self.site = Site(stack)

    def agent(self, name, text):
        """Not started yet."""
        path = os.path.join(self.site.folder, f"{name}-initdata.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        agent = Agent(self.site.folder, tpm_tables(self.site.tpm.tcti) +
                      broker_table(self.site.broker.url, self.site.broker.ca_file) +
                      f'[init_data]\nfile = "{path}"\n', name=name)
        self.addCleanup(agent.kill)
        return agent

    def test_it_is_bound_and_sent_and_other_init_data_is_refused(self):
        agent = self.agent("first", INIT_DATA)
        agent.start()
        outcome = agent.get("app/key/main")
        self.assertEqual((outcome.exit, outcome.out), (0, SECRET), outcome.err)
        agent.kill()
        # The same again: a restart finds PCR 8 as it left it.
        again = self.agent("again", INIT_DATA)
        again.start()
        self.assertEqual(again.get("app/key/main").out, SECRET)

        other = self.agent("other", INIT_DATA.replace("grüße", "other"))
        other.launch()
        other.wait_for_health(NOT_SERVING)
        wait_until(lambda: "PCR 8 holds" in other.log(), "the log says why")
        with other.client() as client:
            self.assertIn("init data", client.status().not_ready_reason)
            code, _ = failure(client.get_resource, "kbs:///app/key/main")
            self.assertEqual(code, grpc.StatusCode.UNAUTHENTICATED)
            self.assertEqual(error_info(client.get_resource, "kbs:///app/key/main").reason,
                             "EVIDENCE_REFUSED")
        self.assertIn("init_data: expected", self.site.broker.log())

    def test_a_file_of_no_use_stops_the_start_and_is_named(self):
        for name, text, words in (("empty", "", "no version"),
                                  ("sm3", 'version = "0.1.0"\nalgorithm = "sm3"\n', "sha256"),
                                  ("old", 'version = "0"\n', "0.1.0")):
            with self.subTest(name):
                agent = self.agent(name, text)
                agent.launch()
                wait_until(lambda a=agent: not a.process.running(), "attestd ends")
                self.assertIn("[init_data] file", agent.log())
                self.assertIn(words, agent.log())
