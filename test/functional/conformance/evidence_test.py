# SPDX-License-Identifier: Apache-2.0
"""Cases 30, 31 and 33: evidence over a caller's own bytes, and private keys in replies."""
import base64
import contextlib
import hashlib
import json

from conformance.callers import CallerCase
from conformance.devices import GET_EVIDENCE, NONCE, DeviceCase, ask_evidence, unpack
from conformance.ways import GrpcWay
from support.agent import Agent, broker_table, tpm_tables
from support.fake_tee import TEES
from support.guest import make_public_jwk
from support.processes import wait_until
from support.rpc import AGENT, agent_pb, hub_pb
from support.sample_site import URI, SampleSite
from support.site import Site
from support.tee_site import TeeSite, report_data

OK = {("OK", "")}
TOO_LARGE = {("INVALID_ARGUMENT", "TOO_LARGE")}
# What a door refuses before it is a request.
TOO_LONG = {("RESOURCE_EXHAUSTED", ""), ("RESOURCE_EXHAUSTED", "BUSY"), ("HTTP 414", ""),
            ("HTTP 431", ""), ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE"),
            ("INVALID_ARGUMENT", "REQUEST_TOO_LARGE"), ("RESOURCE_EXHAUSTED", "MALFORMED")}
SIZES = (0, 1, 32, 63, 64, 65, 4096, 1 << 20)


def of_sample(reply):
    """The reply with the report data of sample evidence as its value."""
    if reply.code != "OK":
        return reply
    return reply._replace(value=base64.b64decode(json.loads(reply.value)["report_data"]))


def tpm_extra_data(evidence):
    message = base64.b64decode(json.loads(evidence)["tpm_quote"]["message"])
    at = 6 + 2 + 34
    return message[at + 2:at + 2 + int.from_bytes(message[at:at + 2], "big")]


class SizeTest(CallerCase):
    def test_case_30_at_each_door(self):
        """report data of 0 to 64 bytes is carried as it is, more is INVALID_ARGUMENT"""
        self.open_doors()
        for size in SIZES:
            data = b"\x42" * size
            request = agent_pb.GetEvidenceRequest(RuntimeData=data).SerializeToString()
            expected = OK if size <= 64 else TOO_LARGE if size < 1 << 16 else TOO_LONG

            def ask(way, request=request):
                return of_sample(unpack(way.call(GET_EVIDENCE, request)))
            for way in self.rpc_ways:
                self.variant(f"{way.name}: {size} bytes", expected, lambda w=way: ask(w),
                             value=data)
            text = base64.urlsafe_b64encode(data).decode().rstrip("=")
            target = f"/aa/evidence?runtime_data={text}&encoding=base64"
            self.variant(f"rest: {size} bytes", expected | (TOO_LONG if size > 1000 else set()),
                         lambda t=target: of_sample(self.rest.request(t)), value=data)
        self.still_served()


class PlatformTest(DeviceCase):
    def test_case_30_by_each_platform(self):
        """SNP, TDX: 64 bytes, padded with zeros behind; TPM: 32: never cut"""
        for provider, tee in TEES.items():
            site = TeeSite(self.stack, provider)
            agent = site.agent(site.tee.tables(device=False))
            self.sizes(tee, agent, 64, report_data, 64)
        tpm = Site(self.stack)
        self.sizes("tpm", tpm.agent, 32, tpm_extra_data, 32)

    def sizes(self, name, agent, limit, carried, field):
        for size in (0, 1, limit - 1, limit, limit + 1, 1 << 20):
            self.nonce = bytes(range(1, 256))[:size] if size < 256 else b"\x42" * size
            expected = OK if size <= limit else TOO_LARGE if size < 1 << 16 else TOO_LONG
            self.genuine = lambda evidence: carried(evidence) == self.nonce.ljust(field, b"\0")
            with self.trying(f"{name}: {size} bytes", next(iter(expected))[0]):
                reply = ask_evidence(agent, 10, self.nonce)
                self.assertIn((reply.code, reply.reason), expected, reply.text)
                self.assertTrue(reply.code != "OK" or self.genuine(reply.value))


class Rcar:
    """A handshake of a caller with the broker, for a key of the caller's own."""

    def __init__(self, broker, folder, tee):
        self.connection, self.tee = broker.connect(), tee
        self.jwk = make_public_jwk(folder)
        response, challenge = self.send(
            "auth", {"version": "0.4.0", "tee": tee, "extra-params": ""})
        self.cookie = response.getheader("Set-Cookie").split(";")[0]
        self.nonce = challenge["nonce"]

    def send(self, endpoint, body, cookie=None):
        headers = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})}
        self.connection.request("POST", f"/kbs/v0/{endpoint}", json.dumps(body), headers)
        response = self.connection.getresponse()
        return response, json.loads(response.read())

    def digest(self):
        data = {"additional-evidence": "", "nonce": self.nonce, "tee-pubkey": self.jwk}
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
        return hashlib.sha384(text.encode()).digest()

    def attest(self, evidence):
        """The broker's HTTP status."""
        message = {"init-data": None, "runtime-data": {"nonce": self.nonce, "tee-pubkey": self.jwk},
                   "tee-evidence": {"primary_evidence": json.loads(evidence),
                                    "additional_evidence": ""}}
        status = self.send("attest", message, self.cookie)[0].status
        self.connection.close()
        return status


