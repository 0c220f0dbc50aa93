# SPDX-License-Identifier: Apache-2.0
"""An image in an OCI layout: made on the spot, and looked into without skopeo."""
import base64
import hashlib
import json
import os
import shutil
import unittest

from support.processes import run

WRAPPED_KEY = "org.opencontainers.image.enc.keys.provider.attestation-agent"
# Cipher, and the layer's HMAC.
PUBLIC_OPTIONS = "org.opencontainers.image.enc.pubopts"


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class OciImage:
    """The image `tag` of the layout in `folder`; of one layer."""

    def __init__(self, folder, tag="latest"):
        self.folder, self.tag = folder, tag

    @classmethod
    def make(cls, folder, content, tag="latest"):
        """A new image whose one layer has the file /content."""
        if shutil.which("umoci") is None:
            raise unittest.SkipTest("umoci is not installed (scripts/packages-test.txt)")
        image, bundle = cls(folder, tag), f"{folder}.bundle"
        run(["umoci", "init", "--layout", folder])
        run(["umoci", "new", "--image", f"{folder}:{image.tag}"])
        run(["umoci", "unpack", "--rootless", "--image", f"{folder}:{image.tag}", bundle])
        with open(f"{bundle}/rootfs/content", "wb") as file:
            file.write(content)
        run(["umoci", "repack", "--image", f"{folder}:{image.tag}", bundle])
        return image

    @property
    def name(self):
        """As skopeo names it."""
        return f"oci:{self.folder}:{self.tag}"

    def content(self):
        """The file /content, once the image is decrypted."""
        bundle = f"{self.folder}.{self.tag}.unpacked"
        run(["umoci", "unpack", "--rootless", "--image", f"{self.folder}:{self.tag}", bundle])
        with open(f"{bundle}/rootfs/content", "rb") as file:
            return file.read()

    def _path(self, digest):
        return os.path.join(self.folder, "blobs", *digest.split(":"))

    def _read(self, digest):
        with open(self._path(digest), "rb") as blob:
            data = blob.read()
        if _digest(data) != digest:
            raise AssertionError(f"{digest} is another blob")
        return data

    def _write(self, data):
        with open(self._path(_digest(data)), "wb") as blob:
            blob.write(data)
        return {"digest": _digest(data), "size": len(data)}

    def _entry(self):
        with open(f"{self.folder}/index.json", encoding="utf-8") as file:
            index = json.load(file)
        entry, = [one for one in index["manifests"] if one["annotations"][
            "org.opencontainers.image.ref.name"] == self.tag]
        return index, entry

    def layer(self):
        """What the manifest says of the layer, and its bytes."""
        layer, = json.loads(self._read(self._entry()[1]["digest"]))["layers"]
        return layer, self._read(layer["digest"])

    def annotation(self):
        """The layer's wrapped key, as it stands in the manifest."""
        return self.layer()[0]["annotations"][WRAPPED_KEY]

    def packet(self):
        return json.loads(base64.b64decode(self.annotation()))

    def changed(self, folder, annotations, data=None):
        """A copy with these annotations of the layer, and with another layer; all digests fit."""
        shutil.copytree(self.folder, folder)
        copy = OciImage(folder, self.tag)
        index, entry = copy._entry()
        manifest = json.loads(copy._read(entry["digest"]))
        manifest["layers"][0]["annotations"].update(annotations)
        if data is not None:
            manifest["layers"][0].update(copy._write(data))
        entry.update(copy._write(json.dumps(manifest).encode()))
        with open(f"{folder}/index.json", "w", encoding="utf-8") as file:
            json.dump(index, file)
        return copy

    def with_packet(self, folder, packet):
        """A copy with another annotation."""
        text = packet if isinstance(packet, bytes) else json.dumps(packet).encode()
        return self.changed(folder, {WRAPPED_KEY: base64.b64encode(text).decode()})
