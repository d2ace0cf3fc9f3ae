# SPDX-License-Identifier: MIT
# Contains what the tests of this folder share. It is sourced with the two programs as arguments,
# and changes to a new folder that is removed at the end.
set -euo pipefail
mlp=$1 cnn=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset TINYGRAD_DATA TINYGRAD_DEVICE TINYGRAD_THREADS
tiny=(--dataset digits --samples 640 --epochs 3)

wrong() {
  echo "WRONG: $*" >&2
  exit 1
}

# refused PATTERN COMMAND...: one line on stderr, which matches; nothing on stdout; exit code 2; no
# file made.
refused() {
  local pattern=$1 code=0 before after
  shift
  before=$(find . | sort)
  "$@" > "$folder.out" 2> "$folder.err" || code=$?
  after=$(find . | sort)
  local out err
  out=$(cat "$folder.out") err=$(cat "$folder.err")
  rm -f "$folder.out" "$folder.err"
  echo "$err"
  [ $code = 2 ] || wrong "exit code $code instead of 2: $* : $err"
  [ "$(wc -l <<< "$err")" = 1 ] || wrong "not one line: $err"
  grep -qiE -- "$pattern" <<< "$err" || wrong "the message does not say $pattern: $err"
  [ -z "$out" ] || wrong "printed: $out"
  [ "$before" = "$after" ] || wrong "files were made: $after"
}

same() { cmp "$1" "$2" || wrong "$1 and $2 differ"; }
