# SPDX-License-Identifier: Apache-2.0
"""The KBS protocol 0.4.0 written a second time, to check attestd's side and the broker's."""
import base64
import hashlib
import json
import os

from support.processes import run

_FIELD = 32  # bytes of a P-256 coordinate


def make_public_jwk(folder):
    """The public JWK of a fresh P-256 key, by the openssl command."""
    key = os.path.join(folder, "guest.key")
    run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key])
    point = run(["openssl", "ec", "-in", key, "-pubout", "-outform", "DER"])[-2 * _FIELD:]

    def encode(coordinate):
        return base64.urlsafe_b64encode(coordinate).decode().rstrip("=")
    return {"kty": "EC", "crv": "P-256", "alg": "ECDH-ES+A256KW", "x": encode(point[:_FIELD]),
            "y": encode(point[_FIELD:])}


def report_data(nonce, jwk):
    """What a TPM quote must carry: SHA-384 over canonical JSON, cut to 32 bytes."""
    runtime_data = {"additional-evidence": "", "nonce": nonce, "tee-pubkey": jwk}
    # With keys and texts of plain ASCII, sorted and without blanks is RFC 8785.
    text = json.dumps(runtime_data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha384(text.encode()).digest()[:32]


def attestation(nonce, jwk, evidence):
    return {"init-data": None, "runtime-data": {"nonce": nonce, "tee-pubkey": jwk},
            "tee-evidence": {"primary_evidence": evidence, "additional_evidence": ""}}


class Guest:
    """One session with a broker."""

    def __init__(self, broker):
        self._connection = broker.connect()
        self.cookie = None
        self.nonce = None

    def close(self):
        self._connection.close()

    def _send(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.cookie:
            headers["Cookie"] = f"kbs-session-id={self.cookie}"
        self._connection.request(method, path, json.dumps(body) if body else None, headers)
        response = self._connection.getresponse()
        return response, json.loads(response.read())

    def authenticate(self):
        """Takes the challenge."""
        response, challenge = self._send("POST", "/kbs/v0/auth",
                                         {"version": "0.4.0", "tee": "tpm", "extra-params": ""})
        self.cookie = response.getheader("Set-Cookie").split(";")[0].split("=", 1)[1]
        self.nonce = challenge["nonce"]

    def attest(self, message):
        """(HTTP status, reply)."""
        response, reply = self._send("POST", "/kbs/v0/attest", message)
        return response.status, reply

    def get(self, resource):
        response, reply = self._send("GET", f"/kbs/v0/resource/{resource}")
        return response.status, reply
