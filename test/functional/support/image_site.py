# SPDX-License-Identifier: Apache-2.0
"""An image, skopeo, and keys at a broker that releases them to a machine with a TPM."""
import itertools
import os
import tempfile
import unittest

from support.agent import Agent, broker_table, tpm_tables
from support.oci_image import OciImage
from support.processes import log_from_here, wait_for_log
from support.site import Site
from support.skopeo import Skopeo

KEK, OTHER_KEK = os.urandom(32), os.urandom(32)
KEY, OTHER_KEY = "kbs:///keys/image/1", "kbs:///keys/image/2"
CONTENT = b"what is in the layer" * 1000


class ImageSite:
    """`builder` wraps keys; `guest`, which unwraps them, does not."""

    def __init__(self, stack):
        # Before the rest: where there is no skopeo nothing else is tried.
        self.skopeo = Skopeo(stack.enter_context(tempfile.TemporaryDirectory()))
        self.site = Site(stack)
        self.broker, self.guest = self.site.broker, self.site.agent
        self._names = itertools.count()
        self.original = OciImage.make(self.new_folder(), CONTENT)
        for name, key in (("keys/image/1", KEK), ("keys/image/2", OTHER_KEK),
                          ("keys/image/short", b"short"), ("private/image/1", KEK)):
            self.broker.put(name, key)
        os.mkdir(f"{self.site.folder}/keys")
        with open(f"{self.site.folder}/keys/image.key", "wb") as file:
            file.write(KEK)
        self.builder = self.wrapping_agent(stack.callback, "builder")

    def wrapping_agent(self, at_end, name, listener=""):
        """A daemon with WrapKey and a folder of keys; `at_end` is told how to end it."""
        agent = Agent(self.site.folder,
                      f'[key_provider]\nwrap = true\nkey_folder = "{self.site.folder}/keys"\n' +
                      tpm_tables(self.site.tpm.tcti) +
                      broker_table(self.broker.url, self.broker.ca_file) + listener, name=name)
        at_end(agent.kill)
        agent.start()
        return agent

    def new_folder(self):
        return os.path.join(self.site.folder, f"image-{next(self._names)}")

    def _copy(self, source, option, parameters, provider):
        target = OciImage(self.new_folder())
        self.skopeo.ask(grpc=provider)
        return self.skopeo.run("copy", "--insecure-policy", option,
                               f"provider:attestation-agent:{parameters}",
                               source.name, target.name), target

    def encrypt(self, *parameters, provider=None):
        """skopeo's outcome, and the image."""
        return self._copy(self.original, "--encryption-key", "::".join(parameters),
                          provider or f"unix://{self.builder.socket}")

    def decrypt(self, image, provider=None):
        return self._copy(image, "--decryption-key", "none",
                          provider or f"unix://{self.guest.socket}")


class ImageTest(unittest.TestCase):
    """Its module sets `images`, an ImageSite."""

    images = None

    def encrypted(self, *parameters):
        outcome, image = self.images.encrypt(*(parameters or [f"keyid={KEY}"]))
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return image

    def assert_decrypts(self, image, agent=None):
        outcome, plain = self.images.decrypt(image, agent and f"unix://{agent.socket}")
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertEqual(plain.layer(), self.images.original.layer())
        self.assertEqual(plain.content(), CONTENT)

    def assert_fails(self, outcome, error, agent, log):
        """It fails with code and words of ours in skopeo's output, and the cause in our log.

        `error`: (code, what skopeo says, what our log says).
        """
        self.assertNotEqual(outcome.returncode, 0)
        self.assertIn(f"code = {error[0]}", outcome.stderr)
        self.assertIn(error[1], outcome.stderr)
        wait_for_log(log, error[2])
        for text in (outcome.stderr, agent.log()):
            self.assertNotIn("symkey", text)

    def assert_refused(self, image, error, agent=None):
        agent = agent or self.images.guest
        log = log_from_here(agent)
        outcome, plain = self.images.decrypt(image, f"unix://{agent.socket}")
        self.assert_fails(outcome, error, agent, log)
        self.assertFalse(os.path.exists(f"{plain.folder}/index.json"))

    def assert_not_wrapped(self, *parameters, error):
        log = log_from_here(self.images.builder)
        outcome, _ = self.images.encrypt(*parameters)
        self.assert_fails(outcome, error, self.images.builder, log)
