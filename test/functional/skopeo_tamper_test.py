# SPDX-License-Identifier: Apache-2.0
"""What skopeo hands to UnWrapKey was changed on the way: each member of the packet, each layer."""
import base64
import contextlib
import json
import unittest

from support.image_site import KEY, OTHER_KEY, ImageSite, ImageTest
from support.oci_image import PUBLIC_OPTIONS, WRAPPED_KEY

MALFORMED = "the sealed secret or key packet is malformed"
NO_KEY_FITS = ("InvalidArgument", "does not decrypt with the key that it names", "does not decrypt")


def setUpModule():
    ImageTest.images = ImageSite(unittest.enterModuleContext(contextlib.ExitStack()))


def malformed(cause):
    return "InvalidArgument", MALFORMED, cause


def text(data):
    return base64.b64encode(data).decode()


def flipped(member):
    data = bytearray(base64.b64decode(member))
    data[0] ^= 1
    return text(data)


def changes(packet):
    """Members of a packet of A256GCM, changed, with the error of each."""
    wrapped, iv = (base64.b64decode(packet[name]) for name in ("wrapped_data", "iv"))
    yield {"wrapped_data": flipped(packet["wrapped_data"])}, NO_KEY_FITS
    yield {"wrapped_data": text(wrapped[:-1])}, NO_KEY_FITS
    yield {"wrapped_data": text(wrapped[:15])}, malformed("annotation packet")
    yield {"wrapped_data": "*"}, malformed("wrapped_data")
    yield {"iv": flipped(packet["iv"])}, NO_KEY_FITS
    yield {"iv": text(iv[:11])}, malformed("annotation packet")
    yield {"kid": OTHER_KEY}, NO_KEY_FITS
    yield {"kid": "kbs:///keys/image"}, ("InvalidArgument", "the resource URI is malformed", "kid")
    yield {"wrap_type": "A256CTR"}, malformed("annotation packet")
    # The same key stream without the tag that protects it: the first counter of GCM is IV || 2.
    yield {"wrap_type": "A256CTR", "iv": text(iv + b"\0\0\0\2")}, NO_KEY_FITS
    yield {"wrap_type": "none"}, malformed("another cipher")
    yield {"version": "0.2.0"}, malformed("expected version 0.1.0")
    yield {"provider": "aliyun"}, malformed("expected the provider")


class TamperedTest(ImageTest):
    def repacked(self, image, packet):
        return image.with_packet(self.images.new_folder(), packet)

    def test_each_member_of_the_packet_is_looked_at(self):
        image = self.encrypted()
        packet = image.packet()
        for change, error in changes(packet):
            with self.subTest(change):
                self.assert_refused(self.repacked(image, {**packet, **change}), error)
        self.assert_decrypts(self.repacked(image, packet))  # the control

    def test_a_member_that_is_missing_is_named(self):
        image = self.encrypted()
        for name in ("kid", "wrapped_data", "iv", "wrap_type"):
            with self.subTest(name):
                packet = {key: value for key, value in image.packet().items() if key != name}
                self.assert_refused(self.repacked(image, packet), malformed(name))
        self.assert_refused(self.repacked(image, b"no json"), malformed("annotation packet"))

    def test_members_that_say_nothing_may_change(self):
        image = self.encrypted()
        packet = {**image.packet(), "annotations": {"a": "b"}, "provider_settings": {"c": 1}}
        self.assert_decrypts(self.repacked(image, packet))
        for name in ("version", "provider", "annotations", "provider_settings"):
            del packet[name]
        self.assert_decrypts(self.repacked(image, packet))  # version 1

    def test_a_changed_packet_of_a256ctr_is_refused(self):
        image = self.encrypted(f"keyid={KEY}", "algorithm=A256CTR")
        packet = image.packet()
        for name in ("wrapped_data", "iv"):
            with self.subTest(name):
                changed = {**packet, name: flipped(packet[name])}
                self.assert_refused(self.repacked(image, changed), NO_KEY_FITS)

    def test_a_layer_that_does_not_belong_to_its_packet_is_not_taken(self):
        image = self.encrypted()
        data = bytearray(image.layer()[1])
        data[20] ^= 1
        options = json.loads(base64.b64decode(image.layer()[0]["annotations"][PUBLIC_OPTIONS]))
        options["hmac"] = flipped(options["hmac"])
        for annotations, layer in (({}, bytes(data)),
                                   ({PUBLIC_OPTIONS: text(json.dumps(options).encode())}, None),
                                   ({WRAPPED_KEY: self.encrypted().annotation()}, None)):
            with self.subTest(list(annotations)):
                outcome, _ = self.images.decrypt(
                    image.changed(self.images.new_folder(), annotations, layer))
                self.assertNotEqual(outcome.returncode, 0)
        self.assert_decrypts(image.changed(self.images.new_folder(), {}))  # the control
