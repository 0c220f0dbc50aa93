#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the bill of materials of a release build: CycloneDX 1.5 in JSON.

    sbom.py --build FOLDER --version TEXT --time SECONDS [--opened PACKAGE,...] --output FILE
            PROGRAM...

Lists the Debian packages whose code the programs hold or load, each with how it comes in:
    static   the archives and start files that the linker took something from, by its map
    header   what the compiler read, by ninja's record of dependencies
    dynamic  what the loader loads, by ldd
    opened   named by the caller: opened by name at run time, where none of these sees it
A package of Debian may hold copies of other projects; those are its own bill's. The same build and
the same installed packages give the same bytes.
"""
import argparse
import collections
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import uuid

SPECIFICATION = "1.5"  # https://cyclonedx.org/docs/1.5/json/


class SbomError(Exception):
    """What is missing, and what to do."""


def run(*command, **options):
    environment = {**os.environ, "LC_ALL": "C"}
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD"):
        environment.pop(name, None)
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True,
                              env=environment, **options).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise SbomError(f"{command[0]}: {getattr(error, 'stderr', '') or error}") from error


def static_files(build, program):
    """Archives and objects from outside the tree that are part of the program."""
    link_map = build / "link-maps" / f"{program}.map"
    if not link_map.is_file():
        raise SbomError(f"{link_map} is not there: build {program} with ATTESTD_STATIC_DEPS")
    text = link_map.read_text(encoding="utf-8", errors="replace")
    # mold and GNU ld write archive(member); start files stand alone.
    found = re.findall(r"(?<!\S)(?:(/[^\s():]+\.a)\(|(/[^\s():]+\.o):)", text)
    return {os.path.realpath(one or other) for one, other in found
            if not (one or other).startswith(str(build))}


def header_files(build, programs):
    """Headers of the system that the objects of these programs were compiled with."""
    if not (build / "build.ninja").is_file():
        raise SbomError(f"{build} is no build of Ninja: use the preset release")
    inputs = set(run("ninja", "-C", str(build), "-t", "inputs",
                     *(f"bin/{program}" for program in programs)).splitlines())
    headers, wanted = set(), False
    for line in run("ninja", "-C", str(build), "-t", "deps").splitlines():
        if line.startswith("    "):
            if wanted and line.startswith("    /usr/"):
                headers.add(os.path.realpath(line.strip()))
        elif ": #deps" in line:
            wanted = line.partition(": #deps")[0] in inputs
    if not headers:
        raise SbomError("ninja has no record of dependencies: build the programs first")
    return headers


def dynamic_files(build, programs):
    """{name that is asked for: path that is loaded}."""
    loaded = {}
    for program in programs:
        for line in run("ldd", str(build / "bin" / program)).splitlines():
            found = re.match(r"\s*(\S+) (?:=> (\S+) )?\(0x", line)
            if not found:
                raise SbomError(f"ldd says of {program}: {line.strip()}")
            if found[1].startswith("linux-vdso"):
                continue
            loaded[os.path.basename(found[1])] = found[2] or found[1]
    return loaded


def owners(files):
    """{file: package}, of files that dpkg installed. /lib and /usr/lib are one folder."""
    spelt = {}
    for file in files:
        spelt[file] = file
        spelt[file.removeprefix("/usr") if file.startswith("/usr/lib") else "/usr" + file] = file
    found = subprocess.run(["dpkg-query", "-S", *sorted(spelt)], capture_output=True, text=True,
                           check=False, env={**os.environ, "LC_ALL": "C"}).stdout
    result = {}
    for line in found.splitlines():
        package, _, path = line.partition(": ")
        if path in spelt and not package.startswith("diversion "):
            result[spelt[path]] = package.split(",")[0].split(":")[0]
    lost = sorted(set(files) - set(result))
    if lost:
        raise SbomError(f"no Debian package owns {lost[0]}: programs for a package are built "
                        "with Debian's libraries only")
    return result


def described(packages):
    """{package: (version, architecture, source package)}"""
    wanted = "${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    lines = run("dpkg-query", "-W", "-f", wanted, *sorted(packages)).splitlines()
    return {line.split("\t")[0]: tuple(line.split("\t")[1:]) for line in lines}


def debian():
    release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    number = re.search(r'^VERSION_ID="?([\w.]+)', release, re.MULTILINE)
    return f"debian-{number[1]}" if number else "debian"


def purl(package, version, architecture, source):
    """https://github.com/package-url/purl-spec, type deb."""
    quoted = {key: urllib.parse.quote(value, safe="") for key, value in (
        ("package", package), ("version", version), ("source", source))}
    upstream = f"&upstream={quoted['source']}" if source != package else ""
    return (f"pkg:deb/debian/{quoted['package']}@{quoted['version']}"
            f"?arch={architecture}&distro={debian()}{upstream}")


def materials(build, programs, opened):
    """{package: {(how, file)}}; what came as a header is named by its package only."""
    static = {program: static_files(build, program) for program in programs}
    dynamic = dynamic_files(build, programs)
    headers = header_files(build, programs)
    paths = {name: os.path.realpath(path) for name, path in dynamic.items()}
    owner = owners(set().union(*static.values(), headers, paths.values()))
    result = collections.defaultdict(set)
    for file in sorted(set().union(*static.values())):
        result[owner[file]].add(("static", os.path.basename(file)))
    for name, path in paths.items():
        result[owner[path]].add(("dynamic", name))
    for file in headers:
        result[owner[file]].add(("header", ""))
    for package in opened:
        result[package].add(("opened", ""))
    return result


def component(package, facts, uses):
    reference = purl(package, *facts)
    properties = [{"name": "attestd:linkage", "value": how} for how in sorted({u[0] for u in uses})]
    properties += [{"name": f"attestd:{how}", "value": file} for how, file in sorted(uses) if file]
    return {"type": "library", "bom-ref": reference, "name": package, "version": facts[0],
            "purl": reference, "properties": properties}


def program_file(build, program):
    digest = hashlib.sha256((build / "bin" / program).read_bytes()).hexdigest()
    return {"type": "file", "bom-ref": f"file:{program}", "name": program,
            "hashes": [{"alg": "SHA-256", "content": digest}]}


def document(options):
    build = options.build.resolve()
    found = materials(build, options.programs, options.opened)
    facts = described(found)
    components = [component(package, facts[package], found[package]) for package in sorted(found)]
    when = datetime.datetime.fromtimestamp(options.time, datetime.timezone.utc)
    content = {
        "metadata": {
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application", "bom-ref": "attestd", "name": "attestd",
                "version": options.version, "licenses": [{"license": {"id": "Apache-2.0"}}],
                "components": [program_file(build, program) for program in options.programs]}},
        "components": components,
        "dependencies": [{"ref": "attestd",
                          "dependsOn": [one["bom-ref"] for one in components]}]}
    # The same content has the same name.
    name = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(content, sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": SPECIFICATION, "serialNumber": name.urn,
            "version": 1, **content}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--time", type=int, required=True, help="seconds since 1970")
    parser.add_argument("--opened", type=lambda text: text.split(","), default=[])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("programs", nargs="+")
    options = parser.parse_args()
    try:
        text = json.dumps(document(options), indent=1) + "\n"
    except SbomError as error:
        sys.exit(f"sbom: {error}")
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
