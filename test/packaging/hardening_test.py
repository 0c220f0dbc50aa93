#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looks in the release binaries for what the compiler's and linker's hardening leaves there.

    hardening_test.py BUILD_DIRECTORY CXX

Each check is first tried on small programs: one built with everything, which passes all of them,
and one for each check without that one thing, which fails that check and no other. What is asked
for: OpenSSF, Compiler Options Hardening Guide for C and C++.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import elf_file

PROGRAMS = ("attestd", "attestctl", "attestd-mount")
# Whose objects lie in no library of ours.
OBJECTS = (*PROGRAMS, "attestd_zero_on_free")
CET = "IBT, SHSTK"


def pie(elf):
    if "DYN (Position-Independent Executable file)" not in elf.header:
        return "it is no position-independent executable"
    return None


def relro(elf):
    relocated = elf.segments("GNU_RELRO")
    if not relocated:
        return "there is no RELRO segment"
    first, behind, _ = relocated[0]
    # Late binding writes to .got.plt; that is the next check's.
    late = (".got.plt",) if not now(elf) else ()
    for name in (".got", ".dynamic", ".init_array", *late):
        section = elf.section(name)
        if section and not (first <= section[0] and section[1] <= behind):
            return f"{name} stays writable"
    return None


def now(elf):
    return None if "BIND_NOW" in elf.dynamic else "symbols are bound late"


def stack(elf):
    flags = [flags for _, _, flags in elf.segments("GNU_STACK")]
    return None if flags == ["RW"] else f"the stack's flags are {flags}, expected RW"


def separate(elf):
    both = [hex(first) for first, _, flags in elf.segments("LOAD") if "W" in flags and "E" in flags]
    return f"writable and executable: segments at {both}" if both else None


def search_path(elf):
    return "it has a RPATH or RUNPATH" if "PATH)" in elf.dynamic else None


def text_relocations(elf):
    return "the loader has to write to its code" if "TEXTREL" in elf.dynamic else None


def fortify(elf):
    found = elf.imports(r"__\w+_chk")
    return None if found else "it calls none of glibc's checked functions (__..._chk)"


def stack_protector(elf):
    return None if elf.imports("__stack_chk_fail") else "it does not call __stack_chk_fail"


def cet(elf):
    return None if CET in elf.notes else "its property note lacks IBT or SHSTK"


CHECKS = {check.__name__: check for check in (
    pie, relro, now, stack, separate, search_path, text_relocations, fortify, stack_protector, cet)}

SOURCE = r"""
#include <stdio.h>
#include <string.h>
int main(int argc, char** argv) {
  char text[64];
  snprintf(text, sizeof text, "%d %s", argc, argv[0]);
  memcpy(text, argv[0], (unsigned)argc);
  return puts(text);
}
"""
HARDENED = ("-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-U_FORTIFY_SOURCE",
            "-D_FORTIFY_SOURCE=3", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack",
            "-fuse-ld=bfd")
HARDENED_X86 = ("-fcf-protection=full", "-Wl,-z,ibt", "-Wl,-z,shstk")
# What takes one thing away again, as flags or as a line of source.
WITHOUT = {
    "pie": (("-fno-pie", "-no-pie"), ""),
    "relro": (("-Wl,-z,norelro",), ""),
    "now": (("-Wl,-z,lazy",), ""),
    "stack": (("-Wl,-z,execstack",), ""),
    "separate": ((), '__asm__(".section .both,\\"awx\\",@progbits\\n.quad 0\\n.text");'),
    "search_path": (("-Wl,-rpath,/nowhere",), ""),
    "text_relocations": (("-Wl,-z,notext",), '__asm__(".text\\n.quad main");'),
    "fortify": (("-U_FORTIFY_SOURCE",), ""),
    "stack_protector": (("-fno-stack-protector",), ""),
    "cet": (("-Wl,-z,noibt", "-Wl,-z,noshstk"), ""),
}


def fail(text):
    sys.exit(f"hardening_test: FAILED: {text}")


def failed_checks(path):
    """{check: what it found} for one program."""
    elf = elf_file.ElfFile(str(path))
    found = {name: check(elf) for name, check in CHECKS.items() if name != "cet" or elf.x86_64}
    return {name: text for name, text in found.items() if text}


