# SPDX-License-Identifier: Apache-2.0
"""Cases 39 to 41: no TLS, bad certificates, old TLS."""
import ssl
import subprocess

from conformance.expect import UNREACHABLE, UNTRUSTED, ask
from conformance.lab import ConformanceCase
from conformance.tls_server import Listener, OddAuthority, TlsServer
from support.agent import SAMPLE_TABLES, Agent, broker_table
from support.certificates import Authority, public_key_pin
from support.processes import PATIENCE_SECONDS, binary
from support.recorder import Recorder
from support.sample_site import URI, SampleSite

BAD = "kbs://bad/app/key/main"


class PlainHttpTest(ConformanceCase):
    def refused(self, name, url, extra=""):
        """A daemon with this broker does not start and says why, without a connection."""
        with self.subTest(name):
            agent = Agent(self.lab.folder, SAMPLE_TABLES + f'[[kbs]]\nurl = "{url}"\n{extra}',
                          name="plain")
            agent.launch()
            self.addCleanup(agent.kill)
            self.assertNotEqual(agent.process.wait(), 0)
            self.assertIn("https", agent.log())
            checked = subprocess.run(
                [binary("attestd"), "--check-config", "--config", agent.config],
                capture_output=True, timeout=PATIENCE_SECONDS, check=False)
            self.assertNotEqual(checked.returncode, 0)
            self.note(name, "refused to start")

    def test_case_39_plain_http_is_refused(self):
        """plain http: refused at start and at reload, without a connection, unless it is allowed"""
        self.open_lab()
        plain = Listener()
        self.addCleanup(plain.close)
        for host in ("127.0.0.1", "localhost"):
            self.refused(host, f"http://{host}:{plain.port}")
        self.refused("HTTP://", f"HTTP://127.0.0.1:{plain.port}")
        with self.subTest("reload"):
            with open(self.agent.config, encoding="utf-8") as config:
                text = config.read()
            with open(self.agent.config, "w", encoding="utf-8") as config:
                config.write(text.replace("https:", "http:"))
            self.assertNotEqual(self.agent.ctl("reload").exit, 0)
            self.good(self.agent)
            self.note("reload", "CONFIG_REFUSED")
        self.assertEqual(plain.accepted, 0)

    def test_case_39_allowed_http_is_shown(self):
        """allow_http = true: works, and is shown in status and in the log of the start"""
        lab = SampleSite(self.stack)
        plain = Recorder(lab.broker)
        self.addCleanup(plain.close)
        agent = lab.agent(SAMPLE_TABLES + f'[[kbs]]\nurl = "{plain.url}"\nallow_http = true\n')
        self.good(agent)
        with agent.client() as client:
            self.assertTrue(client.status().brokers[0].allow_http)
        self.assertIn("http", agent.ctl("status").out.decode())
        self.assertIn("PLAIN HTTP", agent.log())
        self.note("allowed", "OK")


class CertificateTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.lab = SampleSite(self.stack)
        self.authority = OddAuthority(self.lab.folder)

    def refuse(self, name, tls, trust=None, expected=UNTRUSTED, **server_options):
        """A broker with this certificate is not believed; another broker beside it serves on."""
        server = TlsServer(tls, **server_options)
        self.addCleanup(server.close)
        trust = trust or f'ca_file = "{self.authority.cert}"\n'
        agent = self.lab.agent(
            self.lab.tables(f'[[kbs]]\nname = "bad"\nurl = "{server.url}"\npriority = 9\n{trust}'))
        self.good(agent)
        self.check(name, expected, lambda: server.accepted >= 1, agent=agent, uri=BAD, seconds=2)
        if expected == UNTRUSTED:
            self.assertEqual(server.heads, [], "a request was sent")
            self.assertEqual(server.accepted, 1, "refusals are not tried again")
        else:
            self.assertGreaterEqual(len(server.heads), 1)
        agent.kill()

    def test_case_40_a_bad_certificate_is_not_believed(self):
        """authority, host, dates, self-signed, pin, RSA-1024, SHA-1, TLS 1.1: UNAVAILABLE"""
        issue = self.authority.issue
        good = issue("good")
        self.refuse("control: a good one gets the request", good, expected=UNREACHABLE)
        self.refuse("wrong authority", Authority(self.lab.folder, "stranger").issue("strange"))
        self.refuse("wrong address", issue("host", names="DNS:other.example,IP:127.0.0.2"))
        self.refuse("only a common name", issue("127.0.0.1", names="DNS:other.example"))
        self.refuse("expired", issue("old", dates=("20200101000000Z", "20210101000000Z")))
        self.refuse("not yet valid", issue("early", dates=("20450101000000Z", "20460101000000Z")))
        self.refuse("self-signed", self.authority.self_signed("alone"))
        self.refuse("RSA-1024", issue("short", key="1024"))
        self.refuse("SHA-1", issue("sha1", digest="sha1"))
        ca = f'ca_file = "{self.authority.cert}"\n'
        pin = public_key_pin(good[0])
        other = public_key_pin(issue("other")[0])
        self.refuse("another pin", good, trust=f'pins = ["{other}"]\n')
        self.refuse("another pin, right authority", good, trust=f'{ca}pins = ["{other}"]\n')
        self.refuse("control: the pin", good, trust=f'pins = ["{pin}"]\n', expected=UNREACHABLE)
        self.refuse("the system's authorities", good, trust=" ")

    def test_case_40_old_tls_is_refused(self):
        """TLS 1.0 and 1.1, and TLS 1.2 without forward secrecy or AEAD: UNAVAILABLE"""
        rsa = self.authority.issue("rsa", key="2048")
        versions = ssl.TLSVersion
        for version in (versions.TLSv1, versions.TLSv1_1):
            self.refuse(version.name, rsa, version=version)
        self.refuse("TLS 1.2, control", rsa, version=versions.TLSv1_2, expected=UNREACHABLE)
        for ciphers in ("AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA384", "AES128-SHA"):
            self.refuse(f"TLS 1.2 {ciphers}", rsa, version=versions.TLSv1_2,
                        ciphers=f"{ciphers}:@SECLEVEL=0")

    def test_case_41_every_connection_is_judged_anew(self):
        """no ticket is used, and a broker that changes its authority is refused mid-session"""
        server = TlsServer(self.authority.issue("tickets"))
        self.addCleanup(server.close)
        agent = self.lab.agent(SAMPLE_TABLES + broker_table(server.url, self.authority.cert))
        with agent.client() as client:
            for _ in range(3):
                ask(client, URI, 2)
        self.assertGreaterEqual(server.done, 3)
        self.assertEqual(server.resumed, 0)
        self.note("tickets", "UNAVAILABLE")
        self.open_lab()
        stranger = Authority(self.lab.folder, "later")
        self.broker.restart(tls=stranger.issue("later-server"))
        self.check("another authority in mid-session", UNTRUSTED, lambda: True,
                   mend=self.broker.restart)
        self.not_run("renegotiation and 0-RTT", "tried in test/base against OpenSSL's own server")
