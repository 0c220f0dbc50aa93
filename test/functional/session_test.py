# SPDX-License-Identifier: Apache-2.0
"""One handshake serves many requests, and a lost session is renewed exactly once."""
import concurrent.futures
import contextlib
import unittest

from support.processes import wait_until
from support.site import SECRET, Site, open_site

SITE = None
URI = "kbs:///app/key/main"


def setUpModule():
    global SITE
    SITE = open_site()


class SessionTest(unittest.TestCase):
    def get_many(self, callers, each=1):
        """Secrets fetched by so many callers at once, each on a connection of its own."""
        def caller(_):
            with SITE.agent.client() as client:
                return [client.get_resource(URI) for _ in range(each)]
        with concurrent.futures.ThreadPoolExecutor(callers) as pool:
            return [secret for secrets in pool.map(caller, range(callers)) for secret in secrets]

    def test_fifty_requests_take_one_handshake(self):
        SITE.broker.restart()
        count = SITE.broker.counted()
        self.assertEqual(self.get_many(1, each=50), [SECRET] * 50)
        # The broker forgot the old session: its refusal is one GET more.
        self.assertEqual(count(), (1, 1, 51))

    def test_a_session_that_the_broker_forgot_is_renewed_once_and_no_request_fails(self):
        self.assertEqual(self.get_many(1), [SECRET])
        SITE.broker.restart()
        count = SITE.broker.counted()
        self.assertEqual(self.get_many(8, each=10), [SECRET] * 80)
        self.assertEqual(count()[:2], (1, 1))

    def test_thirty_two_cold_callers_share_one_handshake(self):
        cold = SITE.make_agent(name="cold")
        self.addCleanup(cold.kill)
        cold.start()
        count = SITE.broker.counted()

        def caller(_):
            with cold.client() as client:
                return client.get_resource(URI)
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            self.assertEqual(list(pool.map(caller, range(32))), [SECRET] * 32)
        handshakes, attestations, gets = count()
        self.assertEqual((handshakes, attestations), (1, 1))
        self.assertLessEqual(gets, 32)  # those who wait for the same GET share it

    def test_a_daemon_that_nobody_asks_makes_no_handshake(self):
        count = SITE.broker.counted()
        idle = SITE.make_agent(name="idle")
        self.addCleanup(idle.kill)
        idle.start()
        self.assertIn("no session yet", idle.ctl("status").out.decode())
        self.assertEqual(count(), (0, 0, 0))


class ExpiryTest(unittest.TestCase):
    def test_an_expired_session_is_renewed_once_and_no_request_fails(self):
        site = Site(self.enterContext(contextlib.ExitStack()), session_seconds=1)
        with site.agent.client() as client:
            self.assertEqual(client.get_resource(URI), SECRET)
            count = site.broker.counted()

            def renewed():
                self.assertEqual(client.get_resource(URI), SECRET)
                return count()[1] > 0
            wait_until(renewed, "the session of one second is renewed")
            self.assertEqual(count()[:2], (1, 1))
