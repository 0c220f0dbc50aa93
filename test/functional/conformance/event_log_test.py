# SPDX-License-Identifier: Apache-2.0
"""Cases 35, 87 and 88: events that would forge the log, disks that fail, and kill -9."""
import contextlib
import json
import os
import signal
import struct
import subprocess
import threading
import time

from conformance.callers import LIMIT
from conformance.daemon_memory import MemoryWatch
from conformance.lab import LATENESS, ConformanceCase
from conformance.ways import GrpcWay, RestWay, TtrpcWay
from conformance import record
from support.agent import EVERYTHING, Agent, broker_table, tpm_tables
from support.event_log import read_entries, replay
from support.processes import free_ports, log_from_here, wait_until
from support.rpc import AGENT, Client, agent_pb, failure, grpc
from support.site import SECRET, Site

PCR = 23
EXTEND = f"{AGENT}/ExtendRuntimeMeasurement"
BAD_EVENT = {("INVALID_ARGUMENT", "BAD_EVENT")}
LOG_FAILED = ("FAILED_PRECONDITION", "LOG_FAILED")
TOO_LONG = {("RESOURCE_EXHAUSTED", ""), ("RESOURCE_EXHAUSTED", "BUSY"),
            ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")}
URI = "kbs:///app/key/main"
EVENTS = {
    "a line more": (b"d", b"o", b"a\nd o b"), "CR LF": (b"d", b"o", b"a\r\nb"),
    "NUL": (b"d", b"o", b"a\0"), "NUL in the domain": (b"d\0", b"o", b"a"),
    "escape sequence": (b"d", b"o", b"\x1b[2J"), "DEL": (b"d", b"o", b"a\x7f"),
    "no UTF-8": (b"d", b"o", b"a\xff"), "overlong UTF-8": (b"d", b"o", b"\xc0\xaf"),
    "a surrogate": (b"d", b"o", b"\xed\xa0\x80"), "no UTF-8 in the domain": (b"\xff", b"o", b"a"),
    "blank in the domain": (b"d d", b"o", b"c"), "blank in the operation": (b"d", b"o o", b"c"),
    "newline in the operation": (b"d", b"o\n", b"c"), "no domain": (b"", b"o", b"c"),
    "no operation": (b"d", b"", b"c"), "no content": (b"d", b"o", b""),
    "a long domain": (b"d" * 257, b"o", b"c"), "16 KiB and a byte": (b"d", b"o", b"x" * 16385),
}


class EventLogCase(ConformanceCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.site = Site(stack)

    def open_daemon(self, name, folder=None, tables=""):
        """attestd with measurements on, whose log is self.event_log."""
        self.site.tpm.tool("tpm2_pcrreset", str(PCR))
        self.run_folder = folder or os.path.join(self.site.folder, name + "-run")
        self.event_log = os.path.join(self.run_folder, "eventlog")
        self.rest = f"127.0.0.1:{free_ports()}"
        self.agent = Agent(self.site.folder, tpm_tables(self.site.tpm.tcti) + broker_table(
            self.site.broker.url, self.site.broker.ca_file) +
            f'[measurement]\nenabled = true\nevent_log = "{self.event_log}"\n'
            f'[[listener]]\naddress = "{self.rest}"\nprotocol = "rest"\nfeatures = "all"\n{EVERYTHING}' +
            tables,
            name=name)
        self.stack.callback(self.agent.kill)
        self.agent.start()
        self.assertEqual(self.agent.get("app/key/main").out, SECRET)

    def pcr(self):
        """Of the TPM itself, by tpm2-tools."""
        return self.site.tpm.tool("tpm2_pcrread", f"sha256:{PCR}").split("0x")[1].strip().lower()

    def entries(self):
        return read_entries(self.event_log) if os.path.exists(self.event_log) else []

    def assert_log_replays(self):
        self.assertEqual(self.pcr(), replay(self.entries(), PCR))

    def extend(self, content):
        with self.agent.client() as client:
            return client.extend("d", "o", content)


class EventTest(EventLogCase):
    def test_case_35_events_that_forge_the_log(self):
        """line ends, NUL, controls, no UTF-8, blanks, length: INVALID_ARGUMENT, log untouched"""
        self.open_daemon("events")
        ways = (GrpcWay("gRPC unix", self.agent.socket), TtrpcWay("ttRPC unix", self.agent.socket),
                RestDoor(self.rest))
        for way in ways:
            malformed = {("INVALID_ARGUMENT", "MALFORMED")} if way.name == "rest" else set()
            for name, parts in EVENTS.items():
                self.refuses(way, name, parts, BAD_EVENT | malformed)
            self.refuses(way, "1 MiB", (b"d", b"o", b"x" * (1 << 20)), TOO_LONG)
        self.assertEqual(self.entries(), [])
        self.extend("täst \u00a0 one d o b")
        self.assert_log_replays()
        self.assertEqual([text for *_, text in self.entries()], ["d o täst \u00a0 one d o b"])

    def refuses(self, way, name, parts, expected):
        request = b"".join(
            b"%c" % (number << 3 | 2) + _varint(len(part)) + part
            for number, part in zip((1, 2, 3), parts) if part)
        name = f"{way.name}: {name}"
        with self.subTest(name):
            result, reply, growth = record.FAILED, None, 0
            log = log_from_here(self.agent)
            try:
                memory = MemoryWatch(self.agent.process.pid)
                reply = way.say(parts) if way.name == "rest" else way.call(EXTEND, request)
                growth = memory.growth()
                self.assertIn((reply.code, reply.reason), expected, reply.text)
                self.assertLessEqual(growth, LIMIT)
                self.assertLessEqual(reply.seconds, 2 + LATENESS + reply.late)
                self.assertNotIn("\x1b", log())
                self.assertEqual((self.entries(), self.pcr()), ([], "00" * 32))
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(name, result, reply.code if reply else "none",
                                                    reply.seconds if reply else 0.0, growth))


class RestDoor(RestWay):
    """POST /aa/aael."""

    def say(self, parts):
        def text(part):
            try:
                return json.dumps(part.decode()).encode()
            except UnicodeDecodeError:
                return b'"' + part + b'"'
        names = (b'"domain"', b'"operation"', b'"content"')
        body = b"{" + b",".join(name + b":" + text(part) for name, part in zip(names, parts)) + b"}"
        return self.request("/aa/aael", "POST", ("Content-Type: application/json",
                                                 f"Content-Length: {len(body)}"), body)


def audit_lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def _varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


class DiskTest(EventLogCase):
    door = "files"

    def disk(self, name, size):
        """A folder with room for `size`; None, and said so, where none can be mounted."""
        folder = os.path.join(self.site.folder, name)
        os.mkdir(folder)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
                          check=False, capture_output=True).returncode != 0:
            self.not_run("all", "no file system can be mounted")
            return None
        self.stack.callback(subprocess.run, ["umount", "-l", folder], check=False)
        return folder

    def test_case_87_disks_that_are_full_read_only_or_gone(self):
        """no entry, no extend: the register is as it was, reads are served, and it recovers"""
        folder = self.disk("disk", "64k")
        if folder is None:
            return
        self.open_daemon("disk", folder)
        self.extend("before")
        filler = os.path.join(folder, "filler")

        def fill():
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(b"x" * 4096):
                    pass

        def remount(how):
            return lambda: subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)
        self.fails("ENOSPC", fill, lambda: os.remove(filler), "No space left on device")
        self.fails("EROFS", remount("ro"), remount("rw"), "Read-only file system")
        self.fails("EFBIG", lambda: self.limit_files(4096), lambda: self.limit_files(1 << 30), "")
        self.not_run("EIO", "tried in test/eventlog with files that fail at each step")

    def test_case_87_an_audit_log_on_a_full_disk(self):
        """no room for a line: told, requests are served on, and the next line is whole"""
        folder = self.disk("audit", "16k")
        if folder is None:
            return
        path, filler = (os.path.join(folder, name) for name in ("audit.log", "filler"))
        self.open_daemon("audit", tables=f'[audit]\nfile = "{path}"\n')
        self.assertEqual(len(audit_lines(path)), 1)
        with self.trying("ENOSPC"), self.agent.client() as client:
            log = log_from_here(self.agent)
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(b"x" * 4096):
                    pass
            served = 0
            while "the audit log cannot be written" not in log():
                self.assertEqual(client.get_resource(URI), SECRET)
                served += 1
                self.assertLess(served, 100)  # a page has room for fewer lines
            for _ in range(3):
                self.assertEqual(client.get_resource(URI), SECRET)
            os.remove(filler)
            before = len(audit_lines(path))
            self.assertEqual(client.get_resource(URI), SECRET)
            # A part of a line may end what came before; the next begins on a line of its own.
            self.assertRegex(audit_lines(path)[-1], r"^\S+Z? audit outcome=allowed .* left_out=0$")
            self.assertEqual(len(audit_lines(path)), before + 1)

    def limit_files(self, size):
        subprocess.run(["prlimit", "--pid", str(self.agent.process.pid),
                        f"--fsize={size}:1073741824"],
                       check=True)

    def fails(self, name, break_it, mend, word):
        with self.trying(name, LOG_FAILED[0]):
            log, before = log_from_here(self.agent), self.pcr()
            break_it()
            content = "x" * 12000  # more than what is left of a page
            code, text = failure(self.extend, content)
            self.assertEqual(code.name, LOG_FAILED[0], text + log())
            self.assertIn("nothing was measured", text)
            self.assertIn(word, log())
            self.assertEqual(self.pcr(), before)
            with self.agent.client() as client:
                self.assertTrue(client.get_evidence(b"\x42" * 32))
                self.assertEqual(client.get_resource(URI), SECRET)
            mend()
            self.assertEqual(self.extend(f"after {name}"), agent_pb.OK)
            self.assertEqual(self.entries()[-1][2], f"d o after {name}")
            self.assert_log_replays()

    def test_case_87_a_folder_that_cannot_be_made(self):
        """a file in the place of the log's folder: FAILED_PRECONDITION until it is gone"""
        self.open_daemon("broken")
        with self.trying("a file for a folder", LOG_FAILED[0]):
            with open(self.run_folder, "w", encoding="ascii") as in_the_way:
                in_the_way.write("no folder")
            code, text = failure(self.extend, "c")
            self.assertEqual(code.name, LOG_FAILED[0])
            self.assertIn("the event log cannot be written, and nothing was measured", text)
            self.assertEqual(self.pcr(), "00" * 32)
            os.remove(self.run_folder)
            self.assertEqual(self.extend("c"), agent_pb.OK)
            self.assert_log_replays()


