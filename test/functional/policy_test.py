# SPDX-License-Identifier: Apache-2.0
"""Who may ask for what: each principal, resource, method and door against a policy written again here."""
import contextlib
import itertools
import os
import subprocess
import sys
import unittest

from support.agent import Agent
from support.doors import over_grpc, over_rest, over_ttrpc
from support.processes import binary, free_ports, log_from_here
from support.rest import RestClient
from support.rpc import AGENT, RESOURCE, Client, agent_pb, grpc, hub_pb, status_pb
from support.sample_site import SECRET, SampleSite
from support.ttrpc import HungUp, TtrpcClient, connect

OK, NOT_FOUND, DENIED, RESERVED = 0, 5, 7, (3, 9, 13)
# Principal -> (rights, what `allow` says, what that means).
PRINCIPALS = {
    "all": ("resource token evidence extend unseal unwrap mount admin", "*", lambda uri: True),
    "app1": ("resource", "kbs:///app1/*", lambda uri: uri.startswith("kbs:///app1/")),
    "app2": ("resource unseal", "kbs:///app2/db/*", lambda uri: uri.startswith("kbs:///app2/db/")),
    "keys": ("unwrap", "kbs:///keys/*", lambda uri: uri.startswith("kbs:///keys/")),
    "exact": ("resource", "kbs:///app1/db/s0", lambda uri: uri == "kbs:///app1/db/s0"),
    "prefix": ("resource", "kbs:///*/db/s1*", lambda uri: uri.split("/")[4:] == ["db", "s1"]),
    "prover": ("token evidence", None, lambda uri: False),
    "nothing": ("extend", None, lambda uri: False),
}
# 40: half of them are there.
RESOURCES = [f"kbs:///{repository}/{kind}/{tag}"
             for repository, kind, tag in itertools.product(
                 ("app1", "app2", "app10", "keys", "other"), ("db", "tls"), ("s0", "s1", "no0", "no1"))]
GET = f"{RESOURCE}/GetResource"
# Method -> (right, request). None of them changes anything.
METHODS = {
    f"{AGENT}/GetToken": ("token", agent_pb.GetTokenRequest(TokenType="kbs")),
    f"{AGENT}/GetEvidence": ("evidence", agent_pb.GetEvidenceRequest(RuntimeData=b"x")),
    f"{AGENT}/GetAdditionalEvidence": ("evidence",
                                       agent_pb.GetAdditionalEvidenceRequest(RuntimeData=b"x")),
    f"{AGENT}/ExtendRuntimeMeasurement": ("extend", agent_pb.ExtendRuntimeMeasurementRequest()),
    f"{AGENT}/BindInitData": ("extend", agent_pb.BindInitDataRequest()),
    f"{AGENT}/GetTeeType": (None, agent_pb.GetTeeTypeRequest()),
    f"{AGENT}/GetAdditionalTees": (None, agent_pb.GetAdditionalTeesRequest()),
    "api.SealedSecretService/UnsealSecret": ("unseal", hub_pb.UnsealSecretInput(secret=b"x")),
    "keyprovider.KeyProviderService/UnWrapKey": ("unwrap", hub_pb.UnsealSecretInput(secret=b"x")),
    "api.SecureMountService/SecureMount": ("mount", hub_pb.SecureMountRequest()),
    "attestd.v1.StatusService/GetStatus": (None, status_pb.GetStatusRequest()),
    "attestd.v1.StatusService/GetDetection": ("admin", status_pb.GetDetectionRequest()),
    "attestd.v1.AdminService/TestPolicy": ("admin", status_pb.TestPolicyRequest(
        principal="app1", right="token")),
}


def setUpModule():
    global SITE, DAEMON, DOORS
    stack = unittest.enterModuleContext(contextlib.ExitStack())
    SITE = SampleSite(stack)
    for uri in RESOURCES:
        if "/no" not in uri:
            SITE.broker.put(uri.removeprefix("kbs:///"), SECRET)
    tables, doors = "", {}
    for name, (rights, allow, _) in PRINCIPALS.items():
        path, address = os.path.join(SITE.folder, f"{name}.sock"), f"127.0.0.1:{free_ports()}"
        words = ", ".join(f'"{right}"' for right in rights.split())
        tables += f'[[listener]]\npath = "{path}"\nprincipal = "{name}"\nrights = [{words}]\n'
        tables += f'allow = ["{allow}"]\n' if allow else ""
        tables += (f'[[listener]]\naddress = "{address}"\nprotocol = "rest"\nfeatures = "all"\n'
                   f'principal = "{name}"\n')
        doors[name] = path, address
    DAEMON = SITE.agent(SITE.tables() + tables)
    DOORS = {name: (stack.enter_context(Client(path)), stack.enter_context(TtrpcClient(path)),
                    RestClient(address)) for name, (path, address) in doors.items()}


