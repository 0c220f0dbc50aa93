# SPDX-License-Identifier: Apache-2.0
"""One call after another over gRPC, ttRPC and REST, from Python, with sample evidence.

Prints one table: medians of rounds that take turns. Wants ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR as
the functional tests do.
"""
import contextlib
import functools
import http.client
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from support.agent import EVERYTHING  # noqa: E402
from support.processes import Process, binary, free_ports, wait_until  # noqa: E402
from support.sample_site import URI, SampleSite  # noqa: E402
from support.ttrpc import TtrpcClient, field  # noqa: E402

AGENT = "attestation_agent.AttestationAgentService/"
# Name, method and request, path of REST.
CALLS = (("GetAdditionalTees (empty); REST: /info", AGENT + "GetAdditionalTees", b"", "/info"),
         ("GetEvidence", AGENT + "GetEvidence", field(1, b"r" * 64),
          "/aa/evidence?runtime_data=" + "r" * 64),
         ("GetResource, warm", "api.GetResourceService/GetResource", field(1, URI),
          "/cdh/resource/" + URI[len("kbs:///"):]))
ROUNDS, CALLS_A_ROUND = 15, 100


class RestClient:
    """One kept connection."""

    def __init__(self, address):
        self._connection = http.client.HTTPConnection(address)

    def get(self, path):
        self._connection.request("GET", path)
        reply = self._connection.getresponse()
        body = reply.read()
        assert reply.status == 200, body


def echo(folder, stack):
    """A client of attestd-echo: what a ttRPC call costs where nothing is done for it."""
    place = os.path.join(folder, "echo.sock")
    server = Process([binary("attestd-echo"), place], os.path.join(folder, "echo.log"))
    stack.callback(server.kill)

    def connected():
        with contextlib.suppress(OSError):
            return TtrpcClient(place)
        return None
    return wait_until(connected, "attestd-echo listens")


def met(measured, limit):
    return "yes" if measured <= limit else "NO"


def round_us(call):
    """The median of one round."""
    times = []
    for _ in range(CALLS_A_ROUND):
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return statistics.median(times) * 1e6


def main():
    print("\n| call, one client from Python (`bench/doors.py`, sample evidence) | gRPC p50 | echo p50 | "
          "ttRPC p50 | limit | met | REST p50 | limit | met |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    with contextlib.ExitStack() as stack:
        site = SampleSite(stack)
        address = f"127.0.0.1:{free_ports()}"
        daemon = site.agent(site.tables() + f'[[listener]]\naddress = "{address}"\n'
                            'protocol = "rest"\nfeatures = "all"\n' + EVERYTHING)
        over_grpc = stack.enter_context(daemon.client())
        over_ttrpc = stack.enter_context(TtrpcClient(daemon.socket))
        over_rest = RestClient(address)
        floor = stack.enter_context(echo(site.folder, stack))
        for name, method, request, path in CALLS:
            calls = (functools.partial(over_grpc.raw, method, request),
                     functools.partial(over_ttrpc.raw, method, request),
                     functools.partial(over_rest.get, path))
            calls += (functools.partial(floor.raw, method, request),)
            rounds = [[round_us(call) for call in calls] for _ in range(ROUNDS)]
            grpc, ttrpc, rest, bare = (statistics.median(one) for one in zip(*rounds))
            limit, words = (100, "100 µs") if "Evidence" in name else (grpc, "gRPC's")
            print(f"| {name} | {grpc:.0f} µs | {bare:.0f} µs | {ttrpc:.0f} µs | {words} | "
                  f"{met(ttrpc, limit)} | {rest:.0f} µs | {grpc + 150:.0f} µs | "
                  f"{met(rest, grpc + 150)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
