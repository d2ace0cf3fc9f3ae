#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that the kernels compile for Intel's GPUs without a warning, exactly as the library compiles
# them. Intel's compiler needs no GPU for that.
#   compiles_for_intel.sh MODE OP_TABLE_TEST LISTENING_DRIVER
#     all     every program that the op table needs
#     proof   the test itself: it must detect a double and a warning
# The programs come from the library itself, by means of a driver that writes every program to a
# file: in both forms, and with sub-groups. Chips: Skylake, Ice Lake, Tiger Lake and Arc; only the
# first has doubles.
set -uo pipefail
mode=$1 op_table=$2 driver=$3
if ! command -v ocloc > /dev/null; then
  echo "ocloc is missing (Debian: apt-get install intel-opencl-icd)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export folder TINYGRAD_OPENCL_CACHE=0
export TINYGRAD_PROGRAMS=$folder/programs OCL_ICD_VENDORS=$folder/vendors
mkdir "$TINYGRAD_PROGRAMS" "$OCL_ICD_VENDORS" "$folder/compiled" "$folder/wrong"
echo "$driver" > "$OCL_ICD_VENDORS/listening.icd"
wrong() {
  echo "WRONG: $*"
  exit 1
}

forms=(cpu gpu)
[ "$mode" != proof ] || forms=(gpu)
for form in "${forms[@]}"; do
  TINYGRAD_OPENCL_FORM=$form "$op_table" --device opencl --once ||
    wrong "the table of ops ended with $?"
done

# One line per program: its path, the .cl file that it comes from, its kernel, whether it uses
# doubles, its definitions without constants, and its options.
awk -v OFS='\t' '
  FNR == 1 { options = substr($0, 4); kernel = what = ""; doubles = "floats" }
  /^#define KERNEL_/ { kernel = substr($2, 8) }
  /^#define [A-Z]+ double$/ { doubles = "doubles" }
  /^#define/ && !/ [0-9]+$/ && $2 != "index_t" {
    what = what $2 "=" substr($0, length($1 $2) + 3) ";"
  }
  /^#line 1 / {
    file = $3; gsub("\"", "", file)
    print FILENAME, file, kernel, doubles, what, options
    nextfile
  }
' "$TINYGRAD_PROGRAMS"/*.cl > "$folder/programs.txt"
literals=$(awk -F '\t' '$4 == "floats" && $6 !~ /-cl-single-precision-constant/' \
           "$folder/programs.txt")
[ -z "$literals" ] || wrong "programs without doubles whose constants may be some: $literals"

# compile PROGRAM CHIP OPTIONS
compile() {
  ocloc compile -file "$1" -device "$2" -options "$3 -Werror" -out_dir "$folder/compiled" \
    -output "$(basename "$1").$2" 2>&1
}

if [ "$mode" = proof ]; then
  softmax=$(awk -F '\t' '$3 == "softmax" && $4 == "floats"' "$folder/programs.txt" | head -n 1)
  IFS=$'\t' read -r right _ _ _ _ options <<< "$softmax"
  compile "$right" tgllp "$options" || wrong "it refused a correct program"
  refused() {  # refused WHAT LINE OPTIONS REASON: the correct program with this line added
    local said
    { cat "$right"; echo "kernel void added(global float* x, const int n) { $2 }"; } \
      > "$folder/$1.cl"
    if said=$(compile "$folder/$1.cl" tgllp "$3"); then wrong "it accepted a program with $1"; fi
    [[ $said == *"$4"* ]] || wrong "a program with $1 was refused, but for another reason: $said"
  }
  refused double_literal 'x[n] *= 0.1;' "${options/-cl-single-precision-constant/}" \
    "double precision constant"
  refused double_variable 'double y = x[n]; x[n] = y * y;' "$options" "double"
  refused warning 'x[n] = n > 0 | n < 9 ? 1 : 0;' "$options" "precedence"
  echo "3 cases were detected"
  exit
fi

# Every kernel of every .cl file must be among them.
for text in "$TINYGRAD_SOURCE_DIR"/src/backends/opencl/*.cl; do
  grep -E '^ *#(el)?if' "$text" | grep -oE 'KERNEL_[a-z_0-9]+' |
    sed "s/KERNEL_/$(basename "$text") /"
done | sort -u > "$folder/written"
awk -F '\t' '{print $2, $3}' "$folder/programs.txt" | sort -u > "$folder/asked"
missing=$(comm -23 "$folder/written" "$folder/asked")
[ -z "$missing" ] || wrong "no op uses these kernels: $missing"

# Selects the chips for each program.
awk -F '\t' -v OFS='\t' '
  { chips = "skl icllp tgllp dg2" }
  $4 == "doubles" { chips = "skl" }
  { n = split(chips, chip, " "); for (i = 1; i <= n; ++i) print $1, chip[i], $6 }
' "$folder/programs.txt" > "$folder/work"
compile_line() {
  local program chip options said
  IFS=$'\t' read -r program chip options <<< "$1"
  said=$(compile "$program" "$chip" "$options") ||
    printf '%s\n' "WRONG for $chip:" "$(sed '/^#line/q' "$program")" "$said" \
      > "$folder/wrong/$(basename "$program").$chip"
}
export -f compile compile_line
tr '\n' '\0' < "$folder/work" | xargs -0 -n 1 -P "$(nproc)" bash -c 'compile_line "$0"'
cat "$folder/wrong/"* 2> /dev/null
programs=$(cut -f 1 "$folder/work" | sort -u | wc -l)
echo "$(wc -l < "$folder/work") files were compiled:" \
  "$(wc -l < "$folder/asked") kernels in $programs programs"
[ -z "$(ls "$folder/wrong")" ]
