# SPDX-License-Identifier: Apache-2.0
"""What scripts/memory-demo.sh shows; wants ATTESTD_BIN_DIR and ATTESTD_STUBS_DIR."""
import contextlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test",
                                "functional"))
# pylint: disable=wrong-import-position
from memory.lab import Lab  # noqa: E402
from memory.scan import scan_process  # noqa: E402

DELIVERIES = 100
# Keeps what it read, as any program does.
_PLAIN = ("import sys, time; held = sys.stdin.buffer.read(); print('ready', flush=True); "
          "time.sleep(60)")


def secret_pieces(scanned):
    return sum(count for counted in (scanned.outside, scanned.inside)
               for name, count in counted.items() if name.startswith("secret-small"))


def scan_plain(lab):
    with subprocess.Popen([sys.executable, "-c", _PLAIN], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as holder:
        holder.stdin.write(lab.secrets["small"])
        holder.stdin.close()
        holder.stdout.readline()
        scanned = scan_process(lab.needles(), holder.pid)
        holder.kill()
    return scanned


def line(what, scanned, pieces):
    print(f"    {what:<44} {scanned.read >> 20:>5} MiB read {pieces:>6} pieces")


def main():
    with contextlib.ExitStack() as stack:
        lab = Lab(stack)
        for door, ask in lab.doors().items():
            if ask("small", DELIVERIES) != DELIVERIES:
                print(f"{door}: a delivery failed", file=sys.stderr)
                return 1
        needles = lab.needles()
        print(f"looked for: every 16 bytes of a random secret of {len(lab.secrets['small'])} "
              f"bytes,\n    its hex digits and Base64, the session's cookie and token, and "
              f"{needles.count('cek')} content keys\n"
              f"where: all memory of the process that root reads through /proc/PID/mem")
        plain, daemon = scan_plain(lab), lab.scan()
        line("a plain process that holds the secret:", plain, secret_pieces(plain))
        line(f"attestd, after {DELIVERIES} over gRPC, ttRPC and REST:", daemon,
             sum(daemon.outside.values()))
        for mapping in daemon.hidden:
            if "secretmem" in mapping["name"]:
                print(f"    of attestd not even root reads {mapping['bytes'] >> 20} MiB: "
                      "memfd_secret")
        shown = secret_pieces(plain) > 0 and not daemon.outside and not secret_pieces(daemon)
    print("memory demo: " + ("PASSED" if shown else "FAILED"))
    return 0 if shown else 1


if __name__ == "__main__":
    sys.exit(main())
