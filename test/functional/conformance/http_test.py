# SPDX-License-Identifier: Apache-2.0
"""Cases 47 to 49: HTTP that lies, and brokers that fail."""
import os

from conformance.expect import REJECTED, TOO_LONG, UNREACHABLE
from conformance.lab import ConformanceCase

ENDPOINTS = ("auth", "attest", "resource")
MIB = 1 << 20
MOST_TRIES = 8  # agent/flight_plan.cc
PATIENT = 15  # seconds: longer than that many tries take


class HttpTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.open_lab()

    def body_of(self, size):
        path = os.path.join(self.lab.folder, f"body-{size}")
        with open(path, "wb") as file:
            file.write(b" " * size)
        return path

    def test_case_47_a_body_over_the_cap_is_cut(self):
        """body over the cap, however its length is told: rejected, never held"""
        for endpoint in ENDPOINTS:
            self.play(f"{endpoint} always chunked-endless", TOO_LONG | REJECTED, seconds=5)
            for size in (2 * MIB + 1, 48 * MIB):
                self.play(f"{endpoint} always body {self.body_of(size)}", TOO_LONG | REJECTED,
                          name=f"{endpoint} {size} bytes", seconds=5)
            # Its sender gives up before the cap: a connection that breaks.
            self.play(f"{endpoint} always length-lie +16000000", TOO_LONG | REJECTED | UNREACHABLE)
            self.play(f"{endpoint} always gzip-bomb", REJECTED | TOO_LONG, seconds=5)

    def test_case_48_a_head_that_lies_is_rejected(self):
        """lengths, encodings, HTTP/0.9 and heads that lie: INTERNAL or UNAVAILABLE"""
        for fault in ("length-lie +5", "length-lie -5", "length-duplicate", "length-negative",
                      "te-duplicate", "http09", "headers 1000", "big-header 20000", "truncate 7"):
            for endpoint in ENDPOINTS:
                self.play(f"{endpoint} always {fault}", REJECTED | TOO_LONG | UNREACHABLE)

    def test_case_49_a_failing_broker_is_asked_a_bounded_number_of_times(self):
        """500, 502, 503, 429 with and without Retry-After: UNAVAILABLE, tries bounded"""
        for status in ("500", "502", "503", "503 Retry-After: 1", "429", "429 Retry-After: soon",
                       "504 Retry-After: -1"):
            self.play(f"resource always status {status}", UNREACHABLE)
        rule = "resource always status 500"
        self.broker.faults(rule)
        self.check(f"{rule}, with time", UNREACHABLE,
                   lambda: 2 <= self.broker.met(rule) <= MOST_TRIES, seconds=PATIENT,
                   mend=self.broker.faults)

    def test_case_49_an_endless_retry_after_is_clamped(self):
        """Retry-After: 999999999: UNAVAILABLE, and asked again within the cap of 10 s"""
        rule = "auth always status 503 Retry-After: 999999999"
        self.play(rule, UNREACHABLE, seconds=2)
        with self.agent.client() as client:
            self.assertFalse(client.status().brokers[0].failing)
