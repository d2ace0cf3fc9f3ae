#!/usr/bin/env bash
# Oclgrind, which runs kernels item by item, finds nothing: no access outside a buffer, no race, no
# wrong call, no use of what was never written.
#   oclgrind.sh MODE FORM LIBRARIES PROGRAMS
#     races      everything below, in the form cpu or gpu; and no kernel is left out
#     unwritten  the table once more: uses of what was never written
#     proof      it would notice an access outside a buffer, unwritten numbers, a kernel left out
# LIBRARIES: the watching layer and the listening driver. PROGRAMS: op_table_test, whose small
# inputs are compared with the reference, forward and gradient; kernels_opencl_test and
# opencl_sub_groups_test, which take the ways that those inputs do not.
#
# Oclgrind ends with 0 whatever it finds: its log has to be empty. Each buffer has exactly its own
# size (TINYGRAD_POOL=0), or overruns would stay inside a block. Kernels are compiled with -O0: what
# Oclgrind's optimizer makes of vectors of truths, its interpreter reads wrongly. What was never
# written is looked for with all buffers kept: Oclgrind takes one for another whose number it had
# before. With races at the same time, it would need gigabytes for the table. Random numbers of the
# cpu form are left out there: Oclgrind always says of the upper half of a vector, and of its odd
# lanes (x.hi, x.odd), that they were not written.
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
# look OPTIONS CHECKS PROGRAM ARGUMENTS: runs the program; $folder/log is what was found,
# $folder/said what it says.
look() {
  local options=$1 checks=$2
  shift 2
  : > "$folder/log"
  # shellcheck disable=SC2086  # the checks are words
  env $checks OCLGRIND_LOG="$folder/log" OCLGRIND_CHECK_API=1 \
    OCLGRIND_BUILD_OPTIONS="-O0 $options" OCL_ICD_VENDORS="$folder/vendors" \
    OPENCL_LAYERS="$layer" "$@" > "$folder/said"
}
# finds_nothing CHECKS PROGRAM ARGUMENTS
finds_nothing() {
  look "" "$@" || { tail -n 40 "$folder/said"; exit 1; }
  grep PASSED "$folder/said"
  if [ -s "$folder/log" ]; then
    head -n 40 "$folder/log"
    wrong "$(grep -c . "$folder/log") lines in Oclgrind's log, which begins as above"
  fi
}
# The kernels that the library asks a device for in this form, all ops called once; those of them
# that were not launched.
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
  look '-Dvstore4(v,i,p)=vstore4(v,(i)+1,p)' "" "$op_table" --device opencl \
    --gtest_filter='against_reference.exp'
  grep -q "Invalid write" "$folder/log" || wrong "it did not notice vectors written one further"
  look '-Dvstore4(v,i,p)=vstore2((v).lo,2*(i),p)' "$unwritten" "$op_table" --device opencl \
    --gtest_filter='against_reference.var'
  grep -q "Uninitialized value" "$folder/log" ||
    wrong "it did not notice that halves of vectors were not written"
  missing=$(left_out) || wrong "$missing"
  [[ $missing == *"reduce.cl search"* && $missing != *"elementwise.cl rows"* ]] ||
    wrong "it took these for the kernels left out: $missing" ;;
esac
