# SPDX-License-Identifier: Apache-2.0
"""No secret, cookie or token is in anything that the daemon or the broker writes."""
import base64
import os
import unittest

from support.agent import Agent, broker_table, tpm_tables
from support.recorder import Recorder
from support.site import SECRET, open_site

SITE = None


def setUpModule():
    global SITE
    SITE = open_site()


def spellings(secret):
    """A secret as it could show in a text."""
    return [secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"="),
            base64.urlsafe_b64encode(secret).rstrip(b"=")]


class LogSecrecyTest(unittest.TestCase):
    def setUp(self):
        self.recorder = Recorder(SITE.broker, SITE.broker.tls)
        self.addCleanup(self.recorder.close)
        self.agent = Agent(
            SITE.folder,
            tpm_tables(SITE.tpm.tcti) + broker_table(self.recorder.url, SITE.broker.ca_file),
            name="watched")
        self.addCleanup(self.agent.kill)
        self.agent.start()

    def use(self):
        """Success and failure of every kind; returns what must not be seen and all of stderr."""
        forbidden = spellings(SECRET)
        errors = ""
        for _ in range(2):
            got = self.agent.get("app/key/main")
            self.assertEqual(got.out, SECRET, got.err)
            token = self.agent.ctl("get-token").out.strip()
            self.assertEqual(token.count(b"."), 2)
            forbidden += [token] + token.split(b".")
            for resource in ("private/key/main", "app/key/absent", "app/key"):
                errors += self.agent.get(resource).err
            SITE.broker.restart()  # the session is lost
        SITE.set_policy([])
        self.addCleanup(SITE.set_policy, ["ak.pem"])
        errors += self.agent.get("app/key/main").err
        SITE.broker.stop()
        errors += self.agent.get("app/key/main").err
        self.assertEqual(errors.count("\n"), 8, errors)
        forbidden += [cookie.encode() for cookie in self.recorder.cookies]
        return forbidden, errors

    def test_nothing_written_holds_a_secret_a_cookie_or_a_token(self):
        forbidden, errors = self.use()
        self.assertGreaterEqual(len(self.recorder.cookies), 3)
        self.agent.process.stop()
        written = {"attestd": self.agent.log(), "broker": SITE.broker.log(), "attestctl": errors}
        self.assertIn("request failed", written["attestd"])
        self.assertIn("refused evidence", written["broker"])
        for program, text in written.items():
            for piece in forbidden:
                self.assertNotIn(piece, text.encode(), f"{program} wrote a secret")

    def test_the_search_finds_what_is_there(self):
        forbidden, _ = self.use()
        with open(os.path.join(SITE.folder, "resources/app/key/main"), "rb") as file:
            self.assertIn(forbidden[0], file.read())
