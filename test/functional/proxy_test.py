# SPDX-License-Identifier: Apache-2.0
"""A way to the broker that leads through a proxy, and one that asks who comes."""
import base64
import os

from support.agent import SAMPLE_TABLES, broker_table
from support.certificates import Authority
from support.connect_proxy import ConnectProxy
from support.recorder import Recorder
from support.rpc import error_info
from support.sample_site import SECRET, URI, SampleSiteTest

CREDENTIALS = "attestd:the proxy's password"


class ProxyTest(SampleSiteTest):
    def proxy(self, *credentials):
        proxy = ConnectProxy(*credentials)
        self.addCleanup(proxy.close)
        return proxy

    def reason(self, agent):
        with agent.client() as client:
            return error_info(client.get_resource, URI, seconds=15).reason

    def credentials_file(self, text):
        path = os.path.join(self.site.folder, "credentials")
        with open(path, "w", encoding="ascii") as file:
            file.write(text + "\n")
        os.chmod(path, 0o600)
        return path

    def test_all_requests_go_through_the_tunnel(self):
        proxy = self.proxy()
        agent = self.site.agent(self.site.tables(f'proxy = "{proxy.url}"\n'))
        self.assertEqual(self.get(agent), SECRET)
        self.assertGreaterEqual(len(proxy.heads), 1)
        for head in proxy.heads:
            self.assertTrue(head.startswith(f"CONNECT 127.0.0.1:{self.broker.port} "), head)
            self.assertNotIn("Authorization", head)

    def test_the_proxy_gets_its_credentials_and_nobody_else_does(self):
        proxy = self.proxy(CREDENTIALS)
        recorded = Recorder(self.broker, self.broker.tls)
        self.addCleanup(recorded.close)
        agent = self.site.agent(
            SAMPLE_TABLES + broker_table(recorded.url, self.broker.ca_file) +
            f'proxy = "{proxy.url}"\n'
            f'proxy_credentials_file = "{self.credentials_file(CREDENTIALS)}"\n')
        self.assertEqual(self.get(agent), SECRET)
        encoded = base64.b64encode(CREDENTIALS.encode()).decode()
        self.assertIn(encoded, proxy.heads[0])
        self.assertNotIn("proxy-authorization", recorded.header_names)
        for secret in (CREDENTIALS, encoded):
            self.assertNotIn(secret, agent.log())

    def test_a_proxy_that_refuses_the_credentials_is_unavailable_without_telling_them(self):
        proxy = self.proxy(CREDENTIALS)
        wrong = "attestd:another password"
        agent = self.site.agent(self.site.tables(
            f'proxy = "{proxy.url}"\nproxy_credentials_file = "{self.credentials_file(wrong)}"\n'))
        self.assertEqual(self.reason(agent), "BROKER_UNREACHABLE")
        self.assertNotIn(wrong, agent.log())
        self.assertIn("proxy", agent.log())

    def test_a_credentials_file_that_others_may_read_is_refused(self):
        path = self.credentials_file(CREDENTIALS)
        os.chmod(path, 0o644)
        agent = self.site.agent()
        with open(agent.config, encoding="utf-8") as config:
            text = config.read()
        with open(agent.config, "w", encoding="utf-8") as config:
            config.write(text.replace("[[listener]]", 'proxy = "http://127.0.0.1:1"\n'
                                      f'proxy_credentials_file = "{path}"\n[[listener]]'))
        self.assertNotEqual(agent.ctl("reload").exit, 0)
        self.assertIn(path, agent.log())
        self.assertEqual(self.get(agent), SECRET)


class ClientCertificateTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.site.folder, "clients")
        self.server = Recorder(self.broker, self.broker.tls, client_ca=self.authority.cert)
        self.addCleanup(self.server.close)

    def agent_with(self, pair):
        extra = ""
        if pair is not None:
            os.chmod(pair[1], 0o600)
            extra = f'client_cert_file = "{pair[0]}"\nclient_key_file = "{pair[1]}"\n'
        return self.site.agent(
            SAMPLE_TABLES + broker_table(self.server.url, self.broker.ca_file) + extra)

    def test_a_broker_that_asks_gets_the_certificate(self):
        agent = self.agent_with(self.authority.issue("this-vm"))
        self.assertEqual(self.get(agent), SECRET)
        self.assertEqual(self.server.clients, {"this-vm"})

    def test_without_one_or_with_a_strangers_nothing_is_given(self):
        stranger = Authority(self.site.folder, "strangers").issue("stranger")
        for pair in (None, stranger):
            agent = self.agent_with(pair)
            with agent.client() as client:
                info = error_info(client.get_resource, URI, seconds=15)
            self.assertEqual(info.reason, "BROKER_UNTRUSTED", agent.log())
            agent.kill()
        self.assertEqual(self.server.clients, set())
