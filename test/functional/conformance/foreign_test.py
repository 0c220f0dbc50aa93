# SPDX-License-Identifier: Apache-2.0
"""Cases 6 and 21: callers without credentials, sockets that are passed, and other protocols."""
import contextlib
import os
import socket
import subprocess
import sys

from conformance import record
from conformance.callers import HUNG_UP_ON, PROBE, CallerCase
from conformance.expect import MALFORMED, OK
from conformance.ways import GET, HUNG_UP, GrpcWay, TtrpcWay, read_answer, timed
from support.agent import EVERYTHING, Agent
from support.http2_raw import (DATA, END_HEADERS, END_STREAM, HEADERS, Http2Client, frame, message,
                               request_block)
from support.processes import Process, binary, log_from_here
from support.rpc import AGENT
from support.sample_site import SECRET, URI
from support.site import work_folder
from support.ttrpc import HungUp, connect, field
from support.ttrpc import frame as ttrpc_frame
from support.ttrpc import request_data

CLOSED = {(HUNG_UP, "")}
NO_HTTP = {("HTTP 400", ""), (HUNG_UP, "")} | MALFORMED
NOBODY = 65534
HANDOVER = b"LISTEN rest all\n"
REFUSED = b"only root and attestd's own user may pass a socket\n"

# Passes a listening socket as somebody else; prints what is answered.
_PASS = """
import os, socket, sys
os.setgid({nobody}); os.setuid({nobody})
listening = socket.create_server(("127.0.0.1", 0))
with socket.socket(socket.AF_UNIX) as raw:
    raw.connect(sys.argv[1])
    raw.settimeout(30)
    socket.send_fds(raw, [sys.argv[2].encode().decode("unicode_escape").encode()],
                    [listening.fileno()] * int(sys.argv[3]))
    answer = b""
    while data := raw.recv(4096):
        answer += data
print(answer.decode())
"""


class CredentialsTest(CallerCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root makes a pid namespace and becomes somebody else")

    def test_case_6_a_caller_without_a_pid_is_judged_by_the_socket(self):
        """pid 0, from an outer pid namespace: hung up on, unless the socket names the principal"""
        self.open_doors()
        inner, named = (f"{self.lab.folder}/{name}.sock" for name in ("inner", "named"))
        # Its first socket lets nobody in who could ask whether it serves.
        agent = Agent(
            self.lab.folder, self.lab.tables() + f'[[listener]]\npath = "{named}"\nprincipal = "host"\n{EVERYTHING}',
            name="inner")
        self.addCleanup(agent.kill)
        self.launch_in_pid_namespace(agent)
        self.wait(lambda: os.path.exists(named) and os.path.exists(inner), "it listens")
        self.assertNotEqual(os.readlink(f"/proc/{self.child_of(agent.process.pid)}/ns/pid"),
                            os.readlink("/proc/self/ns/pid"))
        self.agent = agent
        for way in (GrpcWay("gRPC", named), TtrpcWay("ttRPC", named)):
            self.variant(f"{way.name}: a principal of its own: served", OK,
                         lambda way=way: way.get(URI), asks_broker=True)
        for way in (GrpcWay("gRPC", inner), TtrpcWay("ttRPC", inner)):
            self.variant(f"{way.name}: no principal of its own: hung up on", HUNG_UP_ON,
                         lambda way=way: way.get(URI))
        os.chmod(inner, 0o600)
        with self.subTest("another user"):
            done = self.pass_socket(inner, HANDOVER)
            self.assertIn("PermissionError", done.stderr)
            self.note("another user and mode 0600", "refused by the kernel")

    @staticmethod
    def launch_in_pid_namespace(agent):
        agent.process = Process(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
                                 binary("attestd"), "--config", agent.config], agent.log_path)

    @staticmethod
    def child_of(pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            return children.read().split()[0]

    def pass_socket(self, path, text, count=1):
        return subprocess.run(
            [sys.executable, "-B", "-c", _PASS.format(nobody=NOBODY), path,
             text.decode().encode("unicode_escape").decode(), str(count)],
            capture_output=True, text=True, timeout=60, check=False)

    def test_case_6_a_socket_is_passed_by_root_and_ourselves_alone(self):
        """"LISTEN" of a foreign user: PERMISSION_DENIED on every unix socket, nothing is served"""
        second = f"{work_folder(self.stack)}/second.sock"
        self.open_doors(f'[[listener]]\npath = "{second}"\nmode = "0666"\n{EVERYTHING}')
        for path in (self.agent.socket, second):
            os.chmod(os.path.dirname(path), 0o755)
            os.chmod(path, 0o666)
            for text in (HANDOVER, b"L", b"LISTEN", b"LISTEN rest none\n", b"LISTEN " + b"x" * 500):
                for count in (0, 1, 2, 4):
                    with self.subTest((path, text, count)):
                        done = self.pass_socket(path, text, count)
                        if path != second:
                            self.assertEqual(done.stdout.strip(), "", "root's own is for nobody else")
                        elif len(text) <= 64:  # beyond, the answer may be lost with what is unread
                            self.assertEqual(done.stdout.encode(), REFUSED + b"\n", done.stderr)
                        self.assertNotIn("OK", done.stdout)
                        self.note(f"{text[:20]} {count}",
                                  "PERMISSION_DENIED" if path == second else "HUNG_UP")
        self.still_served()

    def test_case_6_messages_that_pass_no_socket_are_refused(self):
        """malformed ones of root, and any on a port: refused, no descriptor is kept"""
        self.open_doors()
        files = f"/proc/{self.agent.process.pid}/fd"
        before = len(os.listdir(files))
        for text, count in ((b"L", 0), (b"LISTEN rest all\n", 0), (b"LISTEN rest all\n", 2),
                            (b"LISTEN rest all\n", 4), (b"LISTEN rest all\n", 50),
                            (b"LISTEN grpc all\n", 1), (b"LISTEN rest \n", 1),
                            (b"LISTEN rest " + PROBE.encode() + b"\n", 1), (b"L" * 5000, 1)):
            for place in (self.agent.socket, self.grpc_ways[1].place):
                self.refuse(place, text, count if place.startswith("/") else 0)
        self.wait(lambda: len(os.listdir(files)) <= before, "no descriptor is kept")
        self.still_served()

    def refuse(self, place, text, count):
        with self.subTest((place, text, count)), contextlib.ExitStack() as stack:
            log = log_from_here(self.agent)
            listening = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                         for _ in range(count)]
            raw = stack.enter_context(connect(place))
            if count:
                socket.send_fds(raw, [text], [one.fileno() for one in listening])
            else:
                raw.sendall(text)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while data := raw.recv(4096):
                    answer += data
            self.assertNotIn(b"OK", answer)
            self.assert_no_word_of(answer.decode() + log())
            self.variants.append(record.Variant(f"{text[:20]} {count}", record.SURVIVED,
                                                "refused", 0.0, 0))


