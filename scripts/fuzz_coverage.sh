#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Prints how many lines of its parsers each fuzz target reaches, by its kept corpus and by what
# scripts/fuzz.sh found before. Fails under 90 %.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

step "install the Debian packages"
install_packages scripts/packages.txt scripts/packages-test.txt
use_ccache
step "build (preset fuzz-coverage)"
build fuzz-coverage fuzz_targets || die "the fuzz targets do not build"
step "run the inputs"
python3 scripts/fuzz_coverage.py build/fuzz-coverage build/asan/found || die "see above"
say "attestd fuzz coverage: PASSED"
