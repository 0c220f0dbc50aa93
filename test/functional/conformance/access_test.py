# SPDX-License-Identifier: Apache-2.0
"""Cases 1 to 5, 32 and 34: whom attestd knows, and what it lets them have."""
import contextlib
import errno
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import unittest

from conformance.callers import NOT_ALLOWED, CallerCase
from conformance.expect import OK
from conformance.ways import GET, GrpcWay, RestWay, TtrpcWay
from support import cgroups
from support.processes import free_ports
from support.rpc import AGENT, agent_pb
from support.sample_site import SECRET, URI
from support.ttrpc import connect, field, frame, request_data

OTHER, ABSENT = "kbs:///other/key/main", "kbs:///other/key/absent"
NOBODY = 65534
_SUPPORT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# One call of another process: argv is the support folder, the socket, the URI. Prints JSON.
_CALL = """
import json, os, socket, sys
sys.path.insert(0, sys.argv[1])
from support.ttrpc import TtrpcClient, TtrpcError, HungUp, connect, field
{become}
try:
    with TtrpcClient(sys.argv[2]) as client:
        {before}
        print(json.dumps(["OK", client.raw("{method}", field(1, sys.argv[3])).hex()]))
except TtrpcError as error:
    print(json.dumps([error.reply.code, error.reply.text]))
except (HungUp, OSError) as error:
    print(json.dumps(["HUNG_UP", str(error)]))
"""

# include/uapi/asm-generic/socket.h
_SO_PEERPIDFD = 77
# Joins the group of argv[1], connects descriptor argv[2] to argv[3], and ends.
_OPEN = """
import os, socket, sys
with open(sys.argv[1], "w") as group:
    group.write("0")
socket.socket(fileno=int(sys.argv[2])).connect(sys.argv[3])
print(os.getpid())
"""
# Joins the group of argv[1] and makes a process with the number argv[2], until stdin ends.
_INHERIT = """
import ctypes, os, signal, struct, sys
with open(sys.argv[1], "w") as group:
    group.write("0")
numbers = (ctypes.c_int * 1)(int(sys.argv[2]))
clone_args = struct.pack("11Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(numbers), 1, 0)
CLONE3 = 435
pid = ctypes.PyDLL(None, use_errno=True).syscall(CLONE3, clone_args, len(clone_args))
if pid == 0:
    signal.pause()
print(pid, flush=True)
sys.stdin.read()
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
"""


