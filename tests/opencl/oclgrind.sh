#!/usr/bin/env bash
# Oclgrind, which runs kernels item by item, finds nothing: no access outside a buffer, no race, no wrong call.
#   oclgrind.sh OP_TABLE_TEST FORM     the small inputs of the table of ops, forward and gradient, against the reference
#   oclgrind.sh OP_TABLE_TEST proof    it would notice an access outside a buffer
# It ends with 0 whatever it finds: its log has to be empty. Each buffer has exactly its own size (TINYGRAD_POOL=0), or overruns would stay
# inside a block. Kernels are compiled with -O0: what Oclgrind's optimizer makes of vectors of truths, its interpreter reads wrongly. Reads of
# what was never written are not looked for: it confuses buffers whose number is used again.
set -uo pipefail
op_table=$1 form=$2
driver=$(dirname "$(dirname "$(command -v oclgrind || echo /none/bin/oclgrind)")")/lib/oclgrind/liboclgrind-rt-icd.so
if [ ! -e "$driver" ]; then
  echo "oclgrind is missing (Debian: apt-get install oclgrind)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/vendors"
echo "$driver" > "$folder/vendors/oclgrind.icd"
export OCL_ICD_VENDORS=$folder/vendors OCLGRIND_LOG=$folder/log OCLGRIND_DATA_RACES=1 OCLGRIND_CHECK_API=1 TINYGRAD_POOL=0 TINYGRAD_OPENCL_CACHE=0
touch "$OCLGRIND_LOG"

if [ "$form" = proof ]; then
  export OCLGRIND_BUILD_OPTIONS='-O0 -Dvstore4(v,i,p)=vstore4(v,(i)+1,p)' TINYGRAD_OPENCL_FORM=gpu
  "$op_table" --device opencl --gtest_filter='against_reference.exp' > /dev/null
  grep -q "Invalid write" "$OCLGRIND_LOG" || { echo "WRONG: it did not notice vectors written one further"; exit 1; }
  exit 0
fi
export OCLGRIND_BUILD_OPTIONS=-O0 TINYGRAD_OPENCL_FORM=$form
"$op_table" --device opencl --gtest_filter='against_reference.*' > "$folder/said" || { tail -n 40 "$folder/said"; exit 1; }
grep -E 'tests ran|PASSED' "$folder/said"
if [ -s "$OCLGRIND_LOG" ]; then
  echo "WRONG: $(grep -c . "$OCLGRIND_LOG") lines in Oclgrind's log, which begins"
  head -n 40 "$OCLGRIND_LOG"
  exit 1
fi
