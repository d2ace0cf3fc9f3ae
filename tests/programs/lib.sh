# SPDX-License-Identifier: MIT
# Contains what the tests of this folder share. It is sourced with the two MNIST programs as
# arguments, beside which the other programs lie, and changes to a new folder that is removed at the
# end.
set -euo pipefail
mlp=$1 cnn=$2 programs=$(dirname "$1")
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

# resumes COMMAND...: runs that are interrupted and killed after their first checkpoint, and then
# resumed, end with the weights of one that was not. The run must take longer than an epoch.
resumes() {
  local signal code
  "$@" --quiet --save whole.safetensors
  for signal in INT KILL; do
    rm -rf run resumed.safetensors
    "$@" --quiet --checkpoint run --save resumed.safetensors &
    until compgen -G 'run/checkpoint-*.safetensors' > /dev/null; do sleep 0.02; done
    kill -$signal $!
    code=0
    wait $! 2> /dev/null || code=$?
    [ $code = $((128 + $(kill -l $signal))) ] || wrong "exit code $code after SIG$signal"
    [ ! -e resumed.safetensors ] || wrong "weights were saved by a run that SIG$signal ended"
    "$@" --checkpoint run --resume --save resumed.safetensors > out
    grep -q 'resumed from' out || wrong "it did not resume: $(cat out)"
    same whole.safetensors resumed.safetensors
  done
}

# below LIMIT KEY FILE: the last value of the key in a file of JSON lines is below the limit.
below() {
  local value
  value=$(grep -oE "\"$2\":[-+.0-9e]+" "$3" | tail -n 1 | cut -d: -f2)
  awk -v x="${value:-x}" -v limit="$1" 'BEGIN { exit !(x == x + 0 && x < limit) }' ||
    wrong "$2 is ${value:-missing}, not below $1"
}

# gray_pictures: the folder cifar with 110 pictures that are gray, each class of another brightness.
gray_pictures() {
  mkdir cifar
  for ((class = 0; class < 10; ++class)); do
    octal=$(printf '%o' $((class * 25)))
    printf "\\$(printf '%o' $class)"
    head -c 3072 /dev/zero | tr '\0' "\\$octal"
  done > cifar/test_batch.bin
  for i in 1 2 3 4 5; do cat cifar/test_batch.bin cifar/test_batch.bin > cifar/data_batch_$i.bin; done
}
