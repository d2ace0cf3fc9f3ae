#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests training programs under mpirun: two processes learn what one does, rank 0 alone prints and
# writes, a run goes on with another number of processes, and one that dies ends the other with a
# sentence and leaves no process. TINYGRAD_TEST_FULL=1: cifar_resnet too. Ends with 77 without mpirun.
source "$(dirname "$0")/lib.sh"
if ! command -v mpirun > /dev/null; then
  echo "skipped: no mpirun (apt-get install openmpi-bin)"
  exit 77
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
inspect=$programs/../tools/inspect/tinygrad-inspect
ranks() { timeout 120 mpirun --oversubscribe --bind-to none -np "$@"; }

# near A B: the weights in two files differ by rounding alone.
near() {
  "$inspect" "$1" --diff "$2" > differences || true
  ! grep -q missing differences || wrong "$1 and $2: $(cat differences)"
  { grep -oE 'by [-+.0-9e]+ at most' differences || true; } | awk '$2 > 2e-5 { exit 1 }' ||
    wrong "$1 and $2: $(cat differences)"
}

# Without dropout, whose masks are each rank's own.
run=("$cnn" --dataset digits --samples 192 --batch-size 32 --epochs 2 --dropout 0 --lr 0.02)
"${run[@]}" --quiet --save one.safetensors --json one.json
ranks 2 "${run[@]}" --save two.safetensors --json two.json > out
near one.safetensors two.safetensors
[ "$(grep -o 'test: loss' out | wc -l)" = 2 ] || wrong "not one line an epoch: $(cat out)"
[ "$(wc -l < two.json)" = 3 ] || wrong "lines of JSON: $(cat two.json)"
values() { grep -oE '"(train|test)_(loss|accuracy)":[0-9.]+' "$1" | cut -d: -f2 | xargs printf '%.3f '; }
losses() { grep -oE '"(train_)?loss":[0-9.]+' "$1" | cut -d: -f2 | xargs printf '%.4f '; }
[ "$(values one.json)" = "$(values two.json)" ] || wrong "other values: $(cat one.json two.json)"
code=0
ranks 3 "${run[@]}" > out 2>&1 || code=$?
[ $code = 2 ] && grep -q 'batch-size: 32 samples cannot be shared by 3' out ||
  wrong "three ranks: code $code, $(cat out)"

# A language model that is divided in three ways has the losses of one process. (Its weights differ a
# little: the gradient of the keys' bias is 0 but for rounding, which Adam's steps do not shrink.)
gpt=("$programs/char_gpt" --text verse.txt --context 16 --layers 2 --heads 2 --width 16
  --batch-size 8 --epochs 1 --lr 0.01 --tokens 0 --quiet --dropout)
for ((i = 0; i < 60; ++i)); do printf 'Tiger, tiger, burning bright '; done > verse.txt
"${gpt[@]}" 0 --save one.safetensors --json one.json
meshes=("4 --tensor-parallel 2 --pipeline-parallel 2" "2")
[ "${TINYGRAD_TEST_FULL:-0}" = 1 ] &&
  meshes+=("8 --data-parallel 2 --tensor-parallel 2 --pipeline-parallel 2" "2 --pipeline-parallel 2")
for mesh in "${meshes[@]}"; do
  read -r -a division <<< "$mesh"
  ranks "${division[0]}" "${gpt[@]}" 0 "${division[@]:1}" --save mesh.safetensors --json mesh.json
  "$inspect" one.safetensors --diff mesh.safetensors > differences || true
  ! grep -q missing differences || wrong "other names: $(cat differences)"
  [ "$(losses one.json)" = "$(losses mesh.json)" ] || wrong "other losses: $(cat one.json mesh.json)"
done
wrong_division() {  # wrong_division SENTENCE DROPOUT OPTION...
  code=0
  ranks 2 "${gpt[@]}" "${@:2}" > out 2>&1 || code=$?
  [ $code = 2 ] && grep -q -- "$1" out || wrong "code $code, $(cat out)"
}
wrong_division 'need as many processes as their product (mpirun -np); there are 2' \
  0 --tensor-parallel 4
