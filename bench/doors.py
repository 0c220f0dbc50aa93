# SPDX-License-Identifier: Apache-2.0
"""One call after another over gRPC and over ttRPC, from Python, with sample evidence.

Prints one table: medians of rounds that take turns. Wants ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR as
the functional tests do.
"""
import contextlib
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from support.sample_site import URI, SampleSite  # noqa: E402
from support.ttrpc import TtrpcClient, field  # noqa: E402

AGENT = "attestation_agent.AttestationAgentService/"
CALLS = (("GetAdditionalTees", AGENT + "GetAdditionalTees", b""),
         ("GetEvidence, sample", AGENT + "GetEvidence", field(1, b"r" * 64)),
         ("GetResource, warm", "api.GetResourceService/GetResource", field(1, URI)))
ROUNDS, CALLS_A_ROUND = 15, 100


def round_us(client, method, request):
    """The median of one round."""
    times = []
    for _ in range(CALLS_A_ROUND):
        before = time.perf_counter()
        client.raw(method, request)
        times.append(time.perf_counter() - before)
    return statistics.median(times) * 1e6


def main():
    print("\n| call, from Python | gRPC p50 | ttRPC p50 | limit |\n| --- | --- | --- | --- |")
    with contextlib.ExitStack() as stack:
        daemon = SampleSite(stack).agent()
        clients = (stack.enter_context(daemon.client()),
                   stack.enter_context(TtrpcClient(daemon.socket)))
        for name, method, request in CALLS:
            rounds = [[round_us(client, method, request) for client in clients]
                      for _ in range(ROUNDS)]
            grpc, ttrpc = (statistics.median(one) for one in zip(*rounds))
            limit = "100 µs" if "Evidence" in name else "gRPC's"
            print(f"| {name} | {grpc:.0f} µs | {ttrpc:.0f} µs | {limit} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
