# SPDX-License-Identifier: Apache-2.0
"""A broker that is away, silent, or not who it should be."""
import socket
import threading
import unittest

from support.agent import SAMPLE_TABLES, Agent, broker_table
from support.certificates import Authority
from support.processes import free_ports, log_from_here, wait_for_log
from support.rpc import SERVING, failure, grpc
from support.site import SECRET, open_site

SITE = None
URI = "kbs:///app/key/main"


def setUpModule():
    global SITE
    SITE = open_site()


class BrokerFailureTest(unittest.TestCase):
    def agent_for(self, url, ca_file=None):
        """A daemon with another broker; sample evidence will do, as it gets no chance to be sent."""
        agent = Agent(SITE.folder, SAMPLE_TABLES + broker_table(url, ca_file or SITE.broker.ca_file),
                      name="elsewhere")
        self.addCleanup(agent.kill)
        agent.start()
        return agent

    def assert_unavailable(self, agent, text):
        outcome = agent.get("app/key/main")
        self.assertEqual((outcome.exit, outcome.out), (5, b""), outcome.err)
        self.assertEqual(outcome.err.count("\n"), 1, outcome.err)
        self.assertIn(text, outcome.err)
        self.assertEqual(agent.health(), SERVING)

    def test_a_broker_that_is_down_is_unavailable_and_used_when_it_is_back(self):
        SITE.broker.stop()
        self.addCleanup(SITE.broker.restart)
        self.assert_unavailable(SITE.agent, "broker: it cannot be reached")
        SITE.broker.start()
        self.assertEqual(SITE.agent.get("app/key/main").out, SECRET)

    def test_a_name_that_resolves_to_nothing_is_unavailable(self):
        self.assert_unavailable(self.agent_for("https://kbs.invalid:8443"),
                                "broker: it cannot be reached")

    def test_a_certificate_of_another_authority_is_not_accepted(self):
        stranger = Authority(SITE.folder, "stranger")
        agent = self.agent_for(SITE.broker.url, stranger.cert)
        count = SITE.broker.counted()
        self.assert_unavailable(agent, "TLS certificate was not accepted")
        self.assertEqual(count(), (0, 0, 0))

    def test_an_expired_certificate_is_not_accepted(self):
        authority = Authority(SITE.folder, "renewing")
        agent = self.agent_for(SITE.broker.url, authority.cert)
        self.addCleanup(SITE.broker.restart)
        SITE.broker.restart(tls=authority.issue("old", expired=True))
        log = log_from_here(agent)
        self.assert_unavailable(agent, "TLS certificate was not accepted")
        wait_for_log(log, "certificate")
        # The date alone was wrong: the next certificate of that authority passes, and the broker
        # goes on to refuse the evidence.
        SITE.broker.restart(tls=authority.issue("new"))
        self.assertEqual(agent.get("app/key/main").exit, 3)

    def test_a_certificate_for_another_host_is_not_accepted(self):
        authority = Authority(SITE.folder, "wide")
        agent = self.agent_for(SITE.broker.url, authority.cert)
        self.addCleanup(SITE.broker.restart)
        SITE.broker.restart(tls=authority.issue("other", names="DNS:other.example,IP:127.0.0.2"))
        self.assert_unavailable(agent, "TLS certificate was not accepted")

    def test_a_broker_that_speaks_no_tls_is_unavailable(self):
        with socket.create_server(("127.0.0.1", 0)) as plain:
            agent = self.agent_for(f"https://127.0.0.1:{plain.getsockname()[1]}")
            plain.settimeout(30)
            threading.Thread(target=answer_plainly, args=(plain,)).start()
            self.assert_unavailable(agent, "broker:")

    def test_a_silent_broker_costs_no_more_than_the_callers_deadline(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            agent = self.agent_for(f"https://127.0.0.1:{silent.getsockname()[1]}")
            outcome = agent.get("app/key/main", "--timeout", "500ms")
            self.assertEqual((outcome.exit, outcome.out), (6, b""), outcome.err)
            with agent.client() as client:
                code, _ = failure(client.get_resource, URI, seconds=0.3)
            self.assertEqual(code, grpc.StatusCode.DEADLINE_EXCEEDED)
            self.assertEqual(agent.health(), SERVING)

    def test_a_port_that_nobody_listens_on_is_unavailable(self):
        self.assert_unavailable(self.agent_for(f"https://127.0.0.1:{free_ports()}"),
                                "broker: it cannot be reached")


def answer_plainly(server):
    """Answers the first connection as a plain HTTP server does."""
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
