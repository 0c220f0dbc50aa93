#!/bin/bash -eu
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets as OSS-Fuzz asks for them: with $CC, $CXX, $CFLAGS, $CXXFLAGS and
# $LIB_FUZZING_ENGINE, into $OUT, with their seeds. Runs in the project's folder.
#   build.sh [TARGET...]    all targets when none is named
# https://google.github.io/oss-fuzz/getting-started/new-project-guide/

targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || targets=(fuzz_targets)
build=$WORK/attestd-build
# The distribution's C++ libraries are built against its own libstdc++.
export CXXFLAGS="${CXXFLAGS//-stdlib=libc++/}"

cmake -S . -B "$build" -G Ninja \
    -DATTESTD_BUILD_TESTS=OFF -DATTESTD_BUILD_FUZZ=ON -DATTESTD_STATIC_DEPS=ON \
    -DATTESTD_WERROR=OFF -DATTESTD_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" \
    -DCMAKE_BUILD_RPATH="\$ORIGIN/lib" -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags
cmake --build "$build" --target "${targets[@]}"

# Where the targets run there are none of the packages that built them: their libraries go along,
# found by the RPATH above, which counts for the libraries' own libraries too.
mkdir -p "$OUT/lib"
for program in "$build"/bin/fuzz_*; do
    name=$(basename "$program")
    cp "$program" "$OUT/$name"
    ldd "$program" | awk '$2 == "=>" { print $3 }' |
        grep -vE '/(libc|libm|libpthread|libdl|librt|libresolv)\.so' |
        xargs -r cp -Lut "$OUT/lib"
    zip -jqr "$OUT/${name}_seed_corpus.zip" "fuzz/corpus/${name#fuzz_}"
done