class ForeignTest(CallerCase):
    def setUp(self):
        super().setUp()
        self.open_doors()
        self.addCleanup(self.still_served)

    def test_case_21_unknown_methods_are_not_served(self):
        """another service, another method, another path: UNIMPLEMENTED, NOT_FOUND"""
        for method in ("api.GetResourceService/PutResource", f"{PROBE}/AtAll", "x/y", f"{GET}/x",
                       "api.GetResourceService/getresource", "attestd.v1.StatusService/Nothing",
                       "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                       f"{AGENT}/{'M' * 4000}", "../" + GET):
            for way in self.grpc_ways:
                self.variant(f"{way.name}: {method[:40]}", {("UNIMPLEMENTED", "")},
                             lambda way=way, method=method: way.call(method, b""))
            for way in self.ttrpc_ways:
                # The text names the method, as guest-components' does; it is the caller's own.
                self.variant(f"{way.name}: {method[:40]}", {("NOT_FOUND", "")},
                             lambda way=way, m=method: way.call(m, b"")._replace(text=""))
        for target in ("/", f"/{PROBE}", "/cdh", "/cdh/", "/cdh/resource", "/aa/", "/aa/nothing",
                       "/info/", "/metrics", "/aa/evidence/x", "/CDH/resource/a/b/c", "/%63dh/x"):
            self.variant(f"rest: {target}", {("NOT_FOUND", "UNKNOWN_PATH")},
                         lambda target=target: self.rest.request(target))
        for verb in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
            self.variant(f"rest: {verb}", {("UNIMPLEMENTED", "WRONG_METHOD")}, lambda verb=verb:
                         self.rest.request("/cdh/resource/app/key/main", verb))

    def test_case_21_http1_on_a_socket_of_rpc_is_hung_up_on(self):
        """HTTP/1.1, TLS and text where gRPC and ttRPC are spoken: closed"""
        junk = {"GET": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "POST": f"POST /{GET} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/grpc"
                        f"\r\nContent-Length: 0\r\n\r\n".encode(),
                "PRI": b"PRI * HTTP/1.1\r\n\r\n", "PRI 3": b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n",
                "preface and junk": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 99,
                "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
                "SSH": b"SSH-2.0-" + PROBE.encode() + b"\r\n", "ones": b"\xff" * 5000}
        for name, data in junk.items():
            for way in self.grpc_ways:  # one listener for both
                self.variant(f"{way.name[5:]}: {name}", CLOSED,
                             lambda way=way, data=data: self.speak(way.place, data))

    @staticmethod
    def speak(place, data):
        """HUNG_UP when the server does, once we have said all; what it says is thrown away."""
        def ask():
            with connect(place) as raw:
                with contextlib.suppress(OSError):
                    raw.sendall(data)
                    raw.shutdown(socket.SHUT_WR)
                    while raw.recv(4096):
                        pass
            return HUNG_UP, "", "", b""
        return timed(ask)

    def test_case_21_rpc_on_the_rest_port_is_refused(self):
        """gRPC's and ttRPC's bytes, TLS and text at REST: 400, or closed"""
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        for name, data in (("gRPC", preface + frame(4) + frame(
                HEADERS, END_HEADERS, 1, request_block(GET))), ("preface", preface),
                           ("ttRPC", ttrpc_frame(request_data(GET, field(1, URI)))),
                           ("zeros", bytes(4096)), ("ones", b"\xff" * 4096),
                           ("TLS", b"\x16\x03\x01\x02\x00\x01" + bytes(500)),
                           ("a word", PROBE.encode() + b"\r\n\r\n"), ("HTTP/9", b"GET / HTTP/9.9"
                            b"\r\nHost: localhost\r\n\r\n"), ("no version", b"GET /info\r\n\r\n"),
                           ("handover", HANDOVER + b"\r\n")):
            # libmicrohttpd sees no end of a line behind NULs, and is hung up on after 60 s.
            self.variant(f"rest: {name}", NO_HTTP | {("HTTP 505", "")},
                         lambda data=data: self.cut(data + b"\r\n\r\n"),
                         seconds=61 if name == "zeros" else 5)

    def cut(self, data):
        """An answer, or that the server hangs up once we have said all."""
        def ask():
            with self.rest.connect() as raw:
                with contextlib.suppress(OSError):
                    raw.sendall(data)
                    raw.shutdown(socket.SHUT_WR)
                return read_answer(raw)
        told = timed(ask)
        return told._replace(text="")

    def test_case_21_headers_of_a_call_that_is_none_do_no_harm(self):
        """another content type, method, scheme or path: an error or closed, or served as gRPC"""
        # gRPC takes the content type for a hint (it strips it before anybody of ours sees it) and
        # speaks no HTTP/1.1, without which no web page reaches it.
        body = frame(DATA, END_STREAM, 1, message(field(1, URI)))
        for way in self.grpc_ways:
            for kind in ("text/html", "application/json", "", "application/x-www-form-urlencoded"):
                block = request_block(GET, (), kind)
                self.variant(f"{way.name}: {kind}", OK | {("UNIMPLEMENTED", "")},
                             lambda way=way, block=block: self.stream(way, block, body),
                             asks_broker=True)
            for more in ([(":method", "GET")], [(":path", "/x")], [("te", "x" * 100)],
                         [("Upper", "case")], [("a b", "c")], [("", "empty")],
                         [("x", "a\r\nb: c")], [("x", "\0")], [("connection", "close")]):
                block = request_block(GET, more)
                self.variant(f"{way.name}: {more}"[:40], OK | CLOSED | {
                    (code, "") for code in ("UNIMPLEMENTED", "INTERNAL", "UNKNOWN")},
                             lambda way=way, block=block: self.stream(way, block, body),
                             asks_broker=True)

    @staticmethod
    def stream(way, block, body):
        codes = {0: "OK", 2: "UNKNOWN", 12: "UNIMPLEMENTED", 13: "INTERNAL"}

        def ask():
            with Http2Client(way.place) as client:
                try:
                    client.send(frame(HEADERS, END_HEADERS, 1, block) + body)
                    status = client.status(1)
                except HungUp:
                    status = "RST"
            code = codes.get(status, HUNG_UP if status in ("RST", "GOAWAY") else f"status {status}")
            return code, "", "", SECRET if code == "OK" else b""
        return timed(ask)
