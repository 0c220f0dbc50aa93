# SPDX-License-Identifier: Apache-2.0
"""Cases of callers: attestd with every door open, and a broker before which packets are counted."""
from conformance import record
from conformance.daemon_memory import ALLOCATOR_SLACK, REQUEST_CAP, MemoryWatch
from conformance.lab import LATENESS, ConformanceCase
from conformance.secrecy import leaks
from conformance.ways import HUNG_UP, GrpcWay, RestWay, TtrpcWay, rest_target
from support.agent import EVERYTHING, SAMPLE_TABLES, broker_table
from support.processes import free_ports, log_from_here, wait_until
from support.sample_site import SECRET, URI, SampleSite
from support.tap import Tap

# What requests of these tests hold, and no log may.
PROBE = "probe-5e20c7"
LIMIT = 2 * REQUEST_CAP + ALLOCATOR_SLACK


# Whom a listener does not let in: nothing that they send is read, and nothing is answered.
HUNG_UP_ON = {("UNAVAILABLE", ""), (HUNG_UP, "")}
NOT_ALLOWED = {("PERMISSION_DENIED", "NOT_ALLOWED")}


class CallerCase(ConformanceCase):
    """Tests are named as ConformanceCase has it."""

    def open_doors(self, extra="", site=None):
        """Broker, daemon and the ways into it: self.ways, of which self.rest is the last."""
        self.lab = site or SampleSite(self.stack)
        self.broker = self.lab.broker
        self.broker.faults()
        self.tap = Tap(self.broker.port)
        self.addCleanup(self.tap.close)
        self.start_daemon("attestd", extra)
        self.still_served()

    def start_daemon(self, name, extra=""):
        """Another daemon, cold, that self.agent and self.ways are from now on."""
        port = free_ports(2)
        shared, rest = (f"127.0.0.1:{port + i}" for i in range(2))
        self.agent = self.lab.agent(
            SAMPLE_TABLES +
            broker_table(f"https://127.0.0.1:{self.tap.port}", self.broker.ca_file) + extra +
            f'[[listener]]\naddress = "{shared}"\n{EVERYTHING}'
            f'[[listener]]\naddress = "{rest}"\nprotocol = "rest"\nfeatures = "all"\n{EVERYTHING}', name=name)
        unix = self.agent.socket
        self.rest = RestWay(rest)
        self.grpc_ways = [GrpcWay("gRPC unix", unix), GrpcWay("gRPC port", shared)]
        self.ttrpc_ways = [TtrpcWay("ttRPC unix", unix), TtrpcWay("ttRPC port", shared)]
        self.rpc_ways = self.grpc_ways + self.ttrpc_ways
        self.ways = self.rpc_ways + [self.rest]
        wait_until(self.accepts_rest, "the REST listener is there")

    def accepts_rest(self):
        try:
            self.rest.connect().close()
        except OSError:
            return False
        return True

    def still_served(self):
        """The daemon runs, and gives its secret out at each door."""
        self.assertTrue(self.agent.process.running(), self.agent.log())
        for way in self.ways:
            reply = way.get(URI)
            self.assertEqual((reply.code, reply.value), ("OK", SECRET), f"{way.name} {reply.text}")

    def variant(self, name, expected, ask, seconds=5, value=SECRET, asks_broker=False, limit=LIMIT):
        """One request and all that holds in each case: `ask` returns a Reply, and `expected` has
        (code, reason) pairs of which one must come. Unless it `asks_broker`, that sees no packet.
        `limit` is for the memory, in bytes.
        """
        with self.subTest(name):
            result, status, used, growth = record.FAILED, "none", 0.0, 0
            log, packets = log_from_here(self.agent), self.tap.seen
            try:
                memory = MemoryWatch(self.agent.process.pid)
                reply = ask()
                growth, status, used = memory.growth(), reply.code, reply.seconds
                self.assertIn((reply.code, reply.reason), expected, f"{reply.text}\n{log()}")
                self.assertEqual(reply.value, value if reply.code == "OK" else b"")
                self.assertLessEqual(used, seconds + LATENESS + reply.late, "past the deadline")
                self.assertLessEqual(growth, limit, "memory growth")
                if not asks_broker:
                    self.assertEqual(self.tap.seen, packets, "the broker saw packets")
                self.assertTrue(self.agent.process.running(), self.agent.log())
                self.assert_no_word_of(reply.text + log())
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(name, result, status, used, growth))

    def assert_no_word_of(self, text):
        self.assertEqual(leaks(text), [])
        self.assertNotIn(PROBE, text)

    def refused(self, uri, expected, rest=None, ways=None, name=None):
        """A URI at every door that can say it; `rest` is what REST may answer beside that."""
        for way in ways or self.ways:
            allowed = expected | (rest or set()) if way is self.rest else expected
            if way is self.rest and rest_target(uri) is None:
                continue
            self.variant(f"{way.name}: {name or repr(uri)[:60]}", allowed,
                         lambda way=way: way.get(uri))
