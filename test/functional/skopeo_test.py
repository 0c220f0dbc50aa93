# SPDX-License-Identifier: Apache-2.0
"""A real skopeo encrypts an image through WrapKey and decrypts it through UnWrapKey."""
import base64
import contextlib
import json
import os
import tempfile
import unittest

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from support import skopeo
from support.agent import EVERYTHING
from support.ctl_runs import write
from support.image_site import KEK, KEY, OTHER_KEK, OTHER_KEY, ImageSite, ImageTest
from support.processes import free_ports
from support.site import PCR, Site

MALFORMED = "the sealed secret or key packet is malformed"
UNFIT = [  # a resource, and the error of a layer's key under it
    ("private/image/1", ("PermissionDenied", "policy denied", "denies the resource")),
    ("keys/image/none", ("NotFound", "no such resource", "no such resource")),
    ("keys/image/short", ("FailedPrecondition", "is no key for this", "kbs:///keys/image/short")),
]


def setUpModule():
    ImageTest.images = ImageSite(unittest.enterModuleContext(contextlib.ExitStack()))


class RoundTripTest(ImageTest):
    def test_what_is_encrypted_decrypts_byte_for_byte(self):
        count = self.images.broker.counted()
        image = self.encrypted()
        layer, data = image.layer()
        self.assertTrue(layer["mediaType"].endswith("+encrypted"), layer)
        self.assertNotEqual(data, self.images.original.layer()[1])
        self.assert_decrypts(image)
        self.assertGreaterEqual(count()[2], 2)  # both daemons asked for the key

    def test_the_key_comes_from_a_broker_that_verified_this_machine(self):
        image = self.encrypted()
        broker = self.images.broker
        broker.restart()
        count = broker.counted()
        self.assert_decrypts(image)
        self.assertEqual(count()[:2], (1, 1))
        self.assertEqual(broker.requests()[-1], ("GET", "/kbs/v0/resource/keys/image/1", 200))

    def test_the_packet_says_key_and_cipher(self):
        for name, iv in (("A256GCM", 12), ("A256CTR", 16)):
            with self.subTest(name):
                image = self.encrypted(f"keyid={OTHER_KEY}", f"algorithm={name}")
                packet = image.packet()
                self.assertEqual((packet["kid"], packet["wrap_type"], packet["provider"]),
                                 (OTHER_KEY, name, "kbs"))
                self.assertEqual(len(base64.b64decode(packet["iv"])), iv)
                self.assertNotIn(b"symkey", base64.b64decode(packet["wrapped_data"]))
                self.assert_decrypts(image)

    def test_the_packet_hides_the_layers_key_under_the_brokers(self):
        image = self.encrypted()  # A256GCM without a word
        self.assert_decrypts(image)
        packet = image.packet()
        options = json.loads(AESGCM(KEK).decrypt(base64.b64decode(packet["iv"]),
                                                 base64.b64decode(packet["wrapped_data"]), None))
        self.assertEqual(options["digest"], self.images.original.layer()[0]["digest"])
        self.assertEqual(len(base64.b64decode(options["symkey"])), 32)
        for agent in (self.images.builder, self.images.guest):
            self.assertNotIn(options["symkey"], agent.log())

    def test_a_builder_with_the_key_in_a_file_asks_no_broker(self):
        count = self.images.broker.counted()
        image = self.encrypted(f"keyid={KEY}", "keypath=image.key")
        self.assertEqual(count(), (0, 0, 0))
        self.assert_decrypts(image)

    def test_a_listener_on_loopback_serves_skopeo_too(self):
        provider = f"127.0.0.1:{free_ports()}"
        self.images.wrapping_agent(self.addCleanup, "tcp",
                                   f'[[listener]]\naddress = "{provider}"\n{EVERYTHING}')
        outcome, image = self.images.encrypt(f"keyid={KEY}", provider=provider)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        outcome, plain = self.images.decrypt(image, provider)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertEqual(plain.layer(), self.images.original.layer())


class RefusedTest(ImageTest):
    def test_a_daemon_without_the_configurations_word_wraps_nothing(self):
        outcome, _ = self.images.encrypt(f"keyid={KEY}",
                                         provider=f"unix://{self.images.guest.socket}")
        self.assertNotEqual(outcome.returncode, 0)
        self.assertIn("code = Unimplemented", outcome.stderr)

    def test_wrong_parameters_wrap_nothing(self):
        for parameters, cause in (
                ([f"keyid={KEY}", "algorithm=A128GCM"], "expected A256GCM or A256CTR"),
                (["algorithm=A256GCM"], "found no keyid"),
                ([f"keyid={KEY}", f"keyid={KEY}"], "is there twice"),
                ([f"keyid={KEY}", "sample=true"], "found another")):
            with self.subTest(parameters):
                self.assert_not_wrapped(*parameters,
                                        error=("InvalidArgument", MALFORMED, cause))
        self.assert_not_wrapped(f"keyid={KEY}", "keypath=../image.key",
                                error=("FailedPrecondition", "is no key for this", "wrap key"))

    def test_a_key_that_is_denied_missing_or_unfit_wraps_and_unwraps_nothing(self):
        image = self.encrypted()
        for name, error in UNFIT:
            with self.subTest(name):
                kid = f"kbs:///{name}"
                self.assert_not_wrapped(f"keyid={kid}", error=error)
                packet = {**image.packet(), "kid": kid}
                self.assert_refused(image.with_packet(self.images.new_folder(), packet), error)

    def test_another_key_than_the_layers_decrypts_nothing(self):
        image = self.encrypted()
        put = self.images.broker.put
        self.addCleanup(put, "keys/image/1", KEK)
        put("keys/image/1", OTHER_KEK)
        self.assert_refused(image, ("InvalidArgument", "does not decrypt with the key",
                                    "does not decrypt"))
        put("keys/image/1", KEK)
        self.assert_decrypts(image)

    def test_a_machine_in_another_state_gets_no_key(self):
        site = Site(self.enterContext(contextlib.ExitStack()))  # its TPM changes for good
        site.broker.put("keys/image/1", KEK)
        image = self.encrypted()
        self.assert_decrypts(image, site.agent)
        site.tpm.extend(PCR)
        site.broker.restart()
        self.assert_refused(image, ("Unauthenticated", "the broker refused the evidence", KEY),
                            site.agent)


class SourceTest(unittest.TestCase):
    def test_packages_that_debian_did_not_sign_are_refused(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        write(f"{folder}/mirror/dists/{skopeo.SUITE}/Release",
              f"Suite: {skopeo.SUITE}\nCodename: {skopeo.SUITE}\nComponents: main\n"
              "Architectures: all amd64\nDate: Sat, 01 Jan 2022 00:00:00 UTC\n")
        with self.assertRaisesRegex(RuntimeError, "did not sign"):
            skopeo.download(f"file:{folder}/mirror", os.path.join(folder, "new"))