class KillTest(EventLogCase):
    door = "start"

    def test_case_88_killed_at_any_moment_the_log_replays(self):
        """kill -9 inside of extends: after the restart the log replays to the register"""
        self.open_daemon("crash")
        for number in range(6):
            with self.trying(f"kill {number + 1}"):
                stop, before = threading.Event(), len(self.entries())
                worker = threading.Thread(target=self.extend_until, args=(stop, number))
                worker.start()
                # Inside of the extends: the log has grown, and the next is under way.
                wait_until(lambda b=before, n=number: self.grown(b + n), "the log grows")
                time.sleep(number * 0.0007)
                os.kill(self.agent.process.pid, signal.SIGKILL)
                stop.set()
                worker.join()
                self.agent.kill()
                self.agent.start()
                self.assert_log_replays()
                self.assertEqual(self.extend("after"), agent_pb.OK)
                self.assert_log_replays()

    def extend_until(self, stop, number):
        with Client(self.agent.socket, seconds=10) as client, contextlib.suppress(grpc.RpcError):
            while not stop.is_set():
                client.extend("d", "o", f"round{number}")

    def grown(self, more):
        try:
            return len(self.entries()) > more
        except (AssertionError, IndexError, struct.error):  # an entry is just being written
            return False

    def test_case_88_nothing_is_lost_by_a_restart(self):
        """what was measured before a kill is in the log after it, and the next event behind it"""
        self.open_daemon("restart")
        with self.trying("kill between extends"):
            self.extend("first")
            self.agent.kill()
            self.agent.start()
            self.extend("second")
            self.assertEqual([text for *_, text in self.entries()], ["d o first", "d o second"])
            self.assert_log_replays()