class OwnKeyTest(DeviceCase):
    """Evidence over the digest that a broker expects for the caller's own key."""

    def test_case_31_evidence_for_the_callers_own_key(self):
        """caller_data = "tagged": no broker takes it. "raw" is upstream's rule, and it does"""
        site = SampleSite(self.stack)
        self.attack("sample", site.folder, site.broker, site.tables())
        for provider, tee in TEES.items():
            site = TeeSite(self.stack, provider)
            self.attack(tee, site.folder, site.broker, site.tee.tables(device=False) +
                        broker_table(site.broker.url, site.broker.ca_file))
        site = Site(self.stack)
        self.attack("tpm", site.folder, site.broker, tpm_tables(site.tpm.tcti) +
                    broker_table(site.broker.url, site.broker.ca_file), size=32)

    def attack(self, tee, folder, broker, tables, size=48):
        for rule, expected in (("raw", 200), ("tagged", 401)):
            with self.trying(f"{tee}, {rule}", f"HTTP {expected}"):
                agent = Agent(folder, tables.replace("[tee]\n", f'[tee]\ncaller_data = "{rule}"\n'),
                              name=rule)
                self.stack.callback(agent.kill)
                agent.start()
                caller = Rcar(broker, folder, tee)
                reply = ask_evidence(agent, 10, caller.digest()[:size])
                self.assertEqual(reply.code, "OK", reply.text)
                self.assertEqual(caller.attest(reply.value), expected)
                # What the daemon itself asks for is as ever.
                outcome = agent.get("app/key/main")
                self.assertEqual(outcome.exit, 0, outcome.err)
                agent.kill()


class TokenTest(CallerCase):
    def test_case_33_no_private_key_in_any_reply(self):
        """a token is a token only; no reply of any method holds a private key"""
        self.open_doors()

        def without_key(reply, keys=None):
            for word in (b"PRIVATE KEY", b"tee_keypair", b'"d":', b'"privkey'):
                self.assertNotIn(word, reply.value)
            if keys is not None:
                self.assertEqual(list(json.loads(reply.value)), keys)
            return reply._replace(value=b"")

        def token(way):
            reply = way.call(f"{AGENT}/GetToken", agent_pb.GetTokenRequest(
                TokenType="kbs").SerializeToString())
            return without_key(reply._replace(
                value=agent_pb.GetTokenResponse.FromString(reply.value).Token), ["token"])
        others = {
            "GetEvidence": (GET_EVIDENCE, agent_pb.GetEvidenceRequest(RuntimeData=NONCE)),
            "GetTeeType": (f"{AGENT}/GetTeeType", agent_pb.GetTeeTypeRequest()),
            "GetResource": ("api.GetResourceService/GetResource",
                            hub_pb.GetResourceRequest(ResourcePath=URI)),
        }
        for way in self.rpc_ways:
            self.variant(f"{way.name}: GetToken", OK, lambda w=way: token(w), value=b"",
                         asks_broker=True)
            for name, (method, request) in others.items():
                self.variant(f"{way.name}: {name}", OK, lambda w=way, m=method, r=request:
                             without_key(w.call(m, r.SerializeToString())), value=b"",
                             asks_broker=True)
        self.variant("rest: token", OK, lambda: without_key(
            self.rest.request("/aa/token?token_type=kbs"), ["token"]), value=b"", asks_broker=True)

    def test_case_33_an_exported_key_is_of_its_own_handshake(self):
        """export_tee_key: the key of the token's own handshake, never that of the session"""
        site = SampleSite(self.stack)
        agent = site.agent(site.tables("export_tee_key = true\n"))
        way = GrpcWay("gRPC unix", agent.socket)
        self.assertEqual(way.get(URI).code, "OK")
        self.assertEqual(site.broker.log().count("/kbs/v0/attest 200"), 1)
        with agent.client() as client:
            self.assertIn("tee_keypair", json.loads(client.get_token()))
        wait_until(lambda: site.broker.log().count("/kbs/v0/attest 200") == 2, "a handshake more")
        self.assertEqual(way.get(URI).code, "OK")
        self.assertEqual(site.broker.log().count("/kbs/v0/attest 200"), 2)
        with contextlib.closing(open(agent.log_path, encoding="utf-8")) as log:
            self.assertNotIn("PRIVATE KEY", log.read())
        self.note("gRPC unix: export_tee_key", "OK")
