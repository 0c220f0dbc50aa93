#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes vectors.json beside itself: sealed secrets and annotation packets, good and with one flaw
each; always the same bytes. What a flaw does not touch fits. The keys are throw-away.

Needs Debian's python3-pycryptodome and python3-cryptography; no test runs it."""
import hashlib
import json

from sealing import HERE, KEK_BYTES, OPTIONS, PLAINTEXT, SIGNING
from cases_packet import packet_cases
from cases_sealed import sealed_cases


def main():
    cases = sealed_cases()
    packets = list(packet_cases())
    head = {"note": "made by make_vectors.py; throw-away keys", "signer": json.dumps(SIGNING.jwk()),
            "kek": KEK_BYTES.hex(), "secret": PLAINTEXT.hex(), "options": OPTIONS.hex()}
    lines = ",\n".join(json.dumps(case) for case in cases)
    packet_lines = ",\n".join(json.dumps(case) for case in packets)
    text = f'{json.dumps(head)[:-1]},\n"sealed": [\n{lines}],\n"packets": [\n{packet_lines}]}}\n'
    json.loads(text)
    (HERE / "vectors.json").write_text(text)
    print(len(cases), "sealed secrets,", len(packets), "packets,", len(text), "bytes",
          hashlib.sha256(text.encode()).hexdigest())


if __name__ == "__main__":
    main()
