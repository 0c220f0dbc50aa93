# SPDX-License-Identifier: Apache-2.0
"""attestd between many callers and brokers that are slow, restart, stall or die.

Prints one table: what was measured and its limit. Uses the fixtures of the functional tests, wants
ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR as they do, and sample evidence, so that no device is timed.
"""
import contextlib
import http.client
import json
import os
import ssl
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from support.agent import SAMPLE_TABLES, UNLIMITED, Agent, broker_table  # noqa: E402
from support.broker import Broker  # noqa: E402
from support.certificates import issue_server  # noqa: E402
from support.processes import binary  # noqa: E402
from support.site import work_folder  # noqa: E402

HEDGE_MS = 50
RESOURCES = 256


class Bench:
    """Brokers and a daemon of one measurement."""

    def __init__(self, stack, delay_ms=0, brokers=1):
        self.folder = work_folder(stack)
        self.brokers = []
        tables = SAMPLE_TABLES + UNLIMITED
        if brokers > 1:
            tables += f'[failover]\nhedge_after = "{HEDGE_MS}ms"\n'
        for i in range(brokers):
            folder = os.path.join(self.folder, f"kbs{i}")
            os.mkdir(folder)
            broker = Broker(folder, issue_server(folder), delay_ms=delay_ms)
            stack.callback(broker.stop)
            broker.write_policy('allowed_tees = ["sample"]\n')
            for k in range(RESOURCES):
                broker.put(f"load/key/{k}", f"load/key/{k}".encode())
            broker.start()
            self.brokers.append(broker)
            tables += broker_table(broker.url, broker.ca_file, name=f"kbs{i}")
            tables += f"priority = {i}\n"
        self.agent = Agent(self.folder, tables)
        stack.callback(self.agent.kill)
        self.agent.start()

    def crowd(self, **options):
        """Runs attestd-crowd; what it printed, and the most threads that attestd had."""
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        crowd = subprocess.Popen([binary("attestd-crowd"), "--socket", self.agent.socket] + words,
                                 stdout=subprocess.PIPE, text=True)
        most = 0
        while crowd.poll() is None:
            most = max(most, len(os.listdir(f"/proc/{self.agent.process.pid}/task")))
            time.sleep(0.002)
        return json.loads(crowd.communicate()[0]) | {"threads": most}


def row(what, measured, limit):
    print(f"| {what} | {measured} | {limit} |", flush=True)


def refused_get_ms(broker, rounds=300):
    """p50 of a GET that the broker refuses without any work, over one kept TLS connection."""
    host, port = broker.url.removeprefix("https://").rsplit(":", 1)
    connection = http.client.HTTPSConnection(
        host, int(port), context=ssl.create_default_context(cafile=broker.ca_file))
    times = []
    for _ in range(rounds):
        before = time.monotonic()
        connection.request("GET", "/kbs/v0/resource/load/key/0")
        connection.getresponse().read()
        times.append(time.monotonic() - before)
    connection.close()
    return statistics.median(times) * 1e3


def slow_broker(stack):
    bench = Bench(stack, delay_ms=20)
    bench.crowd(rounds=20)
    row("20 ms added to the broker: a GET that it refuses at once, p50",
        f"{refused_get_ms(bench.brokers[0]):.2f} ms", "floor")
    got = bench.crowd(rounds=300)
    row("warm `GetResource`, 20 ms added to the broker, p50", f"{got['p50_ms']:.2f} ms", "21 ms")


def distinct(stack):
    bench = Bench(stack, delay_ms=100)
    got = bench.crowd(callers=256, resources=256)
    row("256 callers of 256 resources, cold, 100 ms added: all answered",
        f"{got['wall_ms']:.0f} ms, {got['threads']} threads, {got['answered']} right",
        "2000 ms, 32 threads")


def herd(stack):
    bench = Bench(stack, delay_ms=100)  # so that all are there before the first answer
    count = bench.brokers[0].counted()
    got = bench.crowd(callers=1000)
    row("1,000 cold callers of one resource, 100 ms added",
        f"{got['answered'] - got['wrong']} right in {got['wall_ms']:.0f} ms; "
        f"auth, attest, GET: {count()}", "1, 1, 1")


def restart(stack):
    bench = Bench(stack)
    broker = bench.brokers[0]
    bench.crowd()
    outcome = []
    load = threading.Thread(target=lambda: outcome.append(
        bench.crowd(callers=32, resources=32, seconds=4)))
    load.start()
    time.sleep(1)
    handshakes = broker.log().count("POST /kbs/v0/auth ")
    before = time.monotonic()
    broker.restart()  # by this thread: a child ends with the thread that made it
    away = time.monotonic() - before
    load.join()
    got = outcome[0]
    auths = broker.log().count("POST /kbs/v0/auth ") - handshakes
    row(f"broker restarted under 32 callers (away for {away * 1e3:.0f} ms): failed, wrong, "
        "handshakes", f"{sum(got['failed'].values())}, {got['wrong']}, {auths} of "
        f"{got['answered']} requests; longest {got['max_ms']:.0f} ms", "0, 0, 1")


def stalled(stack, name, spoil):
    bench = Bench(stack, brokers=2)
    bench.crowd(callers=8, resources=8, rounds=20)
    normal = bench.crowd(callers=8, resources=8, seconds=2)
    spoil(bench.brokers[0])
    got = bench.crowd(callers=8, resources=8, seconds=4)
    limit = HEDGE_MS + 2 * normal["p99_ms"]
    row(f"first of two brokers {name} under 8 callers: p99 of {got['answered']} requests, wrong, "
        "failed", f"{got['p99_ms']:.1f} ms (max {got['max_ms']:.0f}), {got['wrong']}, "
        f"{sum(got['failed'].values())}",
        f"{limit:.1f} ms = hedge {HEDGE_MS} + 2 × {normal['p99_ms']:.1f}, 0, 0")


def main():
    print("\n| network | measured | limit |\n| --- | --- | --- |", flush=True)
    measurements = [slow_broker, distinct, herd, restart,
                    lambda stack: stalled(stack, "stalls",
                                          lambda broker: os.kill(broker.pid, 19)),
                    lambda stack: stalled(stack, "dies", lambda broker: broker.stop())]
    for measure in measurements:
        with contextlib.ExitStack() as stack:
            measure(stack)
    return 0


if __name__ == "__main__":
    sys.exit(main())
