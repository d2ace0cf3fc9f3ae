#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# reality.sh MEASURE TG_SPLIT [ROUNDS]: trains a small MLP and a CNN on 1 process and on 2 under
# mpirun, and prints the time of a step beside what tg-split predicts from the times of the layers
# and of the links: data parallel, and as a pipeline of two stages. Each is measured ROUNDS times
# (3), and the least is taken. Exit status 1 if a prediction is more than 15 % off. The machine must
# be quiet and have two processors: nothing else may run.
set -euo pipefail
measure=$1 split=$2 rounds=${3:-3}
command -v mpirun > /dev/null || { echo "skipped: no mpirun"; exit 77; }
[ "$(nproc)" -ge 2 ] || { echo "skipped: one processor"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 TINYGRAD_THREADS=1
ranks() { mpirun --oversubscribe --bind-to core -np "$1" "$measure" "${@:2}"; }

# predicted MODEL OPTIONS...: the seconds of a step, and where the second stage begins.
predicted() {
  "$split" "$folder/$1" --batch 64 --top 1 --json "${@:2}" > "$folder/json"
  sed -n 's/^ *"seconds": \(.*\),/\1/p' "$folder/json" | head -n 1
}
cut_at() { sed -n '/"first_layers"/,/\]/p' "$folder/json" | grep -oE '"[0-9]+"' | tail -n 1 | tr -d '"'; }

failed=0
# row NET NAME PREDICTED RANKS HOW: measures and prints.
row() {
  local best
  best=$(for ((i = 0; i < rounds; ++i)); do ranks "$4" "$1" step "$5"; done | sort -g | head -n 1)
  awk -v net="$1" -v name="$2" -v p="$3" -v m="$best" 'BEGIN {
    error = p / m - 1
    printf "%-5s %-28s %12.2f ms %12.2f ms %+8.1f %%\n", net, name, p * 1e3, m * 1e3, error * 100
    exit error > 0.15 || error < -0.15 }' || failed=1
}

printf '%-5s %-28s %15s %15s %10s\n' net division predicted measured error
for net in mlp cnn; do
  for n in 1 2; do ranks $n $net costs "$folder/$n.json"; done
  for link in data pipe; do ranks 2 $net links "$folder/$link.json" $link; done
  row $net "1 process" "$(predicted 1.json --devices 1 --micro-batch 64)" 1 data
  row $net "1 process, 4 micro-batches" "$(predicted 1.json --devices 1 --micro-batch 16)" 1 1f1b
  row $net "2 processes, data parallel" \
      "$(predicted 2.json --cluster "$folder/data.json" --data 2 --micro-batch 32)" 2 data
  for schedule in gpipe 1f1b; do
    seconds=$(predicted 2.json --cluster "$folder/pipe.json" --pipeline 2 --micro-batch 16 \
                        --schedule $schedule)
    row $net "2 processes, $schedule" "$seconds" 2 "$schedule:$(cut_at)"
  done
done
exit $failed
