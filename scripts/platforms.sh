#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and tests the library for other platforms and as packages, on a machine with Debian or
# Ubuntu:
#   scripts/platforms.sh [arm64|mingw|libcxx|deb|conan|fetch]...   all of them by default
# ARM64 by qemu, Windows by Wine, clang's libc++, a Debian package, one of Conan, FetchContent. Each
# step is a row of the table in docs/platforms.md, where the rows of other steps stay.
#   scripts/platforms.sh here      the same tests on this machine, whatever it is
source "$(dirname "$0")/lib.sh"
for name in "$@"; do
  case $name in
    arm64 | mingw | libcxx | deb | conan | fetch | here) ;;
    *) sed -n '3,8p' "$0"; exit 2 ;;
  esac
done
[ $# != 0 ] || set -- arm64 mingw libcxx deb conan fetch
wanted="^($(IFS='|'; echo "$*")):"
row_end=" $(date -u +%F), $(git rev-parse --short HEAD) |"
results=docs/platforms.md
keep_row() {
  local row
  row=$(grep -F "| $1 |" $results | tail -n 1) && rows+=("$row") || true
}
install_packages "${build_packages[@]}"

# The folders of tests/ that every platform runs, beside the table of ops.
folders=(core nn optim data io train vision tables text)

# programs PRESET FOLDER...: runs the test programs of the folders, each as one process.
programs() {
  local preset=$1 folder program count=0 files=0 output
  shift
  for folder in "$@"; do
    for program in "build/$preset/tests/${folder}"_*_test "build/$preset/tests/${folder}"_*_test.exe; do
      [ -f "$program" ] || continue
      echo "$program"
      output=$("${emulator[@]}" "$program" --gtest_brief=1 "${filter[@]}" 2>&1) ||
        { echo "$output"; return 1; }
      count=$((count + $(sed -n 's/^\[  PASSED  \] \([0-9]*\) tests*\..*/\1/p' <<< "$output")))
      files=$((files + 1))
    done
  done
  echo "$count tests of $files programs passed"
}
emulator=() filter=()

table_of_ops() {  # table_of_ops PRESET [ARGUMENTS...]
  local program
  program=$(ls "build/$1"/tests/op_table_test{,.exe} 2> /dev/null)
  "${emulator[@]}" "$program" --gtest_brief=1 "${@:2}"
}
digits() {  # digits PRESET: an epoch on digits that are drawn by code
  local program
  program=$(ls "build/$1"/examples/mnist_mlp{,.exe} 2> /dev/null)
  reaches 0.9 "${emulator[@]}" "$program" --dataset digits --epochs 1
}

# ------------------------------------------------------------ ARM64 Linux

arm64_packages=(g++-aarch64-linux-gnu qemu-user-static zlib1g-dev:arm64 libfmt-dev:arm64
                libgtest-dev:arm64 libpng-dev:arm64 libjpeg62-turbo-dev:arm64)
arm64_build() {
  dpkg --print-foreign-architectures | grep -q '^arm64$' || dpkg --add-architecture arm64
  install_packages "${arm64_packages[@]}"
  build arm64 op_table_test mnist_mlp "${folders[@]/%/_tests}"
}
# The instructions of the innermost loop of a product's tile, for each multiply-add of a vector.
arm64_instructions() {
  local functions='tile<(float|double), [0-9]+, 2>|conv_tile<float, 8, 2>'
  for file in matmul conv; do
    aarch64-linux-gnu-objdump -dC --no-show-raw-insn \
      "build/arm64/src/backends/cpu/CMakeFiles/tinygrad_kernels_neon.dir/$file.cpp.o"
  done | tools/loops "$functions"
}
arm64() {
  emulator=(qemu-aarch64-static)
  step "arm64: cross-compiled, linked statically" arm64_build
  step "arm64: the table of ops under qemu" table_of_ops arm64
  step "arm64: tests of ${folders[*]} under qemu" programs arm64 "${folders[@]}"
  step "arm64: an epoch of mnist_mlp on digits under qemu" digits arm64
  step "arm64: instructions for each multiply-add of a vector" arm64_instructions
  emulator=()
}

# ------------------------------------------------------------ Windows

mingw_packages=(g++-mingw-w64-x86-64-posix libz-mingw-w64-dev wine64 googletest)
# Headers of this machine that are the same everywhere; /usr/include has the system's own beside
# them.
mingw_headers() {
  rm -rf build/headers
  mkdir -p build/headers/{include,share/cmake,share/eigen3,lib/any/cmake}
  ln -s /usr/include/{nlohmann,fmt,CLI,CL} /usr/include/eigen3 build/headers/include
  cp -r /usr/share/cmake/{nlohmann_json,CLI11} build/headers/share/cmake
  cp -r /usr/lib/*-linux-gnu/cmake/fmt build/headers/lib/any/cmake
  rm build/headers/lib/any/cmake/fmt/fmt-targets-*  # the library itself
  cp -r /usr/share/eigen3/cmake build/headers/share/eigen3
}
mingw_build() {
  install_packages "${mingw_packages[@]}"
  mingw_headers
  build mingw op_table_test mnist_mlp tinygrad-doctor doctor_tests "${folders[@]/%/_tests}"
}
mingw_doctor() {
  "${emulator[@]}" build/mingw/tools/doctor/tinygrad-doctor.exe --device cpu --lang en | tail -n 1 |
    grep -q '^cpu works\.'
  programs mingw doctor
}
mingw() {
  export WINEDEBUG=-all WINEPREFIX=$PWD/build/wine
  emulator=(/usr/lib/wine/wine64)
  step "mingw: cross-compiled, linked statically" mingw_build
  step "mingw: the table of ops under Wine" table_of_ops mingw
  step "mingw: tests of ${folders[*]} under Wine" programs mingw "${folders[@]}"
  step "mingw: an epoch of mnist_mlp on digits under Wine" digits mingw
  step "mingw: the doctor and its tests under Wine" mingw_doctor
  emulator=()
}

# ------------------------------------------------------------ libc++

libcxx_build() {
  install_packages "${check_packages[@]}"
  build libcxx op_table_test mnist_mlp "${folders[@]/%/_tests}"
}
libcxx() {
  step "libcxx: built by clang with its standard library" libcxx_build
  step "libcxx: the table of ops" table_of_ops libcxx
  step "libcxx: tests of ${folders[*]}" programs libcxx "${folders[@]}"
  step "libcxx: an epoch of mnist_mlp on digits" digits libcxx
}

# ------------------------------------------------------------ packages

package=libtinygrad-dev
deb_build() {
  cmake --preset release -B build/deb -DCMAKE_INSTALL_PREFIX=/usr -DTINYGRAD_MPI=OFF \
    -DTINYGRAD_CUDA=OFF -DTINYGRAD_BUILD_TESTS=OFF -DTINYGRAD_BUILD_EXAMPLES=OFF \
    -DTINYGRAD_BUILD_BENCH=OFF -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
  cmake --build build/deb --parallel "$jobs"
  (cd build/deb && rm -f ./*.deb && cpack)
  ls -lh build/deb/*.deb
}
deb_lintian() {
  install_packages lintian
  lintian --tag-display-limit 0 build/deb/*.deb | tee build/deb/lintian.log
  local errors
  errors=$(grep -c '^E:' build/deb/lintian.log) || true
  echo "$errors errors of lintian, $(grep -c '^W:' build/deb/lintian.log) warnings"
  [ "$errors" = 0 ]
}
# A Debian 12 of its own, with nothing but the package and a compiler.
deb_bare_root() {
  install_packages mmdebstrap
  local root=$PWD/build/deb/root
  rm -rf "$root"
  mmdebstrap --variant=apt --include=g++,cmake,ninja-build,pkg-config bookworm "$root"
  cp build/deb/*.deb "$root/tmp"
  cp -r tests/consumer "$root/tmp"
  chroot "$root" sh -c "apt-get install -y -qq --no-install-recommends /tmp/$package*.deb"
  chroot "$root" bash /tmp/consumer/run.sh found
  chroot "$root" bash /tmp/consumer/run.sh pkgconfig
  chroot "$root" tinygrad-doctor --json > /dev/null || true
}
deb() {
  step "deb: cpack makes $package" deb_build
  step "deb: lintian" deb_lintian
  step "deb: installed on a bare Debian 12; consumers by find_package and pkg-config" deb_bare_root
}

# Conan takes what the system has for the libraries that the recipe asks for: without network too.
conan_create() {
  local home=$PWD/build/conan
  [ -x "$home/bin/conan" ] || { python3 -m venv "$home" && "$home/bin/pip" -q install conan; }
  export CONAN_HOME=$home/cache
  "$home/bin/conan" profile detect --force > /dev/null
  {
    cat "$CONAN_HOME/profiles/default"
    printf '[conf]\ntools.cmake.cmaketoolchain:generator=Ninja\n[platform_requires]\n'
    printf '%s\n' zlib/1.2.13 fmt/9.1.0 nlohmann_json/3.11.2
  } > "$home/profile"
  "$home/bin/conan" create packaging/conan -pr:a "$home/profile" -s compiler.cppstd=20 \
    -s build_type=Release
}

here_tests() {
  build release op_table_test mnist_mlp "${folders[@]/%/_tests}"
  table_of_ops release
  programs release "${folders[@]}"
  digits release
}

arm64
mingw
libcxx
deb
step "conan: conan create, with the test of the package" conan_create
step "fetch: a consumer by FetchContent" tests/consumer/run.sh archive
if [[ here: =~ $wanted ]]; then
  here_tests
  exit
fi

if [ -e $results ]; then
  sed -i '/^| what | result/,$d' $results
  {
    echo "| what | result | figure | time | run on, of commit |"
    echo "| --- | --- | --- | --- | --- |"
    printf '%s\n' "${rows[@]}"
  } >> $results
fi
printf '\n%s\n' "${rows[@]}"
exit $failed
