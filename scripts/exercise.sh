#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Grades the exercises of the course, which are in docs/course/exercises/.
#   scripts/exercise.sh          the state of each: not begun, wrong, right
#   scripts/exercise.sh NAME     grades one: what is wrong, by how much, and a hint
# The first time it builds the library for this machine, in build/native. Exit code: 0 if the
# exercise is right; 1 if it is not, or does not compile; 2 if there is none of that name.
# GRADERS=FOLDER uses the programs there, and builds nothing (for tests).
source "$(dirname "$0")/lib.sh"
folder=docs/course/exercises
names=$(cd $folder && printf '%s\n' *.h | sed 's/\.h$//')
programs=${GRADERS:-build/native/tests/exercises}

# built NAME: builds its program; says what the compiler says if it does not compile.
built() {
  local said
  [ -z "${GRADERS:-}" ] || return 0
  if [ ! -e build/native/src/libtinygrad.a ]; then
    install_packages "${build_packages[@]}"
    say "building the library for this machine, once"
    build native "exercise_$1" && return
  fi
  said=$(cmake --build --preset native --target "exercise_$1" 2>&1) && return
  grep -vE '^(\[|FAILED|ninja|.*-o [^ ]+\.o )' <<< "$said" || true
  return 1
}

# grade NAME: a program that was killed is wrong, too.
grade() {
  local code=0
  "$programs/exercise_$1" || code=$?
  [ $code -le 1 ] || echo "$1: wrong / 有错: the program was ended by signal $((code - 128))"
  [ $code = 0 ]
}

# state NAME: one line. What git knows to be untouched is not built for it.
state() {
  local file=$folder/$1.h said
  if grep -q 'not_begun()' "$file" && git diff --quiet HEAD -- "$file" 2> /dev/null; then
    said="$1: not begun / 尚未开始"
  elif said=$(built "$1"); then
    said=$(grade "$1" 2> /dev/null | grep "^$1:") || true
  else
    said="$1: wrong / 有错: it does not compile"
  fi
  printf '%-20s%-38s%s\n' "$1" "$(grep -o 'docs/course/en/[a-z0-9-]*\.md' "$file")" "${said#*: }"
}

case "${1:-}" in
  "") for name in $names; do state "$name"; done ;;
  *)
    if ! grep -qFx -- "$1" <<< "$names"; then
      echo "There is no exercise \"$1\"; there are: ${names//$'\n'/ }" >&2
      exit 2
    fi
    built "$1" || exit 1
    grade "$1"
    ;;
esac
