# SPDX-License-Identifier: Apache-2.0
"""Protocol versions, passports between brokers, and plugins."""
import json
import os

from support.agent import broker_table
from support.processes import run
from support.rpc import error_info
from support.sample_site import SECRET, URI, SampleSiteTest


class VersionTest(SampleSiteTest):
    def speak(self, version):
        self.broker.protocol = version
        self.broker.restart()

    def test_version_020_is_followed_and_remembered(self):
        self.speak("0.2.0")
        agent = self.site.agent()
        count = self.broker.counted()
        self.assertEqual(self.get(agent), SECRET)
        self.assertEqual(count(), (2, 1, 1))
        self.broker.restart()  # the session is lost, what was learnt is not
        count = self.broker.counted()
        self.assertEqual(self.get(agent), SECRET)
        self.assertEqual(count(), (1, 1, 2))

    def test_a_broker_that_is_upgraded_is_followed_back(self):
        self.speak("0.2.0")
        agent = self.site.agent()
        self.assertEqual(self.get(agent), SECRET)
        self.speak("0.4.0")
        self.assertEqual(self.get(agent), SECRET)

    def test_version_011_needs_to_be_listed(self):
        self.speak("0.1.1")
        agent = self.site.agent()
        with agent.client() as client:
            info = error_info(client.get_resource, URI)
        self.assertEqual(info.reason, "VERSION_MISMATCH")
        listed = self.site.agent(
            self.site.tables('protocol_versions = ["0.4.0", "0.1.1"]\n'), name="listed")
        self.assertEqual(self.get(listed), SECRET)


class PassportTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        key = os.path.join(self.site.folder, "token.key")
        run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key])
        self.broker.token_key = key
        self.broker.restart()
        self.other = self.site.add_broker("other", secret=b"of the other", token_key=key)

    def tables(self, extra=""):
        return (self.site.tables() +
                broker_table(self.other.url, self.other.ca_file, name="other") + extra)

    def test_a_bearer_sends_its_own_token(self):
        agent = self.site.agent(self.site.tables('credential = "bearer"\n'))
        self.assertEqual(self.get(agent), SECRET)

    def test_a_passport_of_one_broker_opens_another_that_is_never_attested_to(self):
        agent = self.site.agent(self.tables('credential = "bearer"\npassport_from = "main"\n'))
        mine, others = self.broker.counted(), self.other.counted()
        self.assertEqual(self.get(agent, "kbs://other/app/key/main"), b"of the other")
        self.assertEqual((mine(), others()), ((1, 1, 0), (0, 0, 1)))

    def test_a_broker_that_does_not_trust_the_issuer_refuses_the_passport(self):
        self.other.token_key = None
        self.other.restart()
        agent = self.site.agent(self.tables('credential = "bearer"\npassport_from = "main"\n'))
        with agent.client() as client:
            info = error_info(client.get_resource, "kbs://other/app/key/main")
        self.assertEqual(info.reason, "EVIDENCE_REFUSED")


class PluginTest(SampleSiteTest):
    def test_plugins_get_path_and_query_encrypted_or_not(self):
        agent = self.site.agent()
        for plugin in ("echo", "clear"):
            reply = json.loads(self.get(agent, f"kbs+{plugin}:///a/b?x=1&y=2"))
            self.assertEqual(reply["path"], "a/b", plugin)
            self.assertIn("x=1", reply["query"], plugin)

    def test_a_plugin_that_is_not_there_is_not_found(self):
        agent = self.site.agent()
        with agent.client() as client:
            info = error_info(client.get_resource, "kbs+none:///a/b")
        self.assertEqual(info.reason, "RESOURCE_NOT_FOUND")
