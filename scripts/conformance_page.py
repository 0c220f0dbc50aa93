# SPDX-License-Identifier: Apache-2.0
"""docs/conformance.md out of what scripts/conformance.sh has found."""
import math

from conformance_cases import CASES, EXCEPTIONS

_HEAD = """<!-- Made by scripts/conformance.sh --write docs/conformance.md. What it says by hand stands
in scripts/conformance_cases.py. -->
# Hostile inputs, case by case

Each case is one behaviour that must hold whatever the other side sends. *Variants* are what was
tried on the release binaries and, behind the +, in unit tests; *at* are the doors that it was tried
at: gRPC and ttRPC on a unix socket and on a port of loopback, REST, the *start* of the daemon,
*files* that it uses, a *guest* with the kernel's own devices. *MiB* is the most that the daemon's
memory grew in one variant, *s* the longest that one took; both are rounded up.
[testing.md](testing.md) says what is checked in each variant, and how.

"""


def _row(number, case):
    title, required = CASES.get(number, ("-", "-"))
    measured = case.variants > 0
    growth = str(math.ceil(case.growth / 2**20)) if measured else "-"
    seconds = f"{math.ceil(case.seconds * 2) / 2:.1f}" if measured else "-"
    return (f"| {number} | {title} | {required} | {', '.join(sorted(case.doors)) or '-'} | "
            f"{case.variants} + {case.units} | {case.result} | {growth} | {seconds} |\n")


def _not_run(cases):
    text = ""
    for number, case in cases:
        for name in case.not_run or ["all of it"] * (case.result == "not run"):
            text += f"* {number}: {name}\n"
    return "\n## Not tried here\n\n" + text if text else ""


def _exceptions(cases):
    numbers = {number for number, _ in cases}
    text = "".join(f"* {number}: {words}\n" for number, words in sorted(EXCEPTIONS.items())
                   if number in numbers)
    return "\n## Where attestd answers otherwise than the list has it\n\n" + text if text else ""


def write_page(path, cases, total):
    """`cases`: (number, what was tried of it); `total`: the last line of the run."""
    text = _HEAD + f"The last run: {total}.\n\n"
    text += "| case | title | required | at | variants | result | MiB | s |\n"
    text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    text += "".join(_row(number, case) for number, case in cases)
    text += _not_run(cases) + _exceptions(cases)
    with open(path, "w", encoding="utf-8") as page:
        page.write(text)
