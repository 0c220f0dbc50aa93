# SPDX-License-Identifier: Apache-2.0
"""Cases 45 and 46: connections that break, and brokers that say nothing."""
from conformance.expect import OK, TIMED_OUT, UNREACHABLE
from conformance.lab import RECOVERY, ConformanceCase

ENDPOINTS = ("auth", "attest", "resource")
STALL_LIMIT = 20  # seconds; agent/broker_factory.cc


class WireTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.open_lab()

    def test_case_45_a_connection_that_breaks_is_unavailable_and_tried_again(self):
        """connection refused, reset or half closed anywhere: UNAVAILABLE, tried again in time"""
        for fault in ("reset-before", "reset-headers", "reset-body", "half-close"):
            for endpoint in ENDPOINTS:
                self.play(f"{endpoint} always {fault}", UNREACHABLE, least=2)
        for fault in ("reset-before", "half-close"):
            self.play(f"accept always {fault}", UNREACHABLE, fresh=True, least=2)
        self.broker.stop()
        self.check("refused", UNREACHABLE, lambda: True, mend=self.broker.start)

    def test_case_45_a_fetch_that_breaks_once_costs_no_evidence(self):
        """a break that passes is hidden from the caller, and no evidence is made for it"""
        for fault in ("reset-before", "reset-headers", "reset-body", "half-close"):
            count = self.broker.counted()
            self.play(f"resource 1 {fault}", OK, seconds=RECOVERY)
            self.assertEqual(count(), (0, 0, 3), fault)  # fault, retry, the good one after it

    def test_case_46_silence_costs_no_more_than_the_deadline(self):
        """slow or silent replies: DEADLINE_EXCEEDED at the deadline, never later"""
        for fault in ("stall-before", "stall-headers", "drip 1"):
            for endpoint in ENDPOINTS:
                self.play(f"{endpoint} always {fault}", TIMED_OUT)
        self.play("accept always stall-before", TIMED_OUT, fresh=True)

    def test_case_46_a_slow_reply_is_given_up_before_the_deadline(self):
        """one byte a second: given up by the low-speed limit of 20 s"""
        rule = "resource 1 drip 1"
        self.broker.faults(rule)
        # It may be asked again then, or the time for tries is over.
        self.check(f"{rule}, deadline 35 s", OK | UNREACHABLE, lambda: self.broker.met(rule) == 1,
                   seconds=35, mend=self.broker.faults)
        self.assertGreater(self.variants[-1].seconds, STALL_LIMIT - 2)
        self.assertLess(self.variants[-1].seconds, STALL_LIMIT + 3)
