# SPDX-License-Identifier: Apache-2.0
"""How little a broker is asked: by a cold crowd, for what is denied or missing, after a restart."""
import collections
import hashlib
import json
import os
import subprocess
import sys

from support.processes import PATIENCE_SECONDS, wait_until
from support.rpc import error_info
from support.sample_site import SECRET, URI, Load, SampleSiteTest

_LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "support", "secret_load.py")
PROCESSES = 4
CROWD = 1000
CALLERS = 32


def crowd(agent, uri=URI):
    """How often each reply came to CROWD callers, of several processes, at once."""
    workers = [subprocess.Popen(
        [sys.executable, "-B", _LOAD, agent.socket, uri, str(CROWD // PROCESSES)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    for worker in workers:
        worker.stdout.readline()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    counts = collections.Counter()
    for worker in workers:
        out, _ = worker.communicate(timeout=2 * PATIENCE_SECONDS)
        counts.update(json.loads(out))
    return counts


class SessionLoadTest(SampleSiteTest):
    def test_a_thousand_cold_callers_cost_one_handshake_and_one_get(self):
        # Slow enough that all have asked before the first answer.
        self.broker.delay_ms = 1000
        self.broker.restart()
        agent = self.site.agent()
        count = self.broker.counted()
        replies = crowd(agent)
        self.assertEqual(replies, {hashlib.sha256(SECRET).hexdigest(): CROWD})
        self.assertEqual(count(), (1, 1, 1))

    def test_what_is_denied_or_missing_costs_one_get_and_no_handshake(self):
        agent = self.site.agent()
        self.get(agent)
        for uri, reason in (("kbs:///private/key/main", "ACCESS_DENIED"),
                            ("kbs:///app/key/absent", "RESOURCE_NOT_FOUND")):
            count = self.broker.counted()
            with agent.client() as client:
                self.assertEqual(error_info(client.get_resource, uri).reason, reason)
            self.assertEqual(count(), (0, 0, 1), uri)

    def test_a_broker_that_restarts_under_load_costs_one_handshake_and_no_request(self):
        agent = self.site.agent()
        self.get(agent)
        load = Load(agent, CALLERS)
        self.addCleanup(load.stop)
        for _ in range(3):
            before = load.answered
            wait_until(lambda seen=before: load.answered > seen + 100, "requests are answered")
            count = self.broker.counted()
            self.broker.restart()
            before = load.answered
            wait_until(lambda seen=before: load.answered > seen + 100, "requests are answered")
            self.assertEqual(count()[:2], (1, 1))
        load.stop()
        self.assertEqual(load.failed, [])


