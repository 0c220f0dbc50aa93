#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over every file of src/ that a build folder knows, on all processors.

Usage: tidy.py BUILD_FOLDER CACHE_FOLDER [MINUTES]

A file that passed is not looked at again while what the compiler sees of it, the checks and
clang-tidy stay the same: the cache holds an empty file for each. Without a cache all are checked.
The file changed last comes first; none is begun when the minutes are over, and the last line says
how many that left out.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time


COMPLAINT = "complaint"
LATE = "late"


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def preprocessed(entry):
    """What the compiler sees of the file; nothing when it cannot read it."""
    words = shlex.split(entry["command"])
    # Behind a compiler cache the compiler is the second word.
    words = words[1:] if "ccache" in words[0] else words
    position = words.index("-o")
    del words[position:position + 2]
    result = run([word for word in words if word not in {"-c", "-MD"}] + ["-E"], entry["directory"])
    return result.stdout if result.returncode == 0 else b""


def newest_first(entries, root):
    """By the commit that changed a file last; what is not committed is the newest."""
    log = run(["git", "log", "--format=", "--name-only", "--", "src"], root).stdout.decode()
    age = {}
    for name in log.split():
        age.setdefault(f"{root}/{name}", len(age))
    return sorted(entries, key=lambda entry: age.get(entry["file"], -1))


def check(entry, build, cache, salt, end):
    """Nothing, or COMPLAINT when clang-tidy said something, or LATE when there was no time."""
    text = preprocessed(entry)
    mark = cache / hashlib.sha256(salt + text).hexdigest()
    if text and mark.exists():
        os.utime(mark)
        return None
    if time.monotonic() > end:
        return LATE
    result = run(["clang-tidy", "-p", build, "--quiet", entry["file"]], entry["directory"])
    if result.returncode != 0:
        print(result.stdout.decode(), flush=True)
        return COMPLAINT
    mark.touch()
    return None


def main():
    build, cache = sys.argv[1], pathlib.Path(sys.argv[2])
    root = pathlib.Path(__file__).resolve().parent.parent
    build = str(pathlib.Path(build).resolve())
    cache.mkdir(parents=True, exist_ok=True)
    commands = json.loads((pathlib.Path(build) / "compile_commands.json").read_text("utf-8"))
    entries = [entry for entry in commands
               if entry["file"].startswith(f"{root}/src/") and entry["file"].endswith(".cc")]
    if not entries:
        print(f"tidy: {build}/compile_commands.json names no file of src/")
        return 2
    salt = run(["clang-tidy", "--version"], root).stdout + (root / ".clang-tidy").read_bytes()
    end = time.monotonic() + 60 * float(sys.argv[3] if len(sys.argv) > 3 else "inf")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda entry: check(entry, build, cache, salt, end),
                                newest_first(entries, root)))
    found = results.count(COMPLAINT)
    print(f"tidy: {len(entries)} files, {found} with complaints, {results.count(LATE)} left out")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