class MatrixTest(unittest.TestCase):
    def setUp(self):
        self.broker_asked = SITE.broker.log().count("GET /kbs/v0/resource")

    def test_eight_principals_forty_resources_three_doors(self):
        mismatches, denied = [], 0
        self.assertEqual((len(PRINCIPALS), len(RESOURCES)), (8, 40))
        for (name, (rights, _, has)), uri in itertools.product(PRINCIPALS.items(), RESOURCES):
            allowed = "resource" in rights.split() and has(uri)
            wanted = DENIED if not allowed else NOT_FOUND if "/no" in uri else OK
            request = hub_pb.GetResourceRequest(ResourcePath=uri).SerializeToString()
            over = DOORS[name]
            target = "/cdh/resource/" + uri.removeprefix("kbs:///")
            for door, (code, payload, reasons) in {
                    "gRPC": over_grpc(over[0], GET, request),
                    "ttRPC": over_ttrpc(over[1], GET, request),
                    "REST": over_rest(over[2], target)}.items():
                secret = SECRET in payload
                if code != wanted or secret != (wanted == OK) or (
                        wanted == DENIED and reasons != ["NOT_ALLOWED"]):
                    mismatches.append((name, uri, door, code, wanted, reasons))
                denied += wanted == DENIED
        self.assertEqual(mismatches, [])
        self.assertGreater(denied, 500)

    def test_each_method_takes_its_right(self):
        mismatches = []
        for (name, (rights, _, _)), (method, (right, message)) in itertools.product(
                PRINCIPALS.items(), METHODS.items()):
            allowed = right is None or right in rights.split()
            request = message.SerializeToString()
            for door, call in (("gRPC", over_grpc), ("ttRPC", over_ttrpc)):
                code, _, reasons = call(DOORS[name][door == "ttRPC"], method, request)
                if (reasons == ["NOT_ALLOWED"]) == allowed or (code == DENIED) == allowed:
                    mismatches.append((name, method, door, code, reasons))
        self.assertEqual(mismatches, [])

    def test_a_denial_asks_no_broker_and_says_the_same_of_what_is_not_there(self):
        before = SITE.broker.log()
        texts = set()
        for uri in ("kbs:///app2/db/s0", "kbs:///app2/db/no0", "kbs:///none/of/it"):
            try:
                DOORS["app1"][0].get_resource(uri)
            except grpc.RpcError as error:
                texts.add(error.details().partition(" [request ")[0])
        self.assertEqual(len(texts), 1, texts)
        self.assertEqual(SITE.broker.log(), before)

    def test_each_release_and_denial_is_in_the_audit_log(self):
        log = log_from_here(DAEMON)
        DOORS["app1"][0].get_resource("kbs:///app1/db/s0")
        over_ttrpc(DOORS["app1"][1], GET, hub_pb.GetResourceRequest(
            ResourcePath="kbs:///app2/db/s0?a=b").SerializeToString())
        over_rest(DOORS["prover"][2], "/aa/token?token_type=kbs")
        lines = [line for line in log().splitlines() if line.startswith("<5>audit ")]
        self.assertEqual(len(lines), 3, lines)
        for line, words in zip(lines, (
                f"outcome=allowed principal=app1 uid=0 gid=0 pid={os.getpid()} | method=GetResource "
                "| resource=kbs:///app1/db/s0 broker=main evidence=sha256: | code=OK",
                f"outcome=denied principal=app1 uid=0 gid=0 pid={os.getpid()} | "
                "resource=kbs:///app2/db/s0 broker=- | code=PERMISSION_DENIED",
                "outcome=allowed principal=prover uid=- | method=GetToken")):
            for word in words.split(" | "):
                self.assertIn(word.strip("| "), line)


class PolicyTestCommand(unittest.TestCase):
    def ask(self, *argv):
        return subprocess.run([binary("attestctl"), "--socket", DAEMON.socket, "policy", "test", *argv],
                              capture_output=True, text=True, timeout=60, check=False)

    def test_it_says_what_the_daemon_would_do(self):
        for name, (rights, _, has) in PRINCIPALS.items():
            uri = "kbs:///app1/db/s1"
            done = self.ask("--principal", name, "--resource", uri)
            allowed = "resource" in rights.split() and has(uri)
            self.assertEqual(done.returncode, 0 if allowed else 3, done.stderr)
            self.assertTrue(done.stdout.startswith("allowed: " if allowed else "denied: "))
        self.assertEqual(self.ask("--principal", "prover", "--right", "token").returncode, 0)
        self.assertIn("no [[listener]]", self.ask("--principal", "x", "--right", "token").stdout)
        self.assertEqual(self.ask("--principal", "app1", "--right", "x").returncode, 2)
        self.assertEqual(self.ask("--principal", "app1").returncode, 2)


