#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Replays evidence at a key broker (KBS protocol 0.4.0) and expects it to be refused.

One handshake of its own, with evidence from attestctl and a throw-away key, must be accepted: that
shows that the refusals which follow are for the stale nonce and for nothing else.
"""
import argparse
import base64
import hashlib
import http.client
import json
import ssl
import subprocess
import sys
import urllib.parse

TIMEOUT_SECONDS = 30
# The TPM's extraData takes the first 32 bytes of the SHA-384 digest.
REPORT_DATA_SIZE = 32


def run(argv, stdin=None):
    return subprocess.run(argv, input=stdin, check=True, capture_output=True,
                          timeout=TIMEOUT_SECONDS).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def throw_away_key():
    """The public JWK of a fresh P-256 key."""
    key = run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"])
    # SubjectPublicKeyInfo of P-256 ends with the point: 04, x and y of 32 bytes each.
    point = run(["openssl", "ec", "-pubout", "-outform", "DER"], key)[-64:]
    return {"kty": "EC", "crv": "P-256", "alg": "ECDH-ES+A256KW",
            "x": base64url(point[:32]), "y": base64url(point[32:])}


def canonical(value):
    """RFC 8785, for values of ASCII strings only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


class Broker:
    """POSTs messages; remembers nothing."""

    def __init__(self, url, ca_file):
        self._address = urllib.parse.urlsplit(url)
        self._context = ssl.create_default_context(cafile=ca_file)

    def post(self, path, message, cookie=None):
        """(status, JSON body, session cookie)."""
        connection = http.client.HTTPSConnection(self._address.hostname, self._address.port,
                                                 timeout=TIMEOUT_SECONDS, context=self._context)
        headers = {"Content-Type": "application/json"}
        if cookie:
            headers["Cookie"] = cookie
        connection.request("POST", "/kbs/v0/" + path, json.dumps(message), headers)
        reply = connection.getresponse()
        body = json.loads(reply.read())
        set_cookie = reply.getheader("Set-Cookie", "").split(";")[0]
        connection.close()
        return reply.status, body, set_cookie

    def open_session(self, tee):
        """A fresh (nonce, cookie)."""
        status, challenge, cookie = self.post(
            "auth", {"version": "0.4.0", "tee": tee, "extra-params": ""})
        if status != 200:
            sys.exit(f"replay: auth answered {status}")
        return challenge["nonce"], cookie


class Agent:
    """attestd, through attestctl."""

    def __init__(self, attestctl, socket):
        self._command = [attestctl, "--socket", socket]

    def tee(self):
        return run(self._command + ["tee"]).decode().strip()

    def attestation(self, nonce, key):
        """The message of POST /attest with evidence bound to the nonce and the key."""
        runtime_data = {"nonce": nonce, "tee-pubkey": key}
        digest = hashlib.sha384(canonical({"additional-evidence": "", **runtime_data})).digest()
        evidence = run(self._command + ["get-evidence", "--runtime-data",
                                        digest[:REPORT_DATA_SIZE].hex()])
        return {"runtime-data": runtime_data,
                "tee-evidence": {"primary_evidence": json.loads(evidence),
                                 "additional_evidence": ""}}


def expect(what, wanted, status):
    print(f"    {what}: {status}")
    if status != wanted:
        sys.exit(f"replay: expected {wanted}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("ca", "url", "attestctl", "socket"):
        parser.add_argument("--" + name, required=True)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    broker = Broker(arguments.url, arguments.ca)
    agent = Agent(arguments.attestctl, arguments.socket)
    tee = agent.tee()

    nonce, cookie = broker.open_session(tee)
    message = agent.attestation(nonce, throw_away_key())
    expect("evidence for this session's nonce is accepted", 200,
           broker.post("attest", message, cookie)[0])

    _, cookie = broker.open_session(tee)
    expect("the same message in a new session is refused", 401,
           broker.post("attest", message, cookie)[0])

    fresh, cookie = broker.open_session(tee)
    message["runtime-data"]["nonce"] = fresh
    expect("the same evidence under the new session's nonce is refused", 401,
           broker.post("attest", message, cookie)[0])


if __name__ == "__main__":
    main()
