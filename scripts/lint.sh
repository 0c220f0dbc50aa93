#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Format, static analysis, direction of includes, shell scripts.
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
# Every file of src/ that the build knows; generated files lie elsewhere.
mapfile -t files < <(sed -nE "s|^ *\"file\": \"$root/(src/.*\.cc)\",?\$|\1|p" \
    build/tidy/compile_commands.json | sort)
[[ ${#files[@]} -gt 0 ]] || die "build/tidy/compile_commands.json names no file of src/"
# shellcheck disable=SC2016 # $0 is the inner shell's: one file.
printf '%s\n' "${files[@]}" |
    xargs -P "$jobs" -n 1 sh -c 'clang-tidy -p build/tidy --quiet "$0" 2>/dev/null'
say "attestd lint: PASSED (clang-tidy on ${#files[@]} files)"