class AccessCase(CallerCase):
    """Two principals, each with gRPC, ttRPC and REST of its own."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root becomes somebody else")
        port, tables, self.of = free_ports(2), "", {}
        folder = self.enterContext(self.folder_for_all())
        for i, (name, words) in enumerate({
                "app": 'rights = ["resource"]\nallow = ["kbs:///app/*"]\n',
                "token": 'rights = ["token"]\n'}.items()):
            path, rest = f"{folder}/{name}.sock", f"127.0.0.1:{port + i}"
            tables += (f'[[listener]]\npath = "{path}"\nmode = "0666"\nprincipal = "{name}"\n{words}'
                       f'[[listener]]\naddress = "{rest}"\nprotocol = "rest"\nfeatures = "all"\n'
                       f'principal = "{name}"\n')
            self.of[name] = (GrpcWay(f"{name}, gRPC", path), TtrpcWay(f"{name}, ttRPC", path),
                             RestWay(rest))
            self.of[name][2].name = f"{name}, REST"
        self.root_only = f"{folder}/root.sock"
        tables += (f'[[listener]]\npath = "{self.root_only}"\nmode = "0666"\nprincipal = "root"\n'
                   'allow_uids = [0]\nallow = ["*"]\n')
        self.folder = folder
        self.open_doors(tables)
        self.broker.put("other/key/main", SECRET)

    @staticmethod
    def folder_for_all():
        folder = tempfile.TemporaryDirectory(prefix="attestd-access-")
        os.chmod(folder.name, 0o755)
        return folder

    @staticmethod
    def elsewhere(path, become="", before="pass", wrap=(), uri=URI):
        """(code, what came) of a call by another process."""
        script = _CALL.format(become=become, before=before, method=GET)
        done = subprocess.run([*wrap, sys.executable, "-B", "-c", script, _SUPPORT, path, uri],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)


class RightsTest(AccessCase):
    def test_case_1_no_packet_leaves_for_whom_no_rule_allows(self):
        """a principal without the right: PERMISSION_DENIED, no packet, whatever there is"""
        times = {}
        for way in self.of["token"]:
            for uri in (URI, OTHER, ABSENT):
                for _ in range(5):
                    before = len(self.variants)
                    self.variant(f"{way.name}: {uri}", NOT_ALLOWED,
                                 lambda way=way, uri=uri: way.get(uri))
                    times.setdefault(uri, []).append(self.variants[before].seconds)
        medians = [statistics.median(one) for one in times.values()]
        self.assertLess(max(medians) - min(medians), 0.05, "existing and missing names take as long")

    def test_case_2_a_resource_of_another_principal(self):
        """PERMISSION_DENIED at each door; its own is served"""
        for way in self.of["app"]:
            self.variant(f"{way.name}: its own", OK, lambda way=way: way.get(URI), asks_broker=True)
            for uri in (OTHER, ABSENT, "kbs:///app2/key/main", "kbs:///APP/key/main"):
                self.variant(f"{way.name}: {uri}", NOT_ALLOWED, lambda way=way, uri=uri: way.get(uri))

    def test_case_32_evidence_without_the_right(self):
        """GetEvidence and GetAdditionalEvidence: PERMISSION_DENIED"""
        request = field(1, b"r" * 64)
        for name, ways in self.of.items():
            for way in ways[:2]:
                for method in ("GetEvidence", "GetAdditionalEvidence"):
                    self.variant(f"{way.name}: {method}", NOT_ALLOWED,
                                 lambda way=way, method=method: way.call(f"{AGENT}/{method}", request))
            for target in ("/aa/evidence?runtime_data=x", "/aa/additional-evidence?runtime_data=x"):
                self.variant(f"{name}, REST: {target}", NOT_ALLOWED,
                             lambda ways=ways, target=target: ways[2].request(target))

    def test_case_34_extend_by_a_principal_that_may_not(self):
        """an unlisted principal: PERMISSION_DENIED at each door"""
        request = agent_pb.ExtendRuntimeMeasurementRequest(
            Domain=b"d", Operation=b"o", Content=b"c", RegisterIndex=7).SerializeToString()
        event = json.dumps({"domain": "d", "operation": "o", "content": "c"}).encode()
        for ways in self.of.values():
            for way in ways[:2]:
                for method in ("ExtendRuntimeMeasurement", "BindInitData"):
                    self.variant(f"{way.name}: {method}", NOT_ALLOWED,
                                 lambda way=way, method=method: way.call(f"{AGENT}/{method}", request))
            self.variant(f"{ways[2].name}: POST /aa/aael", NOT_ALLOWED, lambda ways=ways: ways[2].request(
                "/aa/aael", "POST", [f"Content-Length: {len(event)}"], event))


class IdentityTest(AccessCase):
    def test_case_3_a_caller_whose_number_another_process_has(self):
        """a caller that has ended before it is judged, and its pid another's: hung up on"""
        if why := cgroups.why_not():
            self.skipTest(why)
        root = cgroups.mount_point()
        group = self.enterContext(cgroups.group())
        allowed, stranger = (os.path.join(group, name) for name in ("allowed", "stranger"))
        os.mkdir(allowed)
        os.mkdir(stranger)
        path = f"{self.folder}/pods.sock"
        self.start_daemon("pods", f'[[listener]]\npath = "{path}"\nmode = "0666"\nprincipal = "pods"\n'
                          f'allow_cgroups = ["{allowed.removeprefix(root)}"]\nallow = ["*"]\n')
        for name, place, code in (("allowed", allowed, "OK"), ("stranger", stranger, "HUNG_UP")):
            become = f'open("{place}/cgroup.procs", "w").write("0")'
            self.assertEqual(self.elsewhere(path, become)[0], code)
            self.note(f"it lives, {name}", code)
        self.inherited(path, stranger, allowed)

    def inherited(self, path, stranger, allowed):
        """A connection that a stranger opened, and whose pid somebody who is allowed has by then."""
        daemon = self.agent.process.pid
        with socket.socket(socket.AF_UNIX) as left, socket.socket() as other:
            try:
                os.close(other.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD))
            except OSError as error:
                if error.errno == errno.ENOPROTOOPT:
                    self.not_run("a number taken over", "this kernel has no SO_PEERPIDFD")
                    return
            self.addCleanup(os.kill, daemon, signal.SIGCONT)
            os.kill(daemon, signal.SIGSTOP)
            opener = subprocess.run(
                [sys.executable, "-c", _OPEN, f"{stranger}/cgroup.procs", str(left.fileno()), path],
                pass_fds=[left.fileno()], capture_output=True, text=True, timeout=30, check=True)
            number = opener.stdout.strip()
            with subprocess.Popen([sys.executable, "-c", _INHERIT, f"{allowed}/cgroup.procs", number],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as heir:
                self.assertEqual(heir.stdout.readline().strip(), number)
                os.kill(daemon, signal.SIGCONT)
                left.settimeout(30)
                with contextlib.suppress(BrokenPipeError):
                    left.sendall(frame(request_data(GET, field(1, URI)), 1))
                with contextlib.suppress(ConnectionResetError):
                    self.assertEqual(left.recv(65536), b"")
                heir.stdin.close()
        self.note("its pid is another's", "HUNG_UP")

    def test_case_4_a_connection_that_is_passed_on_is_its_openers(self):
        """opened by root, used by somebody else: as good as root's, no more"""
        mine = connect(self.root_only)
        script = ("import os, socket, sys; sys.path.insert(0, sys.argv[1]);"
                  "from support.ttrpc import frame, request_data, field\n"
                  f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
                  "s = socket.socket(fileno=int(sys.argv[2])); s.settimeout(30)\n"
                  "s.sendall(frame(request_data(sys.argv[3], field(1, sys.argv[4])), 1))\n"
                  "print(s.recv(65536).hex())")
        done = subprocess.run([sys.executable, "-B", "-c", script, _SUPPORT, str(mine.fileno()), GET,
                               URI], pass_fds=[mine.fileno()], capture_output=True, text=True,
                              timeout=60, check=True)
        mine.close()
        self.assertIn(SECRET, bytes.fromhex(done.stdout.strip()))
        self.note("passed on by root", "OK")
        become = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"
        code, text = self.elsewhere(self.root_only, become)
        self.assertEqual(code, "HUNG_UP", text)
        self.note("opened by the other itself", "HUNG_UP")

    def test_case_5_root_of_a_user_namespace_is_not_root(self):
        """mapped uid 0 whose kernel uid is another: hung up on"""
        code, text = self.elsewhere(
            self.root_only, wrap=("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                                  "unshare", "--user", "--map-root-user"),
            become="assert os.getuid() == 0")
        self.assertEqual(code, "HUNG_UP", text)
        self.note("uid 0 of a user namespace", "HUNG_UP")
        # The same process where everybody is let in is known by its kernel uid.
        code, text = self.elsewhere(self.of["app"][0].place, wrap=(
            "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "unshare", "--user",
            "--map-root-user"))
        self.assertEqual(code, "OK", text)
        self.assertIn(f"principal=app uid={NOBODY}", self.agent.log())
        self.note("where all are let in", "OK")


if __name__ == "__main__":
    unittest.main()