def compile_control(cxx, folder, name, flags, line):
    program = folder / name
    base = HARDENED + (HARDENED_X86 if os.uname().machine == "x86_64" else ())
    if name == "cet":  # no linker has a flag that takes its own -z ibt back
        base = tuple(flag for flag in base if flag not in HARDENED_X86[1:])
        flags = ("-fcf-protection=none",)
    built = subprocess.run([cxx, "-x", "c++", "-", "-o", str(program), *base, *flags], text=True,
                           input=SOURCE + line + "\n", check=False, capture_output=True)
    if built.returncode != 0:
        fail(f"the control {name} does not build: {built.stderr}")
    return program


def check_controls(cxx, folder):
    found = failed_checks(compile_control(cxx, folder, "hardened", (), ""))
    if found:
        fail(f"a program with all of it is refused: {found}")
    for name, (flags, line) in WITHOUT.items():
        if name == "cet" and os.uname().machine != "x86_64":
            continue
        found = failed_checks(compile_control(cxx, folder, name, flags, line))
        if list(found) != [name]:
            fail(f"a program without {name} fails {found or 'nothing'}")
    print(f"controls: {len(WITHOUT)} programs, each fails its own check and no other")


def check_archive_controls(cxx, folder):
    """Of two objects in an archive the one that is compiled without anything has to be named."""
    names = {"with.o": (*HARDENED, "-fcf-protection=full"),
             "without.o": ("-O2", "-fcf-protection=none", "-fno-stack-protector",
                           "-U_FORTIFY_SOURCE")}
    for name, flags in names.items():
        subprocess.run([cxx, "-x", "c++", "-c", "-", "-o", str(folder / name), *flags], text=True,
                       input=SOURCE, check=True)
    archive = str(folder / "both.a")
    subprocess.run(["ar", "qc", archive, *(str(folder / name) for name in names)], check=True)
    count, lacking = elf_file.members_without(archive, CET)
    if count != 2 or len(lacking) != 1 or "without.o" not in lacking[0]:
        fail(f"control: {lacking} of {count} lack the note, expected without.o of 2")
    for pattern in ("__stack_chk_fail", r"__\w+_chk"):
        if not elf_file.references([archive], pattern):
            fail(f"control: {pattern} is not seen in with.o")
        if elf_file.references([str(folder / "without.o")], pattern):
            fail(f"control: {pattern} is seen in without.o")


def own_files(build):
    """Our libraries and the programs' own objects: what our flags compile."""
    files = sorted(str(path) for folder in ("src", "proto")
                   for path in (build / folder).rglob("*")
                   if path.suffix == ".a" or (path.suffix == ".o" and any(
                       part == f"{name}.dir" for part in path.parts for name in OBJECTS)))
    if len(files) < 20:
        fail(f"only {len(files)} objects and libraries of ours in {build}: is it built?")
    return files


def check_own_code(build):
    """The binaries hold Debian's code too: these flags have to show in ours alone."""
    files = own_files(build)
    if not elf_file.references(files, "__stack_chk_fail"):
        fail("no object of ours has stack protectors")
    if not elf_file.references(files, r"__\w+_chk"):
        fail("no object of ours has fortified calls")
    if os.uname().machine == "x86_64":
        counts = [(path, *elf_file.members_without(path, CET)) for path in files]
        lacking = [(path, names) for path, _, names in counts if names]
        if lacking:
            fail(f"compiled without -fcf-protection=full: {lacking}")
        print(f"control flow: IBT and SHSTK in all {sum(count for _, count, _ in counts)} objects")


def inputs_without_cet(cxx):
    """Start files of the toolchain without the note: with one of them no program can have it."""
    found = [subprocess.run([cxx, f"-print-file-name={name}"], check=True, text=True,
                            capture_output=True).stdout.strip()
             for name in ("Scrt1.o", "crti.o", "crtn.o")]
    return [os.path.realpath(path) for path in found if elf_file.members_without(path, CET)[1]]


def check_program(path, cxx):
    found = failed_checks(path)
    if "cet" in found:
        # The linker notes what all of its inputs have; forcing it would claim what is not so.
        excuse = inputs_without_cet(cxx)
        if not excuse:
            fail(f"{path.name}: {found['cet']}, and the toolchain's start files do not explain it")
        print(f"{path.name}: no CET note, since Debian builds {', '.join(excuse)} without")
        del found["cet"]
    if found:
        fail(f"{path.name}: {found}; see cmake/AttestdTargets.cmake")
    print(f"{path.name}: hardened")


def main():
    build, cxx = pathlib.Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        check_controls(cxx, pathlib.Path(folder))
        if os.uname().machine == "x86_64":
            check_archive_controls(cxx, pathlib.Path(folder))
    check_own_code(build)
    for name in PROGRAMS:
        check_program(build / "bin" / name, cxx)


if __name__ == "__main__":
    main()
