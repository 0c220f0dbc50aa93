#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the code blocks of docs/adding-a-tee.md with the files that the build compiles."""
import pathlib
import re
import sys

SHOWN = ["examples/tee_example/example_source.cc", "examples/tee_example/CMakeLists.txt"]
MAX_LINES = 60


def code_blocks(text):
    return re.findall(r"^```[a-z]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def complaints(root, document):
    blocks = code_blocks(document)
    for name in SHOWN:
        if (root / name).read_text(encoding="utf-8") not in blocks:
            yield f"no code block is {name} as it stands"
    lines = (root / SHOWN[0]).read_text(encoding="utf-8").splitlines()
    code = [line for line in lines if line.strip() and not line.lstrip().startswith("//")]
    if len(code) > MAX_LINES:
        yield f"{SHOWN[0]} has {len(code)} lines of code; the promise is {MAX_LINES}"


def main():
    root = pathlib.Path(sys.argv[1])
    document = (root / "docs/adding-a-tee.md").read_text(encoding="utf-8")
    # The comparison can fail: one letter less is found out.
    if len(list(complaints(root, document.replace("ExampleSource", "ExampleSourc", 1)))) != 1:
        print("document_test: a changed block was not found out")
        return 2
    found = list(complaints(root, document))
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
