# SPDX-License-Identifier: Apache-2.0
"""What others notice of a flood: a victim's time for GetResource while nobody, strangers, and a client
that is over its limits are at work. From Python; wants root, and ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR
as the functional tests do.

Prints one table. Rounds take turns; the machine's own noise is in the first row, and what the flood
itself takes of the processors in the floors: the same strangers, where nobody accepts them. They come
evenly (every ms), and in strokes (every 5 ms, fifty at once).
"""
import contextlib
import functools
import multiprocessing
import os
import socket
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from support.sample_site import URI, SampleSite  # noqa: E402
from support.ttrpc import TtrpcClient, field, frame, request_data  # noqa: E402

GET = "api.GetResourceService/GetResource"
ROUNDS, CALLS, PER_SECOND, NOBODY = 7, 600, 10_000, 65534


def paced(work, stop, done, stroke=0.001):
    """Calls `work` PER_SECOND times a second, those of a stroke's seconds at once, until it is to stop."""
    began, count = time.monotonic(), 0
    while not stop.is_set():
        while count < (time.monotonic() - began) * PER_SECOND:
            work()
            count += 1
        time.sleep(stroke)
    done.value = count / (time.monotonic() - began)


def strangers(path, stop, done, stroke=0.001):
    """Connects as somebody who is not let in, asks, and leaves."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    request = frame(request_data(GET, field(1, URI)), 1)

    def come():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as client:
            with contextlib.suppress(OSError):
                client.connect(path)
                client.send(request)

    paced(come, stop, done, stroke)


def greedy(path, stop, done):
    """Requests of one client that reads what it is told."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.setblocking(False)
        requests, number = [frame(request_data(GET, field(1, URI)), 2 * i + 1) for i in range(5000)], 0

        def ask():
            nonlocal number
            number += 1
            with contextlib.suppress(BlockingIOError):
                client.send(requests[number % len(requests)])
            with contextlib.suppress(BlockingIOError):
                client.recv(1 << 20)

        paced(ask, stop, done, stroke=0.005)


def measure(client, flood, path):
    """(times of one round in ms, how many a second the flood had)"""
    stop, done = multiprocessing.Event(), multiprocessing.Value("d", 0)
    process = multiprocessing.Process(target=flood, args=(path, stop, done)) if flood else None
    if process:
        process.start()
        time.sleep(0.3)
    times = []
    for _ in range(CALLS):
        before = time.perf_counter()
        client.raw(GET, field(1, URI))
        times.append((time.perf_counter() - before) * 1e3)
    stop.set()
    if process:
        process.join()
    return times, done.value


def main():
    with contextlib.ExitStack() as stack:
        site = SampleSite(stack)
        os.chmod(site.folder, 0o755)
        wide, other = (os.path.join(site.folder, f"{name}.sock") for name in ("wide", "other"))
        daemon = site.agent(
            site.tables() + '[audit]\nenabled = false\n'
            f'[[listener]]\npath = "{wide}"\nmode = "0666"\nallow_uids = [0]\nallow = ["*"]\n'
            f'[[listener]]\npath = "{other}"\nprincipal = "other"\nallow = ["*"]\n')
        full = stack.enter_context(socket.socket(socket.AF_UNIX))
        full.bind(os.path.join(site.folder, "full.sock"))
        os.chmod(full.getsockname(), 0o666)
        full.listen(0)
        in_strokes = functools.partial(strangers, stroke=0.005)
        floods = {"nobody": (None, ""),
                  "strangers where nobody accepts (floor)": (strangers, full.getsockname()),
                  "strangers who connect": (strangers, wide),
                  "in strokes, where nobody accepts (floor)": (in_strokes, full.getsockname()),
                  "in strokes, who connect": (in_strokes, wide),
                  "one client's requests": (greedy, other)}
        client = stack.enter_context(TtrpcClient(daemon.socket))
        rounds = {name: [] for name in floods}
        for _ in range(ROUNDS):
            for name, (flood, path) in floods.items():
                rounds[name].append(measure(client, flood, path))
    print("\n| flood | a second | victim's p50 | p99 | p99 / idle p99 |\n| --- | --- | --- | --- | --- |")
    idle = None
    for name, results in rounds.items():
        p50, p99 = (statistics.median(statistics.quantiles(times, n=100)[k - 1] for times, _ in results)
                    for k in (50, 99))
        idle = idle or p99
        print(f"| {name} | {statistics.median(rate for _, rate in results):,.0f} | {p50:.2f} ms | "
              f"{p99:.2f} ms | {p99 / idle:.1f} (limit 2) |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
