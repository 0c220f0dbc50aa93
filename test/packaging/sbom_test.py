#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the bill of materials that the package brings to what is really in the programs.

    sbom_test.py BUILD_DIRECTORY

Installs the build into an empty folder and asks the loader, the package database and the programs
themselves. Each check is then tried on a bill with that one thing spoilt, and has to refuse it.
"""
import copy
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAMS = {"attestd": "usr/bin/attestd", "attestctl": "usr/bin/attestctl",
            "attestd-mount": "usr/libexec/attestd/attestd-mount"}
BILL = "usr/share/doc/attestd/attestd.cdx.json"
# What a release build links statically, with a text that the programs then hold.
STATIC = {"libgrpc-dev": b"grpc-c/", "libgrpc++-dev": b"grpc-c++/", "libabsl-dev": b"absl",
          "libprotobuf-dev": b"N6google8protobuf", "libc-ares-dev": b"ares_",
          "zlib1g-dev": b"incorrect header check", "libstdc++-12-dev": b"std::bad_alloc"}
HEADERS = ("nlohmann-json3-dev", "libtomlplusplus-dev", "libcli11-dev")
URL_OF_PACKAGE = re.compile(
    r"pkg:deb/debian/[a-z0-9.%B-]+@[A-Za-z0-9.%~-]+\?arch=[a-z0-9]+&distro=debian-[\d.]+"
    r"(&upstream=[a-z0-9.%B-]+)?")


def fail(text):
    sys.exit(f"sbom_test: FAILED: {text}")


def values(component, name):
    return [one["value"] for one in component["properties"] if one["name"] == f"attestd:{name}"]


def files(bill, how):
    return {file for component in bill["components"] for file in values(component, how)}


def form(bill, _):
    """The fields that CycloneDX 1.5 requires, and references that lead somewhere."""
    if (bill.get("bomFormat"), bill.get("specVersion")) != ("CycloneDX", "1.5"):
        return "it is no CycloneDX 1.5"
    if not re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"]) or bill["version"] != 1:
        return "serial number or version"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["metadata"]["timestamp"]):
        return "timestamp"
    for one in bill["components"]:
        if one["type"] != "library" or not URL_OF_PACKAGE.fullmatch(one["purl"]):
            return f"component {one['name']}: {one['purl']}"
    references = [one["bom-ref"] for one in bill["components"]]
    if len(set(references)) != len(references):
        return "two components with one reference"
    if bill["dependencies"] != [{"ref": "attestd", "dependsOn": references}]:
        return "the dependencies are not the components"
    return None


def programs(bill, root):
    """The bill is of these programs: their hashes."""
    listed = {one["name"]: one["hashes"] for one in bill["metadata"]["component"]["components"]}
    for name, path in PROGRAMS.items():
        digest = hashlib.sha256((root / path).read_bytes()).hexdigest()
        if listed.get(name) != [{"alg": "SHA-256", "content": digest}]:
            return f"{name} is another file"
    return None


def dynamic(bill, root):
    """Every library that the loader names, and none besides."""
    loaded = set()
    for path in PROGRAMS.values():
        text = subprocess.run(["ldd", str(root / path)], check=True, capture_output=True,
                              text=True).stdout
        loaded |= {os.path.basename(line.split()[0]) for line in text.splitlines()
                   if "linux-vdso" not in line}
    difference = sorted(loaded ^ files(bill, "dynamic"))
    return f"libraries in one of ldd and bill: {difference}" if difference else None


def static(bill, root):
    """The archives that release builds take in."""
    content = b"".join((root / path).read_bytes() for path in PROGRAMS.values())
    known = {one["name"]: values(one, "linkage") for one in bill["components"]}
    for package, text in STATIC.items():
        if text not in content:
            return f"the programs hold nothing of {package}: is this a release build?"
        if "static" not in known.get(package, []):
            return f"{package} is not listed as static"
    missing = [package for package in HEADERS if "header" not in known.get(package, [])]
    return f"not listed as header: {missing}" if missing else None


def versions(bill, _):
    """As dpkg has them now."""
    for one in bill["components"]:
        installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", one["name"]],
                                   capture_output=True, text=True, check=False).stdout
        if one["version"] != installed:
            return f"{one['name']} has version {one['version']}, dpkg says {installed or 'nothing'}"
    return None


def opened(bill, _):
    """What is opened by name at run time."""
    found = [one["name"] for one in bill["components"] if "opened" in values(one, "linkage")]
    return None if found == ["libtss2-tcti-device0"] else f"opened by name: {found}"


CHECKS = (form, programs, dynamic, static, versions, opened)


def without(bill, package):
    """The bill and its list of dependencies with one component less."""
    kept = [one for one in bill["components"] if one["name"] != package]
    return {**bill, "components": kept,
            "dependencies": [{"ref": "attestd", "dependsOn": [one["bom-ref"] for one in kept]}]}


def spoilt(bill):
    """(what was spoilt, the bill, the check that has to see it)"""
    yield "format", {**bill, "bomFormat": "SPDX"}, form
    yield "dependencies", {**bill, "dependencies": []}, form
    yield "libcurl4", without(bill, "libcurl4"), dynamic
    yield "libgrpc-dev", without(bill, "libgrpc-dev"), static
    yield "nlohmann-json3-dev", without(bill, "nlohmann-json3-dev"), static
    yield "libtss2-tcti-device0", without(bill, "libtss2-tcti-device0"), opened
    other = copy.deepcopy(bill)
    other["components"][0]["version"] = "0"
    yield "version", other, versions
    other = copy.deepcopy(bill)
    other["metadata"]["component"]["components"][0]["hashes"][0]["content"] = "0" * 64
    yield "hash", other, programs


def install(build, root):
    done = subprocess.run(["cmake", "--install", str(build)], capture_output=True, text=True,
                          check=False, env={**os.environ, "DESTDIR": str(root)})
    if done.returncode != 0:
        fail(f"cmake --install: {done.stdout[-500:]}{done.stderr[-2000:]}")
    return (root / BILL).read_bytes()


def main():
    build = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "first"
        text = install(build, root)
        bill = json.loads(text)
        for check in CHECKS:
            found = check(bill, root)
            if found:
                fail(f"{check.__name__}: {found}")
        for what, other, check in spoilt(bill):
            if not check(other, root):
                fail(f"control: {check.__name__} accepts a bill with another {what}")
        if install(build, pathlib.Path(folder) / "second") != text:
            fail("made again it is another file")
    if str(build.resolve()).encode() in text:
        fail("it holds a path of the machine that built it")
    print(f"{len(bill['components'])} components, {len(files(bill, 'dynamic'))} shared libraries, "
          f"{len(files(bill, 'static'))} archives and start files")


if __name__ == "__main__":
    main()
