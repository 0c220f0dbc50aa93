# SPDX-License-Identifier: Apache-2.0
"""Cases 77 and 79: quotes of a host that lies or says nothing, and its event log."""
import json
import os
import re
import struct
import threading

from conformance.devices import DEVICE_FAILED, DEVICE_MISSING, OK, SHORT, TIMED_OUT, FakeTeeCase
from support.event_log import tcg_log
from support.quote_service import QuoteService, framed, message
from support.tee_site import TeeSite

HEADER, BODY = 48, 584
TD_ATTRIBUTES, REPORT_DATA = HEADER + 120, HEADER + 520
FAILED_CHECK = "failed the check before sending"


class QuoteTest(FakeTeeCase):
    def setUp(self):
        super().setUp()
        site = TeeSite(self.stack, "tdx_guest")
        self.open_tee(site, site.agent(site.tee.tables(device=False)))

    def with_service(self):
        """Another daemon, whose quotes are a service's: (daemon, service)."""
        service = QuoteService(self.site.folder, self.tee.report)
        self.stack.callback(service.close)
        agent = self.site.agent(self.tee.tables(tsm=False) + f'qgs = "unix:{service.path}"\n',
                                name="qgs")
        return agent, service

    def play_quote(self, name, content, words=(FAILED_CHECK,)):
        path = os.path.join(self.site.folder, "quote")
        with open(path, "wb") as file:
            file.write(content)
        self.play(f"outblob file {path}", DEVICE_FAILED, f"tsm: {name}", words=words)

    def test_case_77_quotes_through_configfs_tsm(self):
        """a quote that is short, long, another's or late: never sent"""
        quote = self.tee.report(self.nonce)
        for size in (1, HEADER - 1, HEADER, REPORT_DATA + 63, HEADER + BODY, HEADER + BODY + 3):
            self.play_quote(f"{size} bytes", quote[:size])
        self.play("outblob huge 16777216", DEVICE_FAILED, "tsm: 16 MiB", words=("more than",))
        for name, offset, value in (("another report data", REPORT_DATA, "ee"),
                                    ("version 0", 0, "0000"), ("version 255", 0, "ff00"),
                                    ("of SGX", 4, "00000000"),
                                    ("a TD that the host may debug", TD_ATTRIBUTES, "01"),
                                    ("signature of 4 GiB", HEADER + BODY, "ffffffff")):
            self.play(f"outblob patch {offset}:{value}", DEVICE_FAILED, f"tsm: {name}",
                      words=(FAILED_CHECK,))
        self.play("outblob wrong-nonce 1", DEVICE_FAILED, "tsm: wrong nonce", words=(FAILED_CHECK,))
        self.play("outblob empty 1", DEVICE_FAILED, "tsm: the service's error", words=("qgsd",))
        self.play("outblob delay 1500 1", TIMED_OUT, "tsm: no answer in time", seconds=SHORT)

    def test_case_77_quotes_of_a_quote_service(self):
        """errors, lengths and silence of the quote generation service: told, in time"""
        agent, service = self.with_service()
        over = threading.Event()
        self.addCleanup(over.set)

        def sends(*contents):
            def answer(client, quote):
                for content in contents:
                    client.sendall(content(quote) if callable(content) else content)
            return answer

        def dribbles(client, quote):
            for byte in framed(message(quote)):
                if over.wait(0.05):
                    return
                client.sendall(bytes([byte]))
        answers = {
            "error 0x12001": sends(framed(message(b"", error=0x12001))),
            "error 0xffffffff": sends(framed(message(b"", error=0xffffffff))),
            "no quote": sends(framed(message(b""))),
            "major version 2": sends(lambda q: framed(message(q, major=2))),
            "a request": sends(lambda q: framed(message(q, kind=0))),
            "size of 4 GiB": sends(lambda q: framed(message(q, size=0xffffffff))),
            "quote of 4 GiB": sends(lambda q: framed(message(q, quote_size=0xffffffff))),
            "quote that is cut": sends(lambda q: framed(message(q[:600]))),
            "length of 0": sends(framed(b"")),
            "length of 4 GiB": sends(lambda q: framed(message(q), length=0xffffffff)),
            "16 MiB": sends(framed(message(bytes(16 << 20)))),
            "closed at once": sends(),
            "closed inside": sends(lambda q: framed(message(q))[:700]),
            "another's quote": lambda client, quote: client.sendall(
                framed(message(self.tee.report(b"another")))),
        }
        for name, answer in answers.items():
            self.play_answer(agent, service, name, answer, DEVICE_FAILED)
        self.play_answer(agent, service, "no answer", lambda *_: over.wait(2), TIMED_OUT, SHORT)
        self.play_answer(agent, service, "a byte now and then", dribbles, TIMED_OUT, SHORT)
        self.tee.control("tdx-guest error EIO always")
        self.variant("qgs: no TDREPORT", DEVICE_FAILED | DEVICE_MISSING, agent=agent,
                     happened=lambda: self.tee.count("tdx-guest") > 0,
                     mend=lambda: self.tee.control("clear"))

    def play_answer(self, agent, service, name, answer, expected, seconds=2):
        def mend():
            service.answer = None
        asked, service.answer = service.asked, answer
        self.variant(f"qgs: {name}", expected, happened=lambda: service.asked > asked, mend=mend,
                     agent=agent, seconds=seconds,
                     words=() if expected is TIMED_OUT else ("quote generation service",))


