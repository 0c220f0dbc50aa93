# SPDX-License-Identifier: Apache-2.0
"""Where attestd listens beside its own path: loopback, and sockets that systemd made."""
import contextlib
import socket
import unittest

from support.agent import EVERYTHING, Agent
from support.http2_raw import PREFACE, SETTINGS, frame
from support.processes import Process, binary, free_ports, wait_until
from support.rpc import RESOURCE, Client
from support.sample_site import SECRET, URI, SampleSite
from support.ttrpc import TtrpcClient, connect, field


class ListenersTest(unittest.TestCase):
    def setUp(self):
        self.site = SampleSite(self.enterContext(contextlib.ExitStack()))

    def listener(self, text, **options):
        return self.site.agent(self.site.tables() + f"[[listener]]\n{text}\n", **options)

    def assert_served(self, place):
        with Client(place) as client:
            self.assertEqual(client.get_resource(URI), SECRET)
        with TtrpcClient(place) as client:
            self.assertIn(SECRET, client.raw(f"{RESOURCE}/GetResource", field(1, URI)))

    def test_loopback_speaks_both_protocols(self):
        for host in ("127.0.0.1", "127.1.2.3"):
            with self.subTest(host):
                address = f"{host}:{free_ports()}"
                agent = self.listener(f'address = "{address}"\n{EVERYTHING}', name=f"at-{host}")
                self.assert_served(address)
                self.assertIn("every program of this network", agent.log())

    def test_a_grpc_connection_without_calls_is_ended(self):
        agent = self.site.agent(self.site.tables() + "[limits]\nidle_seconds = 1\n")
        with connect(agent.socket) as raw, agent.client() as client, \
                TtrpcClient(agent.socket) as kept:
            kept.raw(f"{RESOURCE}/GetResource", field(1, URI))
            self.assertEqual(client.get_resource(URI), SECRET)
            raw.sendall(PREFACE + frame(SETTINGS))
            raw.settimeout(30)
            while raw.recv(4096):
                pass
            # The library makes another; ttRPC's is left alone.
            self.assertEqual(client.get_resource(URI), SECRET)
            self.assertIn(SECRET, kept.raw(f"{RESOURCE}/GetResource", field(1, URI)))

    def test_a_port_is_free_again_at_once(self):
        address = f"127.0.0.1:{free_ports()}"
        for name in ("first", "second"):
            agent = self.listener(f'address = "{address}"\n{EVERYTHING}', name=name)
            self.assert_served(address)
            agent.kill()

    def test_an_address_that_is_taken_stops_the_start(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = f"127.0.0.1:{other.getsockname()[1]}"
            agent = Agent(self.site.folder,
                          self.site.tables() + f'[[listener]]\naddress = "{address}"\n{EVERYTHING}')
            self.addCleanup(agent.kill)
            agent.launch()
            self.assertEqual(agent.process.wait(), 1)
            self.assertIn(address, agent.log())

    def passed_by_systemd(self, agent, *argv):
        """Starts the daemon as systemd does when a client comes; the port it listens on."""
        port = free_ports()
        agent.process = Process(
            ["/usr/bin/systemd-socket-activate", f"--listen=127.0.0.1:{port}", *argv,
             binary("attestd"), "--config", agent.config], agent.log_path)
        self.addCleanup(agent.kill)
        wait_until(lambda: "Listening on" in agent.log(), "systemd-socket-activate listens")
        return port

    def test_a_socket_of_systemd_is_served_from_the_first_client_on(self):
        tables = self.site.tables() + '[[listener]]\nsystemd_socket = "callers"\n' + EVERYTHING
        agent = Agent(self.site.folder, tables)
        port = self.passed_by_systemd(agent, "--fdname=callers")
        self.assert_served(f"127.0.0.1:{port}")

    def test_a_socket_of_another_name_stops_the_start(self):
        tables = self.site.tables() + '[[listener]]\nsystemd_socket = "callers"\n' + EVERYTHING
        agent = Agent(self.site.folder, tables)
        port = self.passed_by_systemd(agent, "--fdname=others")
        with socket.create_connection(("127.0.0.1", port)):
            self.assertEqual(agent.process.wait(), 1)
        self.assertIn("FileDescriptorName=callers", agent.log())
        self.assertIn("others", agent.log())


if __name__ == "__main__":
    unittest.main()
