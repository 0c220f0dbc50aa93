# SPDX-License-Identifier: Apache-2.0
"""The checks of every case find what they are there to find."""
import contextlib
import json
import subprocess
import sys
import unittest

from conformance import record
from conformance.callers import PROBE, CallerCase
from conformance.daemon_memory import LIMIT, MemoryWatch
from conformance.expect import OK, REJECTED, TIMED_OUT
from conformance.lab import ConformanceCase
from conformance.secrecy import MARK, leaks
from conformance.trial import Trial
from support.sample_site import SECRET, URI, SampleSite

_HOG = "input(); x = b'x' * {}; del x; print(flush=True); input()"


class SecrecyTest(unittest.TestCase):
    def test_a_secret_a_token_a_cookie_and_upstream_words_are_found(self):
        site = SampleSite(self.enterContext(contextlib.ExitStack()))
        agent = site.agent()
        token = agent.ctl("get-token").out.decode()
        connection = site.broker.connect()
        connection.request("POST", "/kbs/v0/auth", json.dumps(
            {"version": "0.4.0", "tee": "sample", "extra-params": {}}),
            {"Content-Type": "application/json"})
        cookie = connection.getresponse().getheader("Set-Cookie").split(";")[0]
        connection.close()
        for text in (token, cookie, cookie.split("=")[1], SECRET.decode(), SECRET.hex(), MARK):
            self.assertNotEqual(leaks(f'request failed cause="{text}"'), [], text)
        self.assertEqual(leaks(agent.log()), [])


class MemoryTest(unittest.TestCase):
    def test_growth_is_seen_though_it_was_given_back(self):
        for size, seen in ((2 * LIMIT, True), (LIMIT // 8, False)):
            hog = subprocess.Popen([sys.executable, "-c", _HOG.format(size)], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.addCleanup(hog.communicate, "\n")
            watch = MemoryWatch(hog.pid)
            hog.stdin.write("\n")
            hog.stdin.flush()
            hog.stdout.readline()
            self.assertEqual(watch.growth() > LIMIT, seen, watch.growth())


class _Trial(Trial, ConformanceCase):
    pass


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.trial = _Trial("trial")
        self.addCleanup(self.trial.doCleanups)
        self.trial.setUp()
        self.trial.open_lab()

    def result(self, *arguments, **options):
        self.trial.check("trial", *arguments, **options)
        return self.trial.variants[-1].result

    def test_a_variant_fails_by_each_of_its_checks_alone(self):
        def yes():
            return True
        self.assertEqual(self.result(OK, yes), record.SURVIVED)
        self.assertEqual(self.result(REJECTED, yes), record.FAILED)
        self.assertEqual(self.result(OK, lambda: False), record.FAILED)
        self.assertEqual(self.result(OK, yes, value=b"another secret"), record.FAILED)
        self.assertEqual(self.result(OK, yes, mend=self.trial.agent.kill), record.FAILED)

    def test_a_rule_that_is_not_met_fails(self):
        rule = "resource 5 status 500"
        self.trial.play(rule, OK)
        self.assertEqual(self.trial.variants[-1].result, record.FAILED)

    def test_an_answer_behind_the_deadline_fails(self):
        self.trial.broker.faults("resource 1 delay 700")
        self.assertEqual(self.result(OK | TIMED_OUT, lambda: True, seconds=5), record.SURVIVED)
        reply = self.trial.good(self.trial.agent)
        with self.assertRaises(AssertionError):
            self.trial._judge(reply._replace(seconds=5.2, late=0.05), OK, 5, SECRET, lambda: "")

    def test_a_log_that_holds_a_secret_fails(self):
        def write():
            with open(self.trial.agent.process.log_path, "a", encoding="utf-8") as log:
                log.write(MARK)
        self.assertEqual(self.result(OK, lambda: True, mend=write), record.FAILED)


class _CallerTrial(_Trial, CallerCase):
    pass


class CallerCheckTest(unittest.TestCase):
    def setUp(self):
        self.trial = _CallerTrial("trial")
        self.addCleanup(self.trial.doCleanups)
        self.trial.setUp()
        self.trial.open_doors()

    def result(self, way, expected=OK, asks_broker=True, **options):
        self.trial.variant("trial", expected, lambda: way.get(URI), asks_broker=asks_broker,
                           **options)
        return self.trial.variants[-1].result

    def test_a_variant_fails_by_each_of_its_checks_alone_at_each_door(self):
        for way in self.trial.ways:
            self.assertEqual(self.result(way), record.SURVIVED)
            self.assertEqual(self.result(way, REJECTED), record.FAILED)
            self.assertEqual(self.result(way, value=b"another"), record.FAILED)
            self.assertEqual(self.result(way, asks_broker=False), record.FAILED)
            self.assertEqual(self.result(way, limit=-1), record.FAILED)
            self.assertEqual(self.result(way, seconds=-1), record.FAILED)

    def test_a_log_that_holds_what_the_request_held_fails(self):
        def ask():
            with open(self.trial.agent.process.log_path, "a", encoding="utf-8") as log:
                log.write(PROBE)
            return self.trial.rest.get(URI)
        self.trial.variant("trial", OK, ask, asks_broker=True)
        self.assertEqual(self.trial.variants[-1].result, record.FAILED)
