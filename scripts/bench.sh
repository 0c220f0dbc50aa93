#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds attestd and prints its performance beside that of its parts, as docs/performance.md shows
# it: one run. Takes about three minutes; the machine should have nothing else to do.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

step "install the Debian packages" >&2
install_packages scripts/packages.txt scripts/packages-test.txt >&2
use_ccache
step "build (preset release)" >&2
build release attestd attestctl attestd-dev-kbs attestd-bench attestd-crowd attestd-echo attestd-plain tsm-overhead functional_stubs

step "measure" >&2
export ATTESTD_BIN_DIR=$root/build/release/bin
export ATTESTD_STUBS_DIR=$root/build/release/test/functional/stubs
/usr/bin/python3 -B bench/run.py
/usr/bin/python3 -B bench/network.py
/usr/bin/python3 -B bench/doors.py
/usr/bin/python3 -B bench/flood.py
/usr/bin/python3 -B bench/hygiene.py

# The stand-in devices are a FUSE file system.
if [[ -w /dev/fuse && $(id -u) == 0 ]]; then
    printf '\nevidence through configfs-tsm, median of 500:\n\n'
    "$ATTESTD_BIN_DIR/tsm-overhead" sev_guest
    "$ATTESTD_BIN_DIR/tsm-overhead" tdx_guest
else
    say "left out: evidence through configfs-tsm needs root and /dev/fuse" >&2
fi