class ReceptionTest(unittest.TestCase):
    """Who is let in at all."""

    # Prints what a call as somebody else meets.
    _AS_NOBODY = ("import os, sys; sys.path.insert(0, sys.argv[1]);"
                  "from support.rpc import Client, grpc, failure;"
                  "os.setgroups([]); os.setgid(65534); os.setuid(65534);"
                  "c = Client(sys.argv[2], seconds=10)\n"
                  "try: print('OK', len(c.get_resource(sys.argv[3])))\n"
                  "except grpc.RpcError as e: print(e.code().name)")

    def agent(self, words, name):
        os.chmod(SITE.folder, 0o755)
        path = os.path.join(SITE.folder, f"{name}-other.sock")
        agent = SITE.agent(SITE.tables() + f'[[listener]]\npath = "{path}"\nmode = "0666"\n'
                           f'principal = "app"\nallow = ["kbs:///app1/*"]\n{words}', name=name)
        return agent, path

    def as_nobody(self, path):
        done = subprocess.run(
            [sys.executable, "-B", "-c", self._AS_NOBODY,
             os.path.dirname(os.path.abspath(__file__)), path, "kbs:///app1/db/s0"],
            capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip() or done.stderr

    def test_a_uid_that_is_not_listed_is_hung_up_on(self):
        agent, path = self.agent("allow_uids = [0]\n", "uids")
        log = log_from_here(agent)
        self.assertEqual(self.as_nobody(path), "UNAVAILABLE")
        self.assertIn("audit outcome=denied principal=app uid=65534", log())
        with Client(path) as client:
            self.assertEqual(client.get_resource("kbs:///app1/db/s0"), SECRET)

    def test_a_uid_that_is_listed_is_let_in(self):
        agent, path = self.agent("allow_uids = [65534]\n", "nobody")
        self.assertEqual(self.as_nobody(path), f"OK {len(SECRET)}")
        with Client(path, seconds=5) as client, self.assertRaises(grpc.RpcError):
            client.get_resource("kbs:///app1/db/s0")

    def test_cgroups_are_matched(self):
        with open("/proc/self/cgroup", encoding="ascii") as file:
            own = next((line.strip()[3:] for line in file if line.startswith("0::")), None)
        if not own:
            self.skipTest("no cgroup v2 here")
        _, path = self.agent(f'allow_cgroups = ["{own}"]\n', "cgroup")
        self.assertEqual(self.as_nobody(path), f"OK {len(SECRET)}")
        _, path = self.agent('allow_cgroups = ["/kubepods.slice/*"]\n', "pods")
        self.assertEqual(self.as_nobody(path), "UNAVAILABLE")

    def test_silence_has_an_end_unless_it_is_allowed(self):
        quiet = os.path.join(SITE.folder, "quiet.sock")
        agent = SITE.agent(SITE.tables() + f'[[listener]]\npath = "{quiet}"\nallow_silent = true\n',
                           name="silence")
        with connect(agent.socket) as hasty, connect(quiet) as patient:
            hasty.settimeout(10)
            self.assertEqual(hasty.recv(1), b"")
            patient.settimeout(2)
            with self.assertRaises(TimeoutError):
                patient.recv(1)

    def test_the_silent_make_way_for_others(self):
        path = os.path.join(SITE.folder, "few.sock")
        SITE.agent(SITE.tables() + f'[limits]\nconnections = 4\n[[listener]]\npath = "{path}"\n'
                   'allow_silent = true\n', name="many")
        with contextlib.ExitStack() as stack:
            silent = [stack.enter_context(connect(path)) for _ in range(20)]
            with Client(path) as client:
                self.assertEqual(client.get_resource("kbs:///app1/db/s0"), SECRET)
            self.assertEqual(silent[0].recv(1), b"")

    def test_what_is_not_said_stops_the_start(self):
        agent = Agent(SITE.folder, SITE.tables(), mode="0600", name="unsaid")
        with open(agent.config, "a", encoding="utf-8") as config:
            config.write(f'[[listener]]\npath = "{SITE.folder}/x.sock"\nmode = "0660"\n')
        agent.launch()
        self.assertEqual(agent.process.wait(), 78)
        self.assertIn("rights", agent.log())


if __name__ == "__main__":
    unittest.main()
