# SPDX-License-Identifier: Apache-2.0
"""The services that workloads were written against, seen by a client that is not ours."""
import base64
import json
import unittest

from support.rpc import AGENT, RESOURCE, SERVING, Client, failure, grpc, health_pb
from support.site import CLEAR_PCR, PCR, open_site

SITE = None


def setUpModule():
    global SITE
    SITE = open_site()


def decode_jwt_part(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class AttestationServiceTest(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(SITE.agent.socket))

    def test_the_tee_type_is_tpm(self):
        self.assertEqual(self.client.get_tee_type(), "tpm")
        self.assertEqual(SITE.agent.ctl("tee").out, b"tpm\n")

    def test_there_are_no_additional_tees(self):
        self.assertEqual(self.client.get_additional_tees(), [])

    def test_evidence_has_the_shape_that_trustees_tpm_verifier_reads(self):
        evidence = json.loads(self.client.get_evidence(b"\x42" * 32))
        self.assertEqual(sorted(evidence), ["ak_public", "tpm_quote"])
        self.assertEqual(sorted(evidence["tpm_quote"]), ["message", "pcrs", "signature"])
        self.assertEqual(len(evidence["tpm_quote"]["pcrs"]), 24)
        for pcr in evidence["tpm_quote"]["pcrs"]:
            self.assertRegex(pcr, "^[0-9a-f]{64}$")
        self.assertEqual(evidence["tpm_quote"]["pcrs"][PCR], CLEAR_PCR)
        # DER: a SEQUENCE of 290 bytes, as every SubjectPublicKeyInfo of RSA-2048.
        self.assertTrue(base64.b64decode(evidence["ak_public"]).startswith(b"\x30\x82\x01\x22"))

    def test_evidence_is_bound_to_the_runtime_data(self):
        for size in (0, 1, 31, 32):
            with self.subTest(size):
                data = bytes(range(1, size + 1))
                quote = json.loads(self.client.get_evidence(data))["tpm_quote"]
                message = base64.b64decode(quote["message"], validate=True)
                self.assertTrue(message.startswith(b"\xffTCG\x80\x18"), message[:6])
                self.assertIn(b"\x00\x20" + data.ljust(32, b"\x00"), message)

    def test_more_runtime_data_than_a_tpm_carries_is_invalid(self):
        for size in (33, 64, 65, 1000):
            with self.subTest(size):
                code, text = failure(self.client.get_evidence, b"\x42" * size)
                self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
                self.assertIn("runtime data", text)

    def test_the_token_is_a_jwt_and_no_private_key_comes_with_it(self):
        reply = json.loads(self.client.get_token())
        self.assertEqual(list(reply), ["token"])
        header, claims, signature = reply["token"].split(".")
        self.assertTrue(signature)
        public = json.dumps([decode_jwt_part(header), decode_jwt_part(claims)])
        self.assertIn('"tee-pubkey"', public)
        # "d" is the private part of an EC key (RFC 7518, 6.2.2).
        for private in ('"d"', "tee_keypair", "tee-keypair", "PRIVATE"):
            self.assertNotIn(private, public)
            self.assertNotIn(private.encode(), self.client.get_token())

    def test_attestctl_prints_the_same_token(self):
        token = json.loads(self.client.get_token())["token"]
        self.assertEqual(SITE.agent.ctl("get-token").out.decode(), token + "\n")

    def test_other_token_types_are_invalid(self):
        for token_type in ("", "coco_as_", "KBS"):
            with self.subTest(token_type):
                code, text = failure(self.client.get_token, token_type)
                self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
                self.assertIn("kbs", text)


class HealthTest(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(SITE.agent.socket))

    def test_each_service_has_its_health(self):
        for service in ("", AGENT, RESOURCE):
            with self.subTest(service):
                self.assertEqual(self.client.health(service), SERVING)

    def test_the_health_of_an_unknown_service_is_not_found(self):
        code, _ = failure(self.client.health, "api.Nothing")
        self.assertEqual(code, grpc.StatusCode.NOT_FOUND)

    def test_health_can_be_watched(self):
        with grpc.insecure_channel(f"unix:{SITE.agent.socket}") as channel:
            watch = channel.unary_stream(
                "/grpc.health.v1.Health/Watch",
                request_serializer=health_pb.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb.HealthCheckResponse.FromString)
            stream = watch(health_pb.HealthCheckRequest(service=RESOURCE), timeout=30)
            self.assertEqual(next(stream).status, SERVING)
            stream.cancel()

    def test_the_status_names_version_tee_and_brokers(self):
        status = self.client.status()
        self.assertEqual((status.tee, status.ready, status.sample), ("tpm", True, False))
        self.assertEqual([(b.name, b.url, b.allow_http) for b in status.brokers],
                         [("main", SITE.broker.url, False)])
        shown = json.loads(SITE.agent.ctl("status", "--json").out)
        self.assertEqual((shown["version"], shown["tee"]), (status.version, "tpm"))
