#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows what a dump of memory gives away: a secret is fetched a hundred times over each door, and
# then looked for in all memory of attestd that root can read, and in that of a plain program that
# holds the same secret. Ends with status 1 when attestd's has a piece of it, or the other has none.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ $(id -u) == 0 ]] || die "run as root: nobody else reads the memory of attestd"

step "build, when something has changed"
install_packages scripts/packages.txt scripts/packages-test.txt
use_ccache
build release attestd attestd-dev-kbs attestd-memory-scan functional_stubs

export ATTESTD_BIN_DIR=$root/build/release/bin
export ATTESTD_STUBS_DIR=$root/build/release/test/functional/stubs
step "look"
exec /usr/bin/python3 -B scripts/memory_demo.py
