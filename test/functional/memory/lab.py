# SPDX-License-Identifier: Apache-2.0
"""A broker that tells what is secret, attestd with all doors, and who asks it."""
import concurrent.futures
import contextlib
import http.client
import os
import re
import sys
import unittest

from memory.scan import Needles, require_root, scan_process
from support.agent import EVERYTHING, UNLIMITED, SAMPLE_TABLES, Agent
from support.broker import Broker
from support.certificates import issue_server
from support.processes import Process, binary, free_ports
from support.rpc import RESOURCE, SERVING, hub_pb
from support.sample_site import POLICY
from support.site import work_folder
from support.ttrpc import TtrpcClient

GET = f"{RESOURCE}/GetResource"
SIZES = {"small": 48, "page": 4096, "large": 1 << 20}
REPOSITORY = "scanned"
_IN_FLIGHT = 32
# Up to here secrets are also looked for in hex digits and Base64.
_SPELLED = 4096
_DENY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "deny_memfd_secret.py")


def resource(size):
    return f"{REPOSITORY}/key/{size}"


def without_memfd_secret(agent):
    """Starts a daemon on a kernel that knows no memfd_secret."""
    agent.process = Process([sys.executable, _DENY, binary("attestd"), "--config", agent.config],
                            agent.log_path)


class Lab:
    """All ends with the stack. `launch` starts the daemon in another way than usual; `extra` goes
    on in [[kbs]]."""

    def __init__(self, stack, tls=True, launch=None, extra="", **broker):
        require_root()
        self.folder = work_folder(stack)
        self.secrets = {name: os.urandom(size) for name, size in SIZES.items()}
        self.disclosed = os.path.join(self.folder, "disclosed")
        self.broker = Broker(self.folder, issue_server(self.folder) if tls else None,
                             disclose=self.disclosed, **broker)
        stack.callback(self.broker.stop)
        for name, secret in self.secrets.items():
            self.broker.put(resource(name), secret)
        self.broker.write_policy(POLICY)
        self.broker.start()
        self.rest_address = f"127.0.0.1:{free_ports()}"
        trust = f'ca_file = "{self.broker.ca_file}"' if tls else "allow_http = true"
        self.agent = Agent(
            self.folder,
            SAMPLE_TABLES + UNLIMITED + f'[[kbs]]\nname = "main"\nurl = "{self.broker.url}"\n{trust}\n{extra}'
            f'[[listener]]\naddress = "{self.rest_address}"\nprotocol = "rest"\n{EVERYTHING}')
        stack.callback(self.agent.kill)
        (launch or Agent.launch)(self.agent)
        self.agent.wait_for_health(SERVING)

    @property
    def pid(self):
        return self.agent.process.pid

    def needles(self):
        needles = Needles(os.path.join(self.folder, "needles"))
        for name, secret in self.secrets.items():
            if len(secret) <= _SPELLED:
                needles.add_secret(f"secret-{name}", secret)
            else:
                needles.add(f"secret-{name}", secret)
        needles.add_disclosed(self.disclosed)
        return needles

    def scan(self):
        return scan_process(self.needles(), self.pid)

    # Each asks `count` times for a resource and returns the number of right answers.

    def over_grpc(self, size, count, clients=4):
        request = hub_pb.GetResourceRequest(
            ResourcePath=f"kbs:///{resource(size)}").SerializeToString()
        wanted = hub_pb.GetResourceResponse(Resource=self.secrets[size]).SerializeToString()

        def ask(part):
            with self.agent.client() as client:
                right = 0
                for _ in range(0, part, _IN_FLIGHT):
                    calls = [client.begin(GET, request) for _ in range(min(_IN_FLIGHT, part))]
                    right += sum(call.result() == wanted for call in calls)
                    part -= len(calls)
                return right
        return _shared(ask, count, clients)

    def over_ttrpc(self, size, count, clients=2):
        request = hub_pb.GetResourceRequest(
            ResourcePath=f"kbs:///{resource(size)}").SerializeToString()
        wanted = hub_pb.GetResourceResponse(Resource=self.secrets[size]).SerializeToString()

        def ask(part):
            with TtrpcClient(self.agent.socket) as client:
                right = 0
                while part > 0:
                    batch = min(_IN_FLIGHT if size != "large" else 2, part)
                    for _ in range(batch):
                        client.send(GET, request, nano=int(30e9))
                    right += sum(client.receive().payload == wanted for _ in range(batch))
                    part -= batch
                return right
        return _shared(ask, count, clients)

    def over_rest(self, size, count, clients=4):
        def ask(part):
            connection = http.client.HTTPConnection(self.rest_address, timeout=30)
            with contextlib.closing(connection):
                right = 0
                for _ in range(part):
                    connection.request("GET", f"/cdh/resource/{resource(size)}")
                    right += connection.getresponse().read() == self.secrets[size]
                return right
        return _shared(ask, count, clients)

    def doors(self):
        return {"grpc": self.over_grpc, "ttrpc": self.over_ttrpc, "rest": self.over_rest}


def _shared(ask, count, clients):
    """Asks `count` times, by so many clients at once."""
    clients = min(clients, count)
    parts = [count // clients + (i < count % clients) for i in range(clients)]
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(ask, parts))


class MemoryTest(unittest.TestCase):
    """Assertions on what a scan gave."""

    def assert_nothing(self, scanned, state):
        """No piece outside secret memory."""
        self.assertEqual(dict(scanned.outside), {}, f"{state}: {scanned.places[:8]}")

    def assert_reads_the_right_memory(self, lab):
        """What must be there is found, and as much is read as a daemon has."""
        needles = Needles(os.path.join(lab.folder, "mark"))
        needles.add("url", lab.broker.url.encode())
        scanned = scan_process(needles, lab.pid)
        self.assertGreater(scanned.outside["url"], 0)
        self.assertGreater(scanned.writable, 1 << 20)

    def assert_hidden_or_say_so(self, lab):
        """The daemon says what its secret memory is, and the scan sees it so."""
        kind = re.search(r'secret memory kind="?([a-z_ ]+)"? ', lab.agent.log())[1]
        hidden = [one for one in lab.scan().hidden if "secretmem" in one["name"]]
        self.assertEqual(len(hidden), 1 if kind == "memfd_secret" else 0, kind)
        return kind
