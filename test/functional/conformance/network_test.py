# SPDX-License-Identifier: Apache-2.0
"""Cases 42 to 44: redirects, the environment, DNS."""
import os
import subprocess
import sys

from conformance.dns_server import NXDOMAIN, SERVFAIL, DnsServer, launch, why_not
from conformance.expect import OK, TIMED_OUT, UNREACHABLE, UNTRUSTED
from conformance.lab import ConformanceCase
from conformance.tls_server import Listener
from support.agent import SAMPLE_TABLES, broker_table
from support.certificates import Authority
from support.sample_site import SampleSite

PROXIES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "ALL_PROXY",
           "FTP_PROXY", "socks_proxy")
MANY = 4000  # as many addresses as fit in the 64 KiB of one answer


class RedirectTest(ConformanceCase):
    def test_case_42_redirects_are_not_followed(self):
        """301, 302, 303, 307, 308 to anywhere: UNAVAILABLE, nobody is asked there"""
        self.open_lab()
        elsewhere = Listener()
        self.addCleanup(elsewhere.close)
        for code in (301, 302, 303, 307, 308):
            for target in (f"http://127.0.0.1:{elsewhere.port}/x",
                           f"https://127.0.0.1:{elsewhere.port}/kbs/v0/resource/app/key/main"):
                self.play(f"resource always redirect {code} {target}", UNREACHABLE)
        for target in ("http://169.254.169.254/latest/meta-data", "file:///etc/passwd",
                       self.broker.url + "/kbs/v0/resource/app/key/other"):
            self.play(f"resource always redirect 302 {target}", UNREACHABLE)
        for endpoint in ("auth", "attest"):
            self.play(f"{endpoint} always redirect 307 https://127.0.0.1:{elsewhere.port}/x",
                      UNREACHABLE)
        self.assertEqual(elsewhere.accepted, 0)


class EnvironmentTest(ConformanceCase):
    def test_case_43_proxies_of_the_environment_are_not_used(self):
        """HTTP_PROXY and its kin: the proxy that they name sees nobody"""
        lab = SampleSite(self.stack)
        proxy = Listener()
        self.addCleanup(proxy.close)
        for name in PROXIES:
            env = dict(os.environ, **{name: f"http://127.0.0.1:{proxy.port}"})
            agent = lab.agent(env=env)
            self.check(name, OK, lambda: proxy.accepted == 0, agent=agent, seconds=5)
            agent.kill()
        self.assertEqual(proxy.accepted, 0)
        # A control: another client goes to the proxy.
        subprocess.run([sys.executable, "-c", "import sys, urllib.request as u\ntry:\n"
                        " u.urlopen(sys.argv[1], timeout=1)\nexcept OSError:\n pass\n",
                        lab.broker.url], timeout=30, check=True,
                       env=dict(os.environ, https_proxy=f"http://127.0.0.1:{proxy.port}"))
        self.assertEqual(proxy.accepted, 1)

    def test_case_43_no_trust_comes_from_the_environment(self):
        """CURL_CA_BUNDLE, SSL_CERT_FILE, OPENSSL_CONF: vouch for nobody, and change nothing"""
        lab = SampleSite(self.stack)
        stranger = Authority(lab.folder, "stranger")
        for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
            value = lab.folder if name.endswith("DIR") else lab.broker.ca_file
            agent = lab.agent(SAMPLE_TABLES + broker_table(lab.broker.url, stranger.cert),
                              env=dict(os.environ, **{name: value}))
            self.check(name, UNTRUSTED, lambda: True, agent=agent, recovered=False)
            agent.kill()

    def test_case_43_no_file_of_the_environment_is_read_or_written(self):
        """a broken OPENSSL_CONF, .curlrc and .netrc of HOME, SSLKEYLOGFILE: without effect"""
        lab = SampleSite(self.stack)
        for name, text in ((".curlrc", 'proxy = "http://127.0.0.1:1"\ninsecure\n'),
                           (".netrc", "machine 127.0.0.1 login user password word\n"),
                           ("openssl.cnf", "openssl_conf = x\n[x]\nproviders = y\n[y]\na = z\n")):
            with open(os.path.join(lab.folder, name), "w", encoding="ascii") as file:
                file.write(text)
        keys = os.path.join(lab.folder, "keys.log")
        for name, value in (("HOME", lab.folder), ("CURL_HOME", lab.folder), ("NETRC", lab.folder),
                            ("OPENSSL_CONF", os.path.join(lab.folder, "openssl.cnf")),
                            ("OPENSSL_MODULES", "/none"), ("OPENSSL_ENGINES", "/none"),
                            ("SSLKEYLOGFILE", keys)):
            agent = lab.agent(env=dict(os.environ, **{name: value}))
            self.check(name, OK, lambda: not os.path.exists(keys), agent=agent, seconds=5)
            agent.kill()


class DnsTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.lab = SampleSite(self.stack)
        self.authority = Authority(self.lab.folder, "dns")
        self.listener = Listener()
        self.addCleanup(self.listener.close)

    def agent_with(self, server, urls, extra=""):
        """Asks brokers by these names, and one that is good by its address."""
        tables = self.lab.tables()
        for i, url in enumerate(urls):
            tables += (f'[[kbs]]\nname = "b{i}"\nurl = "{url}"\npriority = 9\n'
                       f'ca_file = "{self.lab.broker.ca_file}"\n{extra}')
        return self.lab.agent(tables, launch=lambda agent: launch(agent, self.lab.folder, server))

    def test_case_44_dns_that_is_hostile(self):
        """NXDOMAIN, SERVFAIL, none, 4,000 records, loopback and link-local: UNAVAILABLE in time"""
        if why_not():
            self.not_run("all", why_not())
            self.skipTest(why_not())
        names = {"nx.test": (NXDOMAIN, []), "servfail.test": (SERVFAIL, []), "empty.test": (0, []),
                 "loopback.test": (0, ["127.0.0.1"]), "loopback6.test": (0, ["::1"]),
                 "mapped.test": (0, ["::ffff:127.0.0.1"]), "any.test": (0, ["0.0.0.0"]),
                 "link.test": (0, ["169.254.169.254"]), "link6.test": (0, ["fe80::1"]),
                 "nat64.test": (0, ["64:ff9b::7f00:1"]),
                 "many.test": (0, [f"127.1.{i >> 8}.{i & 255}" for i in range(MANY)])}
        server = DnsServer(dict(names, **{"kbs.test": (0, ["127.0.0.1"])}))
        self.addCleanup(server.close)
        agent = self.agent_with(server, [f"https://{name}:{self.listener.port}"
                                         for name in (*names, "silent.test")])
        self.good(agent)
        for i, name in enumerate(names):
            self.check(name, UNREACHABLE, lambda asked=name: asked in server.asked, agent=agent,
                       uri=f"kbs://b{i}/app/key/main")
        self.check("silence", TIMED_OUT, lambda: "silent.test" in server.asked, agent=agent,
                   uri=f"kbs://b{len(names)}/app/key/main")
        self.assertEqual(self.listener.accepted, 0)
        agent.kill()

    def test_case_44_loopback_by_name_needs_a_word(self):
        """a name for loopback: taken with allow_loopback = true, refused without"""
        if why_not():
            self.not_run("all", why_not())
            self.skipTest(why_not())
        server = DnsServer({"kbs.test": (0, ["127.0.0.1"])})
        self.addCleanup(server.close)
        cert = self.authority.issue("named", names="IP:127.0.0.1,DNS:kbs.test")
        self.lab.broker.ca_file = self.authority.cert
        self.lab.broker.restart(tls=cert)
        url = f"https://kbs.test:{self.lab.broker.port}"
        for extra, expected in (("allow_loopback = true\n", OK), ("", UNREACHABLE)):
            agent = self.agent_with(server, [url], extra)
            self.check(extra.strip() or "not allowed", expected, lambda: "kbs.test" in server.asked,
                       agent=agent, uri="kbs://b0/app/key/main")
            agent.kill()
