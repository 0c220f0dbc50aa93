# SPDX-License-Identifier: Apache-2.0
"""examples/kubernetes/sealed-secret.yaml and encrypted-image.yaml, and docs/image-decryption.md.

Their commands run as they are written, but for the places that belong to a machine.
"""
import contextlib
import os
import re
import shlex
import subprocess
import unittest

from support.agent import Agent
from support.ctl_runs import write
from support.image_site import ImageSite, ImageTest
from support.oci_image import OciImage
from support.processes import PATIENCE_SECONDS, run
from support.sample_site import SampleSiteTest
from support.ttrpc import TtrpcClient, TtrpcError, field, fields

try:
    import yaml
except ImportError as error:
    raise unittest.SkipTest(f"python3-yaml is not installed: {error}")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNSEAL = "api.SealedSecretService/UnsealSecret"
PASSWORD = b"the sealed password is 58-of-the-examples"
APPLICATION = b"an application that nobody may read\n"


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as file:
        return file.read()


def commented(text):
    """The blocks of a file's comments: lines that are indented by four more."""
    blocks = re.findall(r"(?:^#     .*\n)+", text, re.MULTILINE)
    return [re.sub(r"^#     ", "", block, flags=re.MULTILINE) for block in blocks]


def fenced(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def program(path, text):
    write(path, text)
    os.chmod(path, 0o755)


class SealedSecretTest(SampleSiteTest):
    def setUp(self):
        super().setUp()
        text = read("examples/kubernetes/sealed-secret.yaml")
        self.commands, signers, self.jwk = commented(text)
        self.secret, self.pod = yaml.safe_load_all(text)
        self.sealed = self.secret["stringData"]["password"]
        self.broker.put("default/db/password", PASSWORD)
        self.agent = self.site.agent(signers + self.site.tables())

    def unseal(self, sealed):
        """As kata-agent asks, for what a container finds in its environment or in a file."""
        with TtrpcClient(self.agent.socket) as client:
            return dict(fields(client.raw(UNSEAL, field(1, sealed)))).get(1, [b""])[0]

    def test_the_secret_of_the_example_opens_under_the_key_of_the_example(self):
        with self.assertRaises(TtrpcError):  # the control: without the signer's key
            self.unseal(self.sealed)
        self.broker.put("keys/signer/1", self.jwk.encode())
        self.assertEqual(self.unseal(self.sealed), PASSWORD)

    def test_the_commands_of_the_example_make_such_a_secret(self):
        folder = os.path.join(self.site.folder, "seal")
        write(f"{folder}/seal.py", read("examples/kubernetes/seal.py"))
        sealed = run(["sh", "-ec", self.commands.replace("python3", "/usr/bin/python3")],
                     cwd=folder).decode().strip()
        with open(f"{folder}/signer.jwk", "rb") as file:
            self.broker.put("keys/signer/1", file.read())
        self.assertEqual(self.unseal(sealed), PASSWORD)
        with self.assertRaises(TtrpcError):  # the control: another key signed the example's
            self.unseal(self.sealed)

    def test_the_pod_takes_what_the_secret_has(self):
        name, keys = self.secret["metadata"]["name"], self.secret["stringData"]
        container, = self.pod["spec"]["containers"]
        variable, = container["env"]
        source = variable["valueFrom"]["secretKeyRef"]
        self.assertEqual(source["name"], name)
        self.assertIn(source["key"], keys)
        volume, = self.pod["spec"]["volumes"]
        self.assertEqual(volume["secret"]["secretName"], name)
        self.assertEqual(container["volumeMounts"][0]["name"], volume["name"])

    def test_the_pod_does_not_start_with_a_text_that_stayed_sealed(self):
        container, = self.pod["spec"]["containers"]
        folder = os.path.join(self.site.folder, "bin")
        program(f"{folder}/application", "#!/bin/sh\nexit 42\n")
        for value, code in ((self.sealed, 1), ("opened", 42)):
            done = subprocess.run(container["command"], check=False, timeout=PATIENCE_SECONDS, env={
                "PATH": f"{folder}:{os.environ['PATH']}", "DB_PASSWORD": value})
            self.assertEqual(done.returncode, code)


class EncryptedImageTest(ImageTest):
    @classmethod
    def setUpClass(cls):
        cls.images = ImageSite(cls.enterClassContext(contextlib.ExitStack()))
        cls.guide = read("docs/image-decryption.md")
        cls.encrypt, cls.decrypt = fenced(cls.guide, "sh")
        cls.example = read("examples/kubernetes/encrypted-image.yaml")

    def setUp(self):
        self.folder = self.images.new_folder()
        os.makedirs(f"{self.folder}/keys")
        skopeo = shlex.join(self.images.skopeo.argv("--insecure-policy"))
        program(f"{self.folder}/bin/skopeo", f'#!/bin/sh\nexec {skopeo} "$@"\n')
        self.original = OciImage.make(f"{self.folder}/application", APPLICATION, "1.0")
        self.images.broker.put("keys/image/1", b"k" * 32)

    def here(self, text, agent=None):
        """The text with this test's places, and the socket of the agent."""
        places = {"/etc/attestd/image-keys": f"{self.folder}/keys",
                  "/etc/ocicrypt.json": f"{self.folder}/ocicrypt.json"}
        if agent is not None:
            places["/run/attestd/attestd.sock"] = agent.socket
        for place, ours in places.items():
            text = text.replace(place, ours)
        return text

    def shell(self, script, agent=None):
        environment = {**self.images.skopeo.environment,
                       "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        return run(["sh", "-ec", self.here(script, agent)], cwd=self.folder, env=environment)

    def configure(self, agent):
        """ocicrypt's file as the example has it."""
        write(f"{self.folder}/ocicrypt.json", self.here(commented(self.example)[1], agent))

    def start_builder(self):
        """A daemon with the configuration that the guide has for the machine that builds."""
        tables, = fenced(self.guide, "toml")
        agent = Agent(self.folder, self.here(tables), name="builder")
        self.addCleanup(agent.kill)
        agent.start()
        return agent

    def assert_guest_decrypts(self):
        self.configure(self.images.guest)
        with self.assertRaisesRegex(RuntimeError, "does not decrypt with the key that it names"):
            self.shell(self.decrypt)  # the control: another key lies there
        with open(f"{self.folder}/keys/application.key", "rb") as file:
            self.images.broker.put("keys/image/1", file.read())
        self.shell(self.decrypt)
        plain = OciImage(f"{self.folder}/application-plain", "1.0")
        self.assertEqual(plain.layer(), self.original.layer())
        self.assertEqual(plain.content(), APPLICATION)

    def test_the_commands_of_the_guide_encrypt_and_decrypt(self):
        self.shell(self.encrypt, self.start_builder())
        encrypted = OciImage(f"{self.folder}/application-encrypted", "1.0")
        self.assertEqual(encrypted.packet()["kid"], "kbs:///keys/image/1")
        self.assert_guest_decrypts()

    def test_the_commands_of_the_example_make_the_image_of_its_pod(self):
        self.configure(self.start_builder())
        self.shell(commented(self.example)[0])
        container, = yaml.safe_load(self.example)["spec"]["containers"]
        image, tag = container["image"].removeprefix("registry.example.com/").split(":")
        encrypted = OciImage(f"{self.folder}/{image}", tag)
        self.assertTrue(encrypted.layer()[0]["mediaType"].endswith("+encrypted"))
        self.assert_guest_decrypts()
