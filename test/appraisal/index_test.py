#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gives every entry of the recorded evidence's INDEX.md to `attestctl appraise`.

    index_test.py ATTESTCTL FOLDER

Exit status 0: every verdict is the one that INDEX.md names, and no entry is unknown. 77: skipped,
the folder is not there. An entry that the table does not know is a failure: evidence that came new
is not passed over.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from index_cases import FOLDERS, MADE
from index_table import TABLE, cases_of

EXIT_SKIPPED = 77
TIMEOUT_SECONDS = 60
ENTRY = re.compile(r"^### (.*)$", re.MULTILINE)
NAME = re.compile(r"`([^`]+)`")


def entries(index):
    """The files that the headings of the index name, in their order."""
    return [name for heading in ENTRY.findall(index) for name in NAME.findall(heading)]


class Workshop:
    """Turns the words of a case into paths."""

    def __init__(self, vectors, folder):
        self.vectors, self.folder = vectors, folder

    def read(self, name):
        return (self.vectors / name).read_bytes()

    def path(self, word):
        if word.startswith("@"):
            return str(self.vectors / word[1:])
        if word.startswith("%"):
            path = self.folder / word[1:]
            path.write_bytes(MADE[word[1:]](self.read))
            return str(path)
        if word.startswith("+"):
            return str(self.roots(word[1:]))
        return word

    def roots(self, name):
        folder = self.folder / f"{name}.roots"
        folder.mkdir(exist_ok=True)
        for number, word in enumerate(FOLDERS[name]):
            (folder / str(number)).write_bytes(pathlib.Path(self.path(word)).read_bytes())
        return folder


def lookup(claims, path):
    for part in path.split("/"):
        claims = claims.get(part, {}) if isinstance(claims, dict) else {}
    return claims if isinstance(claims, str) else ""


def compare_checks(case, checks):
    failed = {name for name, check in checks.items() if check["result"] == "fail"}
    if failed != set(case.failed):
        yield f"failed {sorted(failed)}, not {sorted(case.failed)}"
        yield from (f"  {name}: expected {checks[name]['expected']}, found {checks[name]['found']}"
                    for name in sorted(failed - set(case.failed)))
    for name in case.passed:
        if name not in checks or checks[name]["result"] != "pass":
            yield f"{name} was not made, or did not pass"
    for path, start in case.texts.items():
        name, member = path.split("/")
        found = checks.get(name, {}).get(member, "")
        if not found.startswith(start):
            yield f"{path} is {found!r}, not {start}..."


def compare(case, outcome):
    """Complaints about one outcome."""
    if case.unusable:
        if outcome.returncode != 2 or outcome.stdout:
            yield f"exit status {outcome.returncode}, not 2"
        return
    wanted = 1 if case.failed else 0
    if outcome.returncode != wanted:
        yield f"exit status {outcome.returncode}, not {wanted}: {outcome.stderr.strip()}"
    if outcome.returncode == 2:
        return
    verdict = json.loads(outcome.stdout)
    if verdict["verdict"] != ("fail" if case.failed else "pass"):
        yield f"verdict {verdict['verdict']}"
    yield from compare_checks(case, {check["name"]: check for check in verdict["checks"]})
    for path, start in case.claims.items():
        if not lookup(verdict["claims"], path).startswith(start):
            yield f"claim {path} is {lookup(verdict['claims'], path)!r}, not {start}..."


def run(program, workshop, case):
    arguments = [workshop.path(word) for word in case.arguments]
    return subprocess.run([program, "appraise", "--json", "--at", case.at, *arguments],
                          capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)


def judge_entry(program, workshop, entry, cases):
    """The number of cases that came out wrong."""
    wrong = 0
    for case in cases:
        complaints = list(compare(case, run(program, workshop, case)))
        print(f"{'FAIL' if complaints else 'ok  '}  {entry}: {case.what}")
        for complaint in complaints:
            print(f"        {complaint}")
        wrong += bool(complaints)
    return wrong


def self_test():
    """The comparison can fail: a wrong outcome of each kind is complained about."""
    from index_cases import Case
    good = {"verdict": "pass", "claims": {"a": {"b": "cd"}},
            "checks": [{"name": "x", "result": "pass", "expected": "e", "found": "f"}]}

    def complaints(code=0, body=good, **case):
        outcome = subprocess.CompletedProcess([], code, json.dumps(body), "")
        return list(compare(Case("", (), **case), outcome))
    bad = [complaints(1), complaints(2), complaints(body={**good, "verdict": "fail"}),
           complaints(failed=("x",)), complaints(passed=("y",)), complaints(claims={"a/b": "d"}),
           complaints(texts={"x/found": "g"}), complaints(unusable=True)]
    right = complaints(passed=("x",), claims={"a/b": "c"}, texts={"x/found": "f"})
    index = "### `a/b`, `c`\ntext\n### `tdx/new.dat`\n"
    return (all(bad) and not right and entries(index) == ["a/b", "c", "tdx/new.dat"]
            and cases_of("tdx/new.dat") is None)


def main():
    program, vectors = sys.argv[1], pathlib.Path(os.environ.get("ATTESTD_VECTORS", sys.argv[2]))
    if not self_test():
        print("index_test: self-test failed")
        return 1
    if not (vectors / "INDEX.md").is_file():
        print(f"SKIPPED: set ATTESTD_VECTORS to the folder of the recorded evidence; {vectors} has "
              "no INDEX.md")
        return EXIT_SKIPPED
    named = entries((vectors / "INDEX.md").read_text(encoding="utf-8"))
    unknown = [entry for entry in named if cases_of(entry) is None]
    gone = [entry for entry in TABLE if entry not in named]
    for entry in unknown:
        print(f"FAIL  {entry}: INDEX.md names it, index_table.py does not know it")
    for entry in gone:
        print(f"FAIL  {entry}: index_table.py names it, INDEX.md does not")
    wrong = len(unknown) + len(gone)
    judged = 0
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(vectors, pathlib.Path(folder))
        for entry in named:
            cases = cases_of(entry)
            if isinstance(cases, list):
                wrong += judge_entry(program, workshop, entry, cases)
                judged += len(cases)
            elif cases:
                print(f"--    {entry}: {cases}")
    print(f"index_test: {len(named)} entries, {judged} verdicts, {wrong} wrong")
    return 1 if wrong or not judged else 0


if __name__ == "__main__":
    sys.exit(main())
