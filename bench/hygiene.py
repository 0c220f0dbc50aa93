# SPDX-License-Identifier: Apache-2.0
"""attestd beside attestd-plain, the same program that takes no care of its secrets.

Prints one table: medians of rounds that take turns, and the median of what attestd costs in each of
them: two neighbours meet the same load of the machine. Wants ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR as
the functional tests do, and takes sample evidence, so that no device is timed.
"""
import contextlib
import functools
import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from support.agent import UNLIMITED  # noqa: E402
from support.processes import Process, binary  # noqa: E402
from support.sample_site import SampleSite  # noqa: E402

PROGRAMS = ("attestd-plain", "attestd")
ROUNDS = 31
CALLERS = 8
LIMIT = 1.05


def launch(program, agent):
    agent.process = Process([binary(program), "--config", agent.config], agent.log_path)


def crowd(agent, **options):
    """What attestd-crowd prints; every answer must be right."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = subprocess.run([binary("attestd-crowd"), "--socket", agent.socket] + words,
                          capture_output=True, check=True)
    report = json.loads(done.stdout)
    assert report["answered"] and not report["wrong"] and not report["failed"], report
    return report


def per_second(agent):
    report = crowd(agent, callers=CALLERS, resources=CALLERS, seconds=0.5)
    return report["answered"] / report["wall_ms"] * 1e3


def p50_us(agent):
    return crowd(agent, rounds=200)["p50_ms"] * 1e3


def cpu_ns(pid):
    """What the threads of a process have used (proc(5), schedstat)."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as schedstat:
            total += int(schedstat.read().split()[0])
    return total


def cpu_us(agent):
    """The daemon's own CPU time of one request: it tells more than the clock on a busy machine."""
    before = cpu_ns(agent.process.pid)
    report = crowd(agent, callers=CALLERS, resources=CALLERS, rounds=50)
    return (cpu_ns(agent.process.pid) - before) / report["answered"] / 1e3


def row(what, unit, measure, agents, slower, limit=LIMIT):
    """One line: `slower` of the two is how much attestd costs; without `limit` it is only told."""
    rounds = []
    for i in range(ROUNDS):
        turn = {}
        for program in PROGRAMS[::1 if i % 2 else -1]:
            turn[program] = measure(agents[program])
        rounds.append(turn)
    plain, careful = (statistics.median(turn[program] for turn in rounds) for program in PROGRAMS)
    ratio = statistics.median(slower(*(turn[program] for program in PROGRAMS)) for turn in rounds)
    judged = f"{(limit - 1) * 100:.0f} % | {'yes' if ratio <= limit else 'NO'}" if limit else " | "
    print(f"| {what} | {plain:.0f} {unit} | {careful:.0f} {unit} | {(ratio - 1) * 100:+.1f} % | "
          f"{judged} |", flush=True)


def main():
    print("\n| warm GetResource over gRPC | plain | attestd | cost | limit | met |\n"
          "| --- | --- | --- | --- | --- | --- |")
    with contextlib.ExitStack() as stack:
        site = SampleSite(stack)
        for i in range(CALLERS):
            site.broker.put(f"load/key/{i}", f"load/key/{i}".encode())
        agents = {program: site.agent(site.tables() + UNLIMITED, name=program, launch=functools.partial(launch, program))
                  for program in PROGRAMS}
        for agent in agents.values():
            crowd(agent, callers=CALLERS, resources=CALLERS, seconds=1)
        row(f"requests in a second, {CALLERS} callers", "/s", per_second, agents,
            lambda plain, careful: plain / careful)
        row(f"CPU time of a request, {CALLERS} callers", "µs", cpu_us, agents,
            lambda plain, careful: careful / plain, limit=None)
        row("p50, one caller", "µs", p50_us, agents, lambda plain, careful: careful / plain)
    return 0


if __name__ == "__main__":
    sys.exit(main())
