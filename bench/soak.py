# SPDX-License-Identifier: Apache-2.0
"""A million requests through gRPC, ttRPC and REST, for ten minutes or longer: what is left of them.

  bench/soak.py [REQUESTS [SECONDS]]

Prints memory, descriptors and threads each half minute, then the slope of the memory. Exit status 1
when a request failed or something grew. Wants root, and ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR as the
functional tests do.
"""
import contextlib
import http.client
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from support.agent import EVERYTHING, UNLIMITED  # noqa: E402
from support.processes import free_ports  # noqa: E402
from support.rpc import hub_pb  # noqa: E402
from support.sample_site import SECRET, URI, SampleSite  # noqa: E402
from support.ttrpc import TtrpcClient, field  # noqa: E402

GET = "api.GetResourceService/GetResource"
AT_ONCE = 32
SLOPE_MIB, EXTRA = 1, 2  # over the run; descriptors and threads more in its second half
QUIET = "[audit]\nenabled = false\n"
# Renewed two times in three of it: each renewal is a handshake, of which the run has many.
SESSION_SECONDS = 20


class Counter:
    """What is still to do, and what went wrong."""

    def __init__(self, requests):
        self.left, self.wrong = requests, []
        self._lock = threading.Lock()

    def take(self, count):
        """How many of `count` one may do now."""
        with self._lock:
            taken = min(count, self.left)
            self.left -= taken
            return taken

    def check(self, value, what):
        if value != SECRET:
            self.wrong.append((what, value))


def over_grpc(agent, _address, counter):
    request = hub_pb.GetResourceRequest(ResourcePath=URI).SerializeToString()
    with agent.client() as client:
        while count := counter.take(AT_ONCE):
            for call in [client.begin(GET, request) for _ in range(count)]:
                counter.check(hub_pb.GetResourceResponse.FromString(call.result()).Resource, "gRPC")


def over_ttrpc(agent, _address, counter):
    with TtrpcClient(agent.socket) as client:
        while count := counter.take(AT_ONCE):
            for _ in range(count):
                reply = client.raw(GET, field(1, URI))
                counter.check(hub_pb.GetResourceResponse.FromString(reply).Resource, "ttRPC")


def over_rest(_agent, address, counter):
    connection = http.client.HTTPConnection(address)
    while count := counter.take(AT_ONCE):
        for _ in range(count):
            connection.request("GET", "/cdh/resource/" + URI.removeprefix("kbs:///"))
            counter.check(connection.getresponse().read(), "REST")


def guarded(work, agent, address, counter):
    try:
        work(agent, address, counter)
    except Exception as error:  # pylint: disable=broad-except
        counter.wrong.append((work.__name__, repr(error)))


class Sample:
    """The process now."""

    def __init__(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            self.rss = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        self.fds = len(os.listdir(f"/proc/{pid}/fd"))
        self.threads = len(os.listdir(f"/proc/{pid}/task"))
        self.at = time.monotonic()


def slope(samples):
    """KiB over the time of the samples, by least squares."""
    if len(samples) < 3:
        return 0
    mean_t = sum(one.at for one in samples) / len(samples)
    mean_r = sum(one.rss for one in samples) / len(samples)
    a_second = (sum((one.at - mean_t) * (one.rss - mean_r) for one in samples) /
                sum((one.at - mean_t) ** 2 for one in samples))
    return a_second * (samples[-1].at - samples[0].at)


def most(samples, name):
    return max(getattr(one, name) for one in samples)


def soak(agent, address, requests, seconds):
    counter, samples, pid = Counter(requests), [], agent.process.pid
    began = time.monotonic()
    while time.monotonic() - began < seconds or counter.left > 0:
        if counter.left == 0:
            counter.left = 50_000  # more than asked, until the time is over
        threads = [threading.Thread(target=guarded, args=(work, agent, address, counter))
                   for work in (over_grpc, over_ttrpc, over_ttrpc, over_rest)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(30 / len(threads))
            samples.append(Sample(pid))
            now = samples[-1]
            print(f"{now.at - began:6.0f} s  {counter.left:8d} left  {now.rss:6d} KiB  "
                  f"{now.fds} descriptors  {now.threads} threads", flush=True)
        if counter.wrong:
            break
    return counter, samples


def main():
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 600
    with contextlib.ExitStack() as stack:
        site = SampleSite(stack, session_seconds=SESSION_SECONDS)
        address = f"127.0.0.1:{free_ports()}"
        agent = site.agent(site.tables() + UNLIMITED + QUIET + f'[[listener]]\naddress = "{address}"\n'
                           'protocol = "rest"\n' + EVERYTHING)
        counter, samples = soak(agent, address, requests, seconds)
    if counter.wrong:
        print("wrong:", counter.wrong[:3])
        return 1
    steady = samples[len(samples) // 5:]  # after everything was used once
    growth = slope(steady) / 1024
    more = [most(steady[len(steady) // 2:], name) - most(steady[:len(steady) // 2], name)
            for name in ("fds", "threads")]
    print(f"{requests} requests or more in {samples[-1].at - samples[0].at:.0f} s: memory "
          f"{growth:+.2f} MiB by its slope (limit {SLOPE_MIB}), descriptors {more[0]:+d}, "
          f"threads {more[1]:+d}")
    return 0 if growth < SLOPE_MIB and max(more) <= EXTRA else 1


if __name__ == "__main__":
    sys.exit(main())
