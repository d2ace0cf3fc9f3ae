#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that Oclgrind, which interprets kernels work-item by work-item, finds no error: no access
# outside a buffer, no data race, no invalid API call, no use of uninitialized memory.
#   oclgrind.sh MODE FORM LIBRARIES PROGRAMS
#     races      all programs below, in the form cpu or gpu; every kernel must have been launched
#     unwritten  the op table once more, for uses of uninitialized memory
#     proof      the test itself: it must detect an access outside a buffer, uninitialized elements,
#                and a kernel that was not launched
# LIBRARIES: the watching layer and the listening driver. PROGRAMS: op_table_test, which compares
# small inputs with the reference, forward and gradient; kernels_opencl_test and
# opencl_sub_groups_test, which take the code paths that those inputs do not.
#
# Oclgrind exits with 0 whatever it finds, so its log must be empty. Each buffer has exactly the
# requested size (TINYGRAD_POOL=0), otherwise overruns would stay inside a block. Kernels are
# compiled with -O0, because Oclgrind's interpreter misreads what its optimizer makes of vectors of
# booleans. Uninitialized memory is detected with all buffers kept, because Oclgrind confuses a new
# buffer with a released one of the same handle. Together with race detection, the op table would
# need gigabytes. Random numbers of the cpu form are excluded there: Oclgrind always reports the
# upper half of a vector and its odd lanes (x.hi, x.odd) as uninitialized.
set -uo pipefail
mode=$1 form=$2 layer=$3 listener=$4 op_table=$5 kernels=$6 sub_groups=$7
program=$(command -v oclgrind || echo /none/bin/oclgrind)
driver=$(dirname "$(dirname "$program")")/lib/oclgrind/liboclgrind-rt-icd.so
if [ ! -e "$driver" ]; then
  echo "oclgrind is missing (Debian: apt-get install oclgrind)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/vendors" "$folder/listener" "$folder/programs"
echo "$driver" > "$folder/vendors/oclgrind.icd"
echo "$listener" > "$folder/listener/listening.icd"
export TINYGRAD_POOL=0 TINYGRAD_OPENCL_CACHE=0
export TINYGRAD_OPENCL_FORM=$form TINYGRAD_LAUNCHED=$folder/launched
races=OCLGRIND_DATA_RACES=1 unwritten="OCLGRIND_UNINITIALIZED=1 TINYGRAD_KEEP_BUFFERS=1" no_random=
[ "$form" = gpu ] || no_random='-against_reference.rand*:against_reference.dropout*:OpenClDropout.*'
wrong() {
  echo "WRONG: $*"
  exit 1
}
# watch OPTIONS CHECKS PROGRAM ARGUMENTS: runs the program under Oclgrind, whose findings are
# written to $folder/log and its output to $folder/said.
watch() {
  local options=$1 checks=$2
  shift 2
  : > "$folder/log"
  # shellcheck disable=SC2086  # the checks are separate words
  env $checks OCLGRIND_LOG="$folder/log" OCLGRIND_CHECK_API=1 \
    OCLGRIND_BUILD_OPTIONS="-O0 $options" OCL_ICD_VENDORS="$folder/vendors" \
    OPENCL_LAYERS="$layer" "$@" > "$folder/said"
}
# finds_nothing CHECKS PROGRAM ARGUMENTS
finds_nothing() {
  watch "" "$@" || { tail -n 40 "$folder/said"; exit 1; }
  grep PASSED "$folder/said"
  if [ -s "$folder/log" ]; then
    head -n 40 "$folder/log"
    wrong "$(grep -c . "$folder/log") lines in Oclgrind's log, which begins as above"
  fi
}
# Prints the kernels that the library needs in this form, if all ops are called once, and that were
# not launched.
left_out() {
  OCL_ICD_VENDORS=$folder/listener TINYGRAD_PROGRAMS=$folder/programs \
    "$op_table" --device opencl --once || wrong "all ops once ended with $?"
  awk '/^#define KERNEL_/ { kernel = substr($2, 8) }
       /^#line 1 / { gsub("\"", "", $3); print $3, kernel; nextfile }' "$folder/programs"/*.cl |
    sort -u > "$folder/asked"
  sort -u "$TINYGRAD_LAUNCHED" | comm -23 "$folder/asked" -
}

case $mode in
races)
  finds_nothing "$races" "$op_table" --device opencl --gtest_filter='against_reference.*'
  finds_nothing "$races $unwritten" "$kernels" --gtest_filter="*$no_random"
  finds_nothing "$races $unwritten" "$sub_groups" --gtest_filter='*Product.TakesBatchesAndBias'
  missing=$(left_out) || wrong "$missing"
  [ -z "$missing" ] || wrong "these kernels were never launched: $missing"
  echo "all $(wc -l < "$folder/asked") kernels of this form were launched" ;;
unwritten)
  finds_nothing "$unwritten" "$op_table" --device opencl \
    --gtest_filter="against_reference.*$no_random" ;;
proof)
  watch '-Dvstore4(v,i,p)=vstore4(v,(i)+1,p)' "" "$op_table" --device opencl \
    --gtest_filter='against_reference.exp'
  grep -q "Invalid write" "$folder/log" || wrong "it did not detect vectors stored one too far"
  watch '-Dvstore4(v,i,p)=vstore2((v).lo,2*(i),p)' "$unwritten" "$op_table" --device opencl \
    --gtest_filter='against_reference.var'
  grep -q "Uninitialized value" "$folder/log" ||
    wrong "it did not detect that halves of vectors were not stored"
  missing=$(left_out) || wrong "$missing"
  [[ $missing == *"reduce.cl search"* && $missing != *"elementwise.cl rows"* ]] ||
    wrong "it reported these kernels as not launched: $missing" ;;
esac
