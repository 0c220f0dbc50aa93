# SPDX-License-Identifier: Apache-2.0
"""Tokens for programs that use them themselves: with their key, and of an attestation service."""
import base64
import contextlib
import http.client
import json
import os
import ssl
import unittest

from support.attestation_service import AttestationService
from support.certificates import issue_server
from support.rpc import AGENT, failure, grpc
from support.sample_site import SECRET, SampleSite
from support.ttrpc import TtrpcClient, field

try:
    from cryptography.hazmat.primitives import hashes, keywrap, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
except ImportError as error:
    raise unittest.SkipTest(f"python3-cryptography is not installed: {error}")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(decode(text), "big")


def content_key(key, header, encrypted_key):
    """The key of the content, unwrapped as RFC 7518 has it (4.3, 4.6)."""
    if header["alg"] == "RSA-OAEP-256":
        return key.decrypt(encrypted_key, padding.OAEP(
            mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None))
    peer = ec.EllipticCurvePublicNumbers(
        number(header["epk"]["x"]), number(header["epk"]["y"]), key.curve).public_key()
    name = b"ECDH-ES+A256KW"
    info = len(name).to_bytes(4, "big") + name + bytes(8) + (256).to_bytes(4, "big")
    wrapping = ConcatKDFHash(hashes.SHA256(), 32, info).derive(key.exchange(ec.ECDH(), peer))
    return keywrap.aes_key_unwrap(wrapping, encrypted_key)


def open_jwe(key, jwe):
    header = json.loads(decode(jwe["protected"]))
    cipher = AESGCM(content_key(key, header, decode(jwe["encrypted_key"])))
    return cipher.decrypt(decode(jwe["iv"]), decode(jwe["ciphertext"]) + decode(jwe["tag"]),
                          jwe["protected"].encode())


class ExportedKeyTest(unittest.TestCase):
    def setUp(self):
        self.site = SampleSite(self.enterContext(contextlib.ExitStack()))

    def tokens(self, extra=""):
        """The reply, and the daemon."""
        agent = self.site.agent(self.site.tables("export_tee_key = true\n" + extra))
        with agent.client() as client:
            return json.loads(client.get_token()), agent

    def fetch(self, token):
        """A secret, as a program gets it that has nothing but the token: encrypted."""
        broker = self.site.broker
        context = ssl.create_default_context(cafile=broker.ca_file)
        connection = http.client.HTTPSConnection("127.0.0.1", broker.port, context=context)
        self.addCleanup(connection.close)
        connection.request("GET", "/kbs/v0/resource/app/key/main",
                           headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        return json.loads(answer.read())

    def test_a_program_gets_its_secrets_with_token_and_key(self):
        for kind, begins in (("P-256", "-----BEGIN PRIVATE KEY-----\n"),
                             ("P-521", "-----BEGIN PRIVATE KEY-----\n"),
                             ("RSA-2048", "-----BEGIN RSA PRIVATE KEY-----\n")):
            with self.subTest(kind):
                reply, agent = self.tokens(f'tee_key = "{kind}"\n')
                self.assertEqual(sorted(reply), ["tee_keypair", "token"])
                self.assertTrue(reply["tee_keypair"].startswith(begins))
                key = serialization.load_pem_private_key(reply["tee_keypair"].encode(), None)
                self.assertEqual(open_jwe(key, self.fetch(reply["token"])), SECRET)
                agent.kill()

    def test_the_key_of_the_session_stays(self):
        reply, agent = self.tokens()
        with agent.client() as client:
            self.assertEqual(client.get_resource("kbs:///app/key/main"), SECRET)
            self.assertEqual(json.loads(client.get_token()), reply)
        self.assertEqual(self.site.broker.log().count("/kbs/v0/attest 200"), 2)

    def test_both_doors_give_it_and_attestctl_does_not_print_it(self):
        reply, agent = self.tokens()
        with TtrpcClient(agent.socket) as client:
            self.assertIn(b"tee_keypair", client.raw(f"{AGENT}/GetToken", field(1, "kbs")))
        self.assertEqual(agent.ctl("get-token").out.decode(), reply["token"] + "\n")
        self.assertEqual(json.loads(agent.ctl("get-token", "--json").out),
                         {"token": reply["token"]})
        self.assertNotIn("PRIVATE", agent.log())
        self.assertIn("private keys of tokens", agent.log())


class CocoAsTest(unittest.TestCase):
    def setUp(self):
        self.site = SampleSite(self.enterContext(contextlib.ExitStack()))
        self.ca_file, *tls = issue_server(self.site.folder)
        self.service = AttestationService(tls)
        self.addCleanup(self.service.close)

    def agent(self, extra=""):
        return self.site.agent(self.site.tables() + f'[coco_as]\nurl = "{self.service.url}/"\n'
                               f'ca_file = "{self.ca_file}"\nallow_loopback = true\n{extra}')

    def token(self, agent):
        with agent.client() as client:
            return client.get_token("coco_as").decode()

    def claims(self, token):
        return json.loads(decode(token.split(".")[1]))

    def test_the_token_is_the_services_own_and_names_its_challenge(self):
        agent = self.agent('policies = ["strict"]\n')
        one, two = self.claims(self.token(agent)), self.claims(self.token(agent))
        self.assertEqual(one["policies"], ["strict"])
        self.assertNotEqual(one["runtime_data"]["nonce"], two["runtime_data"]["nonce"])
        with agent.client() as client:  # the broker's are what they were
            self.assertEqual(list(json.loads(client.get_token())), ["token"])

    def test_a_service_without_challenges_gets_a_nonce_of_ours(self):
        self.service.challenges = False
        agent = self.agent()
        nonces = {self.claims(self.token(agent))["runtime_data"]["nonce"] for _ in range(3)}
        self.assertEqual([len(base64.b64decode(nonce)) for nonce in nonces], [32] * 3)

    def test_what_the_service_refuses_is_unauthenticated(self):
        self.service.forgets = True
        agent = self.agent()
        with agent.client() as client:
            code, _ = failure(client.get_token, "coco_as")
        self.assertEqual(code, grpc.StatusCode.UNAUTHENTICATED)
        self.assertNotIn("nonce", agent.log())  # its body

    def test_a_service_that_is_away_or_not_believed_is_unavailable(self):
        folder = os.path.join(self.site.folder, "other")
        os.mkdir(folder)
        other, *_ = issue_server(folder)
        agent = self.site.agent(self.site.tables() + f'[coco_as]\nurl = "{self.service.url}"\n'
                                f'ca_file = "{other}"\nallow_loopback = true\n')
        with agent.client() as client:
            code, _ = failure(client.get_token, "coco_as")
        self.assertEqual(code, grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.service.requests, [])

    def test_without_a_service_the_error_says_what_to_set(self):
        agent = self.site.agent()
        with agent.client() as client:
            code, text = failure(client.get_token, "coco_as")
        self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn("[coco_as]", text)


if __name__ == "__main__":
    unittest.main()
