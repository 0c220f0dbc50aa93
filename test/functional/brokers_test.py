# SPDX-License-Identifier: Apache-2.0
"""Several brokers: by priority, beside each other, by name, and files in place of one."""
import base64
import json
import os
import time

from support.agent import SAMPLE_TABLES, broker_table
from support.processes import wait_until
from support.rpc import error_info
from support.sample_site import SECRET, SampleSiteTest

SPARE_SECRET = b"the same name, of the spare broker"


class TwoBrokersTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        self.spare = self.site.add_broker("spare", secret=SPARE_SECRET)

    def agent(self, extra=""):
        return self.site.agent(
            self.site.tables("priority = 1\n") +
            broker_table(self.spare.url, self.spare.ca_file, name="spare") + "priority = 2\n" +
            extra)

    def test_the_lowest_priority_is_asked_first_and_the_next_when_it_is_away(self):
        agent = self.agent()
        spare = self.spare.counted()
        self.assertEqual(self.get(agent), SECRET)
        self.assertEqual(spare(), (0, 0, 0))
        self.broker.stop()
        self.assertEqual(self.get(agent), SPARE_SECRET)
        self.broker.start()
        wait_until(lambda: self.get(agent) == SECRET, "the first is asked again")

    def test_what_the_first_denies_the_next_is_not_asked_for(self):
        agent = self.agent()
        spare = self.spare.counted()
        with agent.client() as client:
            info = error_info(client.get_resource, "kbs:///private/key/main")
        self.assertEqual(info.reason, "ACCESS_DENIED")
        self.assertEqual(spare(), (0, 0, 0))

    def test_a_stalled_first_broker_costs_the_hedging_time(self):
        agent = self.agent('[failover]\nhedge_after = "200ms"\n')
        self.assertEqual(self.get(agent), SECRET)
        rule = "any always stall-before"
        self.broker.faults(rule)
        before = time.monotonic()
        self.assertEqual(self.get(agent, seconds=10), SPARE_SECRET)
        seconds = time.monotonic() - before
        self.assertEqual(self.broker.met(rule), 1)
        self.assertGreater(seconds, 0.15)
        self.assertLess(seconds, 2)

    def test_the_uri_chooses_a_broker_by_name_or_host_and_no_other(self):
        agent = self.agent()
        for word, secret in (("main", SECRET), ("spare", SPARE_SECRET),
                             (f"127.0.0.1:{self.broker.port}", SECRET),
                             (f"127.0.0.1:{self.spare.port}", SPARE_SECRET)):
            self.assertEqual(self.get(agent, f"kbs://{word}/app/key/main"), secret, word)
        with agent.client() as client:
            for word in ("none", "127.0.0.1:1", "evil.example"):
                info = error_info(client.get_resource, f"kbs://{word}/app/key/main")
                self.assertEqual(info.reason, "UNKNOWN_BROKER", word)


class OfflineTest(SampleSiteTest):
    def tables(self, texts):
        files = []
        for i, secrets in enumerate(texts):
            files.append(os.path.join(self.site.folder, f"secrets-{i}.json"))
            with open(files[-1], "w", encoding="ascii") as file:
                json.dump({name: base64.b64encode(value).decode()
                           for name, value in secrets.items()}, file)
            os.chmod(files[-1], 0o600)
        return f'[[kbs]]\nname = "files"\nkind = "offline_fs"\nfiles = {json.dumps(files)}\n'

    def test_secrets_of_files_need_no_broker_and_the_later_file_wins(self):
        agent = self.site.agent(SAMPLE_TABLES + self.tables([
            {"app/key/main": b"first", "app/key/nul": b"\0\1\0"}, {"app/key/main": b"second"}]))
        self.assertEqual(self.get(agent), b"second")
        self.assertEqual(self.get(agent, "kbs:///app/key/nul"), b"\0\1\0")
        self.assertEqual(agent.get("app/key/absent").exit, 4)

    def test_files_stand_in_for_a_broker_that_is_away(self):
        agent = self.site.agent(self.site.tables("priority = 1\n") +
                                self.tables([{"app/key/main": b"kept"}]) + "priority = 2\n")
        self.assertEqual(self.get(agent), SECRET)
        self.broker.stop()
        self.assertEqual(self.get(agent), b"kept")
