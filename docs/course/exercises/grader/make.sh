#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make.sh NAME writes the program of an exercise: its test, in a namespace each for the answer, for
# the answer with each of its mistakes, and for the skeleton, which comes last, so that it can use
# what it likes. mistakes/NAME.txt has two lines for each mistake: what sed does to the answer to
# plant it, and the hint: English | Chinese.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1 answer=$(cat "answers/$1.h") tries=
variant() {  # variant NAMESPACE CODE
  printf 'namespace %s {\n%s\n#include "tests/%s.h"\n}\n' "$1" "$2" "$name"
}
echo '#include "grader/grade.h"'
variant answer "$answer"
while IFS= read -r change && IFS= read -r hint; do
  number=$((${number:-0} + 1)) mistake=$(sed "$change" <<< "$answer")
  if [ "$mistake" = "$answer" ]; then
    echo "mistakes/$name.txt: mistake $number changes nothing: $change" >&2
    exit 1
  fi
  variant "mistake$number" "$mistake"
  tries+="{mistake$number::grade, {R\"-(${hint% | *})-\", R\"-(${hint#* | })-\"}}, "
done < "mistakes/$name.txt"
cat << END
#include "$name.h"
namespace skeleton {
#include "tests/$name.h"
}
int main(int argc, char** argv) {
  return run({"$name", skeleton::grade, answer::grade, {$tries}}, argc, argv);
}
END
