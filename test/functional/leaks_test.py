# SPDX-License-Identifier: Apache-2.0
"""Use leaves nothing behind: file descriptors, threads, handles in the TPM."""
import concurrent.futures
import os
import unittest

from support.processes import wait_until
from support.rpc import failure
from support.site import SECRET, open_site

SITE = None
URI = "kbs:///app/key/main"
CALLERS = 8
# More than attestd has workers, so that it has all threads and connections it will ever want.
CROWD = 40
ROUNDS = 5
CALLS = 1000


def setUpModule():
    global SITE
    SITE = open_site()


def count(what):
    """Entries of /proc/PID/fd or /proc/PID/task of the daemon."""
    return len(os.listdir(f"/proc/{SITE.agent.process.pid}/{what}"))


def get_many(calls, callers=CALLERS):
    """Fetches the secret so many times, over connections that are then closed."""
    def caller(_):
        with SITE.agent.client() as client:
            return [client.get_resource(URI) for _ in range(calls // callers)]
    with concurrent.futures.ThreadPoolExecutor(callers) as pool:
        return [secret for secrets in pool.map(caller, range(callers)) for secret in secrets]


def ask_for_many():
    """A crowd that asks for a resource each: they share no fetch, so that each takes a worker."""
    def caller(i):
        with SITE.agent.client() as client:
            for k in range(20):
                failure(client.get_resource, f"kbs:///app/absent/r{i}-{k}")
    with concurrent.futures.ThreadPoolExecutor(CROWD) as pool:
        list(pool.map(caller, range(CROWD)))


def warmed_up():
    """The daemon's counts after a crowd came and went, when they no longer change."""
    counts = None
    for _ in range(10):
        ask_for_many()
        get_many(20 * CROWD, CROWD)
        before, counts = counts, {what: count(what) for what in ("fd", "task")}
        if counts == before:
            break
    return counts


class LeaksTest(unittest.TestCase):
    def setUp(self):
        try:
            count("fd")
        except PermissionError:
            self.skipTest("only root sees the descriptors of a process that forbids dumps")

    def assert_back_at(self, before, what):
        wait_until(lambda: count(what) <= before, f"{what} are {before} again: {count(what)}")

    def test_a_thousand_requests_with_new_handshakes_between_leave_nothing(self):
        before = warmed_up()
        for _ in range(ROUNDS):
            SITE.broker.restart()
            secrets = get_many(CALLS // ROUNDS)
            self.assertEqual(secrets, [SECRET] * (CALLS // ROUNDS))
        for what, number in before.items():
            self.assert_back_at(number, what)
        self.assertEqual(SITE.tpm.tool("tpm2_getcap", "handles-transient"), "")
        self.assertEqual(SITE.tpm.tool("tpm2_getcap", "handles-loaded-session"), "")
        self.assertEqual(SITE.tpm.tool("tpm2_getcap", "handles-persistent"), "- 0x81010002\n")

    def test_failed_requests_leave_nothing(self):
        warmed_up()
        SITE.broker.stop()
        self.addCleanup(SITE.broker.restart)
        # The first failure starts the thread that waits between tries.
        self.assertEqual(SITE.agent.get("app/key/main", "--timeout", "500ms").exit, 5)
        before = {what: count(what) for what in ("fd", "task")}
        for _ in range(20):
            self.assertEqual(SITE.agent.get("app/key/main", "--timeout", "500ms").exit, 5)
        for what, number in before.items():
            self.assert_back_at(number, what)
