# SPDX-License-Identifier: Apache-2.0
"""The brokers of the configuration change under load: by SIGHUP, by attestctl, and not at all."""
import os
import signal

from support.agent import SAMPLE_TABLES, broker_table
from support.certificates import Authority
from support.processes import log_from_here, wait_for_log, wait_until
from support.rpc import error_info, status_pb
from support.sample_site import SECRET, Load, SampleSiteTest

OTHER_SECRET = b"the same name, of the new broker"
RELOAD = "attestd.v1.AdminService/Reload"


class ReloadTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        self.agent = self.site.agent()
        self.assertEqual(self.get(self.agent), SECRET)

    def configure(self, tables):
        """Writes the configuration anew; the listener stays."""
        with open(self.agent.config, encoding="utf-8") as config:
            listener = config.read().partition("[[listener]]")[2]
        with open(self.agent.config, "w", encoding="utf-8") as config:
            config.write(tables + "[[listener]]" + listener)

    def reload(self, by):
        if by == "ctl":
            outcome = self.agent.ctl("reload")
            self.assertEqual(outcome.exit, 0, outcome.err)
            return
        log = log_from_here(self.agent)
        os.kill(self.agent.process.pid, signal.SIGHUP)
        wait_for_log(log, "reloaded")

    def load(self, *accepted):
        load = Load(self.agent, accepted=accepted)
        self.addCleanup(load.stop)
        self.go_on(load)
        return load

    @staticmethod
    def go_on(load, requests=100):
        before = load.answered
        wait_until(lambda: load.answered > before + requests, "requests are answered")

    def test_a_new_broker_is_taken_over_under_load(self):
        other = self.site.add_broker("other", secret=OTHER_SECRET)
        first = self.site.tables()
        second = SAMPLE_TABLES + broker_table(other.url, other.ca_file)
        load = self.load(SECRET, OTHER_SECRET)
        for by in ("hup", "ctl"):
            for tables, secret in ((second, OTHER_SECRET), (first, SECRET)):
                self.configure(tables)
                self.reload(by)
                self.assertEqual(self.get(self.agent), secret)
                self.go_on(load)
        load.stop()
        self.assertEqual(load.failed, [])

    def test_a_broker_that_stays_the_same_keeps_its_session(self):
        count = self.broker.counted()
        other = self.site.add_broker("other")
        self.configure(self.site.tables() + broker_table(other.url, other.ca_file, name="other"))
        self.reload("ctl")
        self.assertEqual(self.get(self.agent), SECRET)
        self.assertEqual(count(), (0, 0, 1))

    def test_a_new_authority_in_the_same_file_is_taken_over_under_load(self):
        authority = Authority(self.site.folder, "next")
        with open(authority.cert, encoding="ascii") as pem:
            new = pem.read()
        with open(self.broker.ca_file, encoding="ascii") as pem:
            old = pem.read()
        load = self.load(SECRET)
        with open(self.broker.ca_file, "w", encoding="ascii") as pem:
            pem.write(old + new)
        self.reload("hup")
        self.broker.restart(tls=authority.issue("next-server"))
        self.go_on(load)
        load.stop()
        self.assertEqual(load.failed, [])

    def test_a_bad_file_changes_nothing_and_says_so(self):
        good = self.site.tables()
        load = self.load(SECRET)
        for bad in ("", "not TOML", good.replace("https:", "http:"), good + 'unknown = 1\n',
                    good.replace(self.broker.ca_file, "/nonexistent"), good + good,
                    good.replace("[[kbs]]", "[[kbs]]\npins = [\"sha256//x\"]")):
            self.configure(bad)
            log = log_from_here(self.agent)
            with self.agent.client() as client:
                info = error_info(client.call, RELOAD, status_pb.ReloadRequest(),
                                  status_pb.ReloadResponse)
            self.assertEqual(info.reason, "CONFIG_REFUSED", bad)
            wait_for_log(log, "reload refused")
            os.kill(self.agent.process.pid, signal.SIGHUP)
            wait_until(lambda seen=log: seen().count("reload refused") == 2, "it is refused")
            self.assertEqual(self.get(self.agent), SECRET)
        load.stop()
        self.assertEqual(load.failed, [])
        self.assertNotEqual(self.agent.ctl("reload").exit, 0)
        self.configure(good)
        self.reload("ctl")