class FirmwareLogTest(FakeTeeCase):
    """The log is untrusted, and what is wrong costs no more than the log."""

    def setUp(self):
        super().setUp()
        site = TeeSite(self.stack, "tdx_guest")
        self.ccel = os.path.join(site.folder, "CCEL")
        self.write(tcg_log())
        tables = re.sub('ccel = ".*"', f'ccel = "{self.ccel}"', site.tee.tables(device=False))
        self.open_tee(site, site.agent(tables))

    def write(self, content):
        with open(self.ccel, "wb") as file:
            file.write(content)

    def test_case_79_a_bad_firmware_log_costs_the_log(self):
        """header, counts, sizes and length of the firmware's event log: evidence without it"""
        def has_log(evidence):
            return json.loads(evidence)["cc_eventlog"] is not None
        good = tcg_log()
        header = len(tcg_log(events=0))
        self.assertTrue(has_log(self.evidence()))

        def patched(offset, value):
            return good[:offset] + value + good[offset + len(value):]
        ones = b"\xff" * 4
        event = struct.pack("<IIII", 1, 0x80000001, 0, 0)
        bad = {
            "signature of the header": patched(33, b"s"), "type of the header": patched(4, b"\x04"),
            "size of the header wraps": patched(28, ones),
            "2^32-1 algorithms": patched(56, ones), "no algorithms": patched(56, bytes(4)),
            "digest count 2^32-1": patched(header + 8, ones),
            "unknown algorithm": patched(header + 12, b"\xee\xee"),
            "event size wraps": patched(header + 62, ones),
            "cut inside an event": good[:-1], "filler": b"A" * 4096,
            "60,000 events, 1 MiB and more": tcg_log(events=0) + event * 70000,
            "64 MiB": good + b"\xff" * (64 << 20),
        }
        for name, content in bad.items():
            self.write(content)
            self.variant(f"files: {name}", OK, judge=lambda e: not has_log(e),
                         words=("evidence goes without its event log",),
                         mend=lambda: self.write(good))
        for name, content in {"no end flag": good, "zeros behind it": good + bytes(60000),
                              "60,000 events": tcg_log(events=0) + event * 60000}.items():
            self.write(content)
            self.variant(f"files: {name}", OK, judge=has_log, mend=lambda: self.write(good))
        self.no_file(has_log, good)

    def no_file(self, has_log, good):
        def mend():
            os.rename(self.ccel, self.ccel + ".was")
            self.write(good)
        for name, make in (("a folder", os.mkdir), ("a FIFO", os.mkfifo),
                           ("/dev/zero", lambda path: os.symlink("/dev/zero", path))):
            os.remove(self.ccel)
            make(self.ccel)
            self.variant(f"files: {name}", OK, judge=lambda e: not has_log(e),
                         words=("evidence goes without its event log",), mend=mend)
            wipe(self.ccel + ".was")


def wipe(path):
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    else:
        os.remove(path)
