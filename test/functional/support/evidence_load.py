# SPDX-License-Identifier: Apache-2.0
"""evidence_load.py SOCKET COUNT: asks one attestd for evidence over fresh random nonces.

Prints {"answered": N, "wrong": N} as JSON.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# pylint: disable=wrong-import-position
from support.rpc import Client  # noqa: E402
from support.tee_site import report_data  # noqa: E402


def main():
    counts = {"answered": 0, "wrong": 0}
    with Client(sys.argv[1]) as client:
        for _ in range(int(sys.argv[2])):
            nonce = os.urandom(64)
            evidence = client.get_evidence(nonce)
            counts["answered"] += 1
            counts["wrong"] += report_data(evidence) != nonce
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
