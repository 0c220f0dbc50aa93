#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Format, static analysis, direction of includes, shell scripts.
# Usage: lint.sh [MINUTES]: begins no further file with clang-tidy when so many minutes are over.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

trap 'code=$?; [[ $code == 0 ]] || say "attestd lint: FAILED: $current_step"; exit "$code"' EXIT

# source_files PATTERN...: files of the tree, those included that are not committed yet.
source_files() {
    git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
        [[ ! -f $file ]] || printf '%s\n' "$file"
    done
}

step "install the Debian packages"
install_packages scripts/packages.txt scripts/packages-test.txt
use_ccache

step "clang-format"
mapfile -t files < <(source_files '*.cc' '*.h' '*.c')
[[ ${#files[@]} -gt 0 ]] || die "no source files: is this a git checkout?"
clang-format --dry-run --Werror "${files[@]}"

step "direction of includes"
python3 test/include_direction.py

step "shellcheck"
mapfile -t scripts < <(source_files '*.sh' .ci/run cmake/debian/postinst cmake/debian/prerm \
    cmake/debian/postrm)
shellcheck -x "${scripts[@]}"

step "clang-tidy"
build tidy attestd_proto
# What passed before and has not changed is not looked at again.
python3 scripts/tidy.py build/tidy "$(dirname "$CCACHE_DIR")/attestd-tidy" "${1:-inf}"
say "attestd lint: PASSED"
