#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/pinn: a few steps come nearer to the solution of Burgers' equation, bad input is
# refused, and a run that is stopped goes on with the same bits.
source "$(dirname "$0")/lib.sh"
pinn=$programs/pinn
refused '--viscosity' "$pinn" --viscosity 0
refused '--points' "$pinn" --points many
refused '--lr' "$pinn" --lr nan
refused 'abacus' "$pinn" --device abacus
refused '--resume.*--checkpoint' "$pinn" --resume
"$pinn" --help | grep -q -- '--viscosity' || wrong "--help does not name --viscosity"

"$pinn" --epochs 5 --points 64 --json lines.json > out
[ "$(grep -c '^epoch' out)" = 5 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 6 ] || wrong "lines of JSON: $(cat lines.json)"
below 0.35 error lines.json  # 1 is that of u = 0
below 0.2 loss lines.json
"$pinn" --epochs 0 --lbfgs 60 --points 64 --json lines.json --quiet
below 0.5 error lines.json
[ -z "$("$pinn" --epochs 1 --steps 2 --quiet 2>&1)" ] || wrong "--quiet printed"
resumes "$pinn" --epochs 6 --steps 60 --points 64
refused '--seed' "$pinn" --epochs 6 --steps 60 --points 64 --seed 8 --checkpoint run --resume --quiet
