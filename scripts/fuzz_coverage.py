#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Line coverage of each parser by the inputs of its fuzz target.

Usage: fuzz_coverage.py BUILD_FOLDER [FOUND_FOLDER]

BUILD_FOLDER is a build of the fuzz targets with clang's source coverage. A target's inputs are its
kept corpus and, when given, what a run of scripts/fuzz.sh found: FOUND_FOLDER/<target>. The parser
of a target is named in its source: "// Covers: src/a.cc src/b.cc".
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Inputs of a kept corpus count; a parser that no input reaches does not pass unseen.
WANTED = 90.0


def parsers_of(target):
    source = (ROOT / "fuzz" / f"{target}.cc").read_text(encoding="utf-8")
    match = re.search(r"^// Covers: (.+)$", source, re.MULTILINE)
    if not match:
        sys.exit(f"fuzz_coverage: fuzz/{target}.cc has no line \"// Covers: ...\"")
    return match.group(1).split()


def run_inputs(program, folders, profile):
    command = [str(program), "-runs=0", *map(str, folders)]
    result = subprocess.run(command, capture_output=True, check=False,
                            env={**os.environ, "LLVM_PROFILE_FILE": str(profile)})
    if result.returncode != 0:
        sys.exit(f"fuzz_coverage: {program.name} failed:\n{result.stderr.decode()[-2000:]}")


def lines_covered(program, profile, sources):
    merged = profile.with_suffix(".profdata")
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", str(profile), "-o", str(merged)],
                   check=True)
    report = subprocess.run(["llvm-cov-14", "export", "--summary-only",
                             f"-instr-profile={merged}", str(program)],
                            check=True, capture_output=True)
    # Paths in the report are relative to the tree (-ffile-prefix-map).
    files = [one["summary"]["lines"] for one in json.loads(report.stdout)["data"][0]["files"]
             if one["filename"].endswith(tuple("/" + source for source in sources))]
    if len(files) != len(sources):
        sys.exit(f"fuzz_coverage: {program.name} knows {len(files)} of {len(sources)} files")
    return sum(one["covered"] for one in files), sum(one["count"] for one in files)


def main():
    build = pathlib.Path(sys.argv[1])
    found = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    low = []
    print("| target | lines covered | of | % |\n| --- | --- | --- | --- |")
    for program in sorted((build / "bin").glob("fuzz_*")):
        folders = [ROOT / "fuzz" / "corpus" / program.name.removeprefix("fuzz_")]
        if found and (found / program.name).is_dir():
            folders.append(found / program.name)
        with tempfile.TemporaryDirectory() as work:
            profile = pathlib.Path(work) / "run.profraw"
            run_inputs(program, folders, profile)
            covered, count = lines_covered(program, profile, parsers_of(program.name))
        share = 100.0 * covered / count if count else 0.0
        print(f"| `{program.name}` | {covered} | {count} | {share:.1f} |", flush=True)
        if share < WANTED:
            low.append(program.name)
    if low:
        print(f"fuzz_coverage: under {WANTED:.0f} %: " + ", ".join(low))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
