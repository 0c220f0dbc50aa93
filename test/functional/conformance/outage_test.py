# SPDX-License-Identifier: Apache-2.0
"""Cases 68 and 69: the broker changes its key under load, and comes back after an outage."""
import time

from conformance import record
from conformance.expect import OK, ask
from conformance.lab import ConformanceCase
from support.agent import SAMPLE_TABLES
from support.certificates import Authority, public_key_pin
from support.processes import wait_until
from support.sample_site import URI, Load, SampleSite

OUTAGE_SECONDS = 20
BREAKER_CAP_SECONDS = 10  # kbs_client/breaker.h
RETURN_SLACK_SECONDS = 1.5  # a try just before the return, and this machine


class OutageTest(ConformanceCase):
    def test_case_68_a_key_of_the_pins_may_change_under_load(self):
        """pins [old, new], the broker changes its key in mid-load: no failed request"""
        lab = SampleSite(self.stack)
        authority = Authority(lab.folder, "pinned")
        old, new, stranger = (authority.issue(name) for name in ("old", "new", "stranger"))
        pins = [public_key_pin(pair[0]) for pair in (old, new)]
        lab.broker.restart(tls=old)
        agent = lab.agent(SAMPLE_TABLES + f'[[kbs]]\nurl = "{lab.broker.url}"\n'
                          f'pins = ["{pins[0]}", "{pins[1]}"]\n')
        self.good(agent)
        load = Load(agent, seconds=10)
        self.addCleanup(load.stop)
        for tls in (new, old, new):
            seen = load.answered
            lab.broker.restart(tls=tls)
            wait_until(lambda before=seen: load.answered > before + 50, "requests are answered")
        load.stop()
        self.check("old to new", OK, lambda: not load.failed, agent=agent)
        self.assertEqual(load.failed, [])
        # A control: a key that is not pinned is not believed.
        lab.broker.restart(tls=stranger)
        with agent.client() as client:
            self.assertEqual(ask(client, URI, 5).reason, "BROKER_UNTRUSTED")

    def test_case_69_the_first_success_comes_soon_after_an_outage(self):
        """away for 20 s while a client asks: a secret within one cap (10 s) of the return"""
        self.open_lab()
        self.broker.stop()
        away = time.monotonic()
        with self.agent.client() as client:
            while time.monotonic() - away < OUTAGE_SECONDS:
                reply = ask(client, URI, 1)
                self.assertIn(reply.reason, ("BROKER_UNREACHABLE", "DEADLINE", ""))
                self.assertNotEqual(reply.code, "OK")
                time.sleep(0.1)
            self.broker.start()
            back = time.monotonic()
            wait_until(lambda: ask(client, URI, 1).code == "OK", "the broker is used again")
        seconds = time.monotonic() - back
        self.variants.append(record.Variant("20 s", record.SURVIVED, "OK", seconds, 0))
        self.assertLess(seconds, BREAKER_CAP_SECONDS + RETURN_SLACK_SECONDS)
        self.good(self.agent)
        self.not_run("an hour's outage of many agents", "simulated in test/kbs_client")
