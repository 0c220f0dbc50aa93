#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Line coverage of each parser by the inputs of its fuzz target.

Usage: fuzz_coverage.py BUILD_FOLDER [FOUND_FOLDER]

BUILD_FOLDER is a build of the fuzz targets with clang's source coverage. A target's inputs are its
kept corpus and, when given, what a run of scripts/fuzz.sh found: FOUND_FOLDER/<target>. The parsers
of a target are named in its source: "// Covers: src/a.cc src/b.cc", on one line or more.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Of the lines of a target's parsers together.
WANTED = 90.0


def fail(text):
    sys.exit(f"fuzz_coverage: {text}")


def parsers_of(source):
    lines = re.findall(r"^// Covers: (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
    if not lines:
        fail(f"{source.name} has no line \"// Covers: ...\"")
    parsers = " ".join(lines).split()
    for parser in parsers:
        if not (ROOT / parser).is_file():
            fail(f"{source.name} covers {parser}, which is not there")
    return parsers


def run_inputs(program, folders, profile):
    command = [str(program), "-runs=0", "-timeout=10", *map(str, folders)]
    result = subprocess.run(command, capture_output=True, check=False,
                            env={**os.environ, "LLVM_PROFILE_FILE": str(profile)})
    if result.returncode != 0:
        fail(f"{program.name} failed:\n{result.stderr.decode(errors='replace')[-2000:]}")


def lines_covered(program, profile, parsers):
    """For each parser: how many lines are covered, and how many there are."""
    merged = profile.with_suffix(".profdata")
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", str(profile), "-o", str(merged)],
                   check=True)
    report = subprocess.run(["llvm-cov-14", "export", "--summary-only",
                             f"-instr-profile={merged}", str(program)],
                            check=True, capture_output=True)
    files = json.loads(report.stdout)["data"][0]["files"]
    covered = []
    for parser in parsers:
        # What stands before "src/" in the report depends on the build (-ffile-prefix-map, ccache).
        found = [one["summary"]["lines"] for one in files
                 if ("/" + one["filename"]).endswith("/" + parser)]
        if len(found) != 1 or found[0]["count"] == 0:
            fail(f"{parser} is not compiled into {program.name}")
        covered.append((found[0]["covered"], found[0]["count"]))
    return covered


def percent(covered, count):
    return 100.0 * covered / count


def judge(source, build, found):
    """Prints the row of one target; whether it reaches enough."""
    name = source.stem
    program = build / "bin" / name
    folders = [ROOT / "fuzz" / "corpus" / name.removeprefix("fuzz_")]
    if not program.is_file():
        fail(f"{name} is not built")
    if not folders[0].is_dir():
        fail(f"{name} has no kept corpus")
    if found and (found / name).is_dir():
        folders.append(found / name)
    parsers = parsers_of(source)
    with tempfile.TemporaryDirectory() as work:
        profile = pathlib.Path(work) / "run.profraw"
        run_inputs(program, folders, profile)
        lines = lines_covered(program, profile, parsers)
    covered, count = map(sum, zip(*lines))
    share = percent(covered, count)
    lowest, least = min(zip(parsers, (percent(*one) for one in lines)), key=lambda one: one[1])
    print(f"| `{name}` | {covered} | {count} | {share:.1f} | "
          f"`{lowest.removeprefix('src/')}` {least:.1f} |", flush=True)
    return share >= WANTED


def main():
    if len(sys.argv) not in (2, 3):
        fail("usage: fuzz_coverage.py BUILD_FOLDER [FOUND_FOLDER]")
    build = pathlib.Path(sys.argv[1])
    found = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    sources = sorted((ROOT / "fuzz").glob("fuzz_*.cc"))
    print("| target | lines covered | of | % | lowest parser, % |\n"
          "| --- | --- | --- | --- | --- |", flush=True)
    low = [source.stem for source in sources if not judge(source, build, found)]
    if low:
        print(f"fuzz_coverage: under {WANTED:.0f} %: " + ", ".join(low))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