wrong_division '--dropout: divided layers have none' 0.1
wrong_division '--checkpoint: is for one process' 0 --checkpoint gpt

# rank_1 PROCESS: the process number of rank 1, a child of that mpirun.
rank_1() {
  local child
  for child in $(cat "/proc/$1/task/$1/children"); do
    if tr '\0' '\n' 2> /dev/null < "/proc/$child/environ" | grep -q '^OMPI_COMM_WORLD_RANK=1$'; then
      echo "$child"
    fi
  done
}
# begins COMMAND...: starts it in the background on 2 ranks, and waits for its first checkpoint.
begins() {
  rm -rf run
  mpirun --oversubscribe --bind-to none -np 2 "$@" --checkpoint run > log 2>&1 &
  mpirun=$!
  until compgen -G 'run/checkpoint-*.safetensors' > /dev/null; do
    kill -0 $mpirun 2> /dev/null || wrong "it ended: $(cat log)"
    sleep 0.05
  done
  children=$(cat "/proc/$mpirun/task/$mpirun/children") other=$(rank_1 $mpirun)
}
# ends CODE SENTENCE: it ends within a time limit of 4 s and 5 s, and leaves no process.
ends() {
  local start=$SECONDS code=0 child
  wait $mpirun 2> /dev/null || code=$?
  ((SECONDS - start <= 9)) || wrong "it took $((SECONDS - start)) s: $(cat log)"
  [ $code = "$1" ] && grep -qE "$2" log || wrong "code $code, expected $1 and \"$2\": $(cat log)"
  for child in $children; do
    ! grep -qs '^State:.[^ZX]' "/proc/$child/status" || wrong "process $child is left"
  done
}
run=("$cnn" --dataset digits --samples 192 --batch-size 32 --dropout 0 --lr 0.02)
long=("${run[@]}" --epochs 1000 --timeout 4)

# A signal to one rank stops both after the same step; one process goes on from there.
"${run[@]}" --epochs 12 --quiet --save whole.safetensors
begins "${run[@]}" --epochs 12
kill -TERM "$other"
ends 143 'stopped in epoch'
"${run[@]}" --epochs 12 --checkpoint run --resume --save resumed.safetensors > out
grep -q 'resumed from' out || wrong "it did not resume: $(cat out)"
near whole.safetensors resumed.safetensors

operation='in operation [0-9]+ of the group, all_reduce .*; rank 1'
begins "${long[@]}"
kill -STOP "$other"
ends 75 "rank 0 of 2 waited 4 s $operation (had not arrived|arrived but went no further)"
begins "${long[@]}"
kill -KILL "$other"
ends 137 'rank 1 .*signal 9'

# fails SENTENCE COMMAND...: rank 0 runs $first, and waits in vain for rank 1, which runs COMMAND.
fails() {
  local sentence=$1 start=$SECONDS code=0
  shift
  ranks 1 "${first[@]}" : -np 1 "$@" > log 2>&1 || code=$?
  [ $code = 75 ] && ((SECONDS - start <= 20)) && grep -q "(rank 1): .*$sentence" log &&
    grep -qE "$operation had ended before" log || wrong "code $code: $(cat log)"
}
first=("${long[@]}" --checkpoint run --resume)
fails 'seed 43' "${first[@]}" --seed 43
first=("$cnn" --dataset digits --samples 1024 --batch-size 1024 --threads 1 --quiet)
fails 'memory: the CPU has no .* bytes left' bash -c 'ulimit -v 450000; exec "$0" "$@"' "${first[@]}"

# The residual network normalises over the whole batch: the steps of two processes are those of one.
[ "${TINYGRAD_TEST_FULL:-0}" = 1 ] || exit 0
gray_pictures
run=("$programs/cifar_resnet" --data cifar --width 4 --batch-size 20 --lr 1e-3 --epochs 1 --quiet)
"${run[@]}" --save one.safetensors
ranks 2 "${run[@]}" --save two.safetensors
near one.safetensors two.safetensors
