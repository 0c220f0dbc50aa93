# SPDX-License-Identifier: Apache-2.0
"""What the variants of a case came to, for the table of scripts/conformance.sh."""
import collections
import json
import os

Variant = collections.namedtuple("Variant", "name result status seconds growth")

SURVIVED, FAILED, NOT_RUN = "survived", "FAILED", "not run"
# What a variant was said at: its name begins with one of these, or it is the case's own.
DOORS = ("gRPC unix", "gRPC port", "ttRPC unix", "ttRPC port", "rest", "start", "files")


def _sum(variants):
    """The result of a case: failed by one that failed, not run when none was."""
    results = {one.result for one in variants}
    for result in (FAILED, SURVIVED):
        if result in results:
            return result
    return NOT_RUN


def _door(variant, default):
    return next((door for door in DOORS if variant.name.startswith(door)), default)


def write(case, title, variants, door="gRPC unix"):
    """Prints the case's line and, for the script, appends it to the folder that it names.
    `door` is that of the variants whose names tell none."""
    tried = [one for one in variants if one.result != NOT_RUN]
    line = {"case": case, "title": title, "variants": len(tried),
            "not_run": [one.name for one in variants if one.result == NOT_RUN],
            "failed": [one.name for one in variants if one.result == FAILED],
            "result": _sum(variants), "statuses": sorted({one.status for one in tried}),
            "doors": sorted({_door(one, door) for one in tried}),
            "growth": max((one.growth for one in tried), default=0),
            "seconds": max((one.seconds for one in tried), default=0.0)}
    print(f"Case {case}: {title}: {line['result']}, {line['variants']} variants, "
          f"{', '.join(line['doors'])}, {', '.join(line['statuses'])}, "
          f"+{line['growth'] >> 10} KiB, {line['seconds']:.2f} s", flush=True)
    folder = os.environ.get("ATTESTD_CONFORMANCE_REPORT")
    if folder:
        with open(os.path.join(folder, f"case{case}.jsonl"), "a", encoding="utf-8") as report:
            report.write(json.dumps(line) + "\n")
