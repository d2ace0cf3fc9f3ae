#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/regression: the coefficients of least squares and of logistic regression (NumPy's
# lstsq and Newton's method, on all rows), a network on other rows than it was fitted to, bad input.
source "$(dirname "$0")/lib.sh"
regression=$programs/regression
csv=$(cd "$(dirname "$0")/../../examples/data" && pwd)/penguins.csv
refused 'csv' "$regression" --target sex
refused 'missing.csv' "$regression" missing.csv --target sex
refused '--target' "$regression" "$csv"
refused 'weight' "$regression" "$csv" --target weight
refused 'weight' "$regression" "$csv" --target sex --features weight --model logistic
refused '--target.*categories' "$regression" "$csv" --target sex
refused '--model' "$regression" "$csv" --target sex --model tree
refused '--test' "$regression" "$csv" --target sex --test 1
printf 'a,b\n1,x\n' > one.csv
refused 'one category' "$regression" one.csv --target b --model logistic
refused '--features' "$regression" one.csv --target a --features b
refused '--features.*is the target' "$regression" one.csv --target a --features a
printf 'a,b\n1,2\n' > row.csv
refused 'whole rows' "$regression" row.csv --target a
printf 'a,b\n1,2,3\n' > ragged.csv
refused 'line 2' "$regression" ragged.csv --target a
printf 'a,b,c\n1,2,1\n2,4,3\n3,6,2\n4,8,5\n' > twice.csv
"$regression" --help | grep -q -- '--features' || wrong "--help does not name --features"

# row NAME VALUES: a line of the output.
row() { grep -qE "^$1 +$2\$" out || wrong "not \"$1 $2\": $(cat out)"; }
"$regression" "$csv" --target body_mass_g --features bill_length_mm,flipper_length_mm,species \
  --test 0 > out
row bill_length_mm 61.7364
row 'species = Chinstrap' -748.5623
row intercept -3904.3869
row 'train R2' 0.8222
for method in qr normal; do  # the closed form
  "$regression" "$csv" --target body_mass_g --method $method --test 0 --l2 0.1 \
    --features bill_length_mm,flipper_length_mm,species > out.$method
done
"$regression" "$csv" --target body_mass_g --test 0 --l2 0.1 \
  --features bill_length_mm,flipper_length_mm,species > out
for method in qr normal; do
  for name in bill_length_mm 'train R2'; do
    [ "$(grep "^$name " out)" = "$(grep "^$name " out.$method)" ] ||
      wrong "--method $method: $(cat out.$method) instead of $(cat out)"
  done
done
refused 'linear models' "$regression" "$csv" --target sex --model logistic --method qr
refused 'depend on each other' "$regression" twice.csv --target c --test 0 --method qr
"$regression" "$csv" --target sex --features bill_length_mm,body_mass_g --model logistic \
  --test 0 > out
row bill_length_mm 0.0611
row intercept -6.9121
row 'train log_loss' 0.5876
row 'train AUC' 0.7474
row male '67 +101 +0.6352 +0.6012 +0.6177'

"$regression" "$csv" --target species --model net --l2 1e-3 --json - > lines.json
[ "$(wc -l < lines.json)" = 1 ] || wrong "lines of JSON: $(cat lines.json)"
below 0.1 test_log_loss lines.json  # 1.1 is that of equal probabilities
[ -z "$("$regression" "$csv" --target year --model net --quiet 2>&1)" ] ||
  wrong "--quiet printed"

# What looks on changes nothing; a step is a computation of the loss.
fit=("$regression" "$csv" --target sex --model logistic)
refused 'abacus' "${fit[@]}" --compare abacus
export XDG_CACHE_HOME=$folder/cache
"${fit[@]}" > plain
"${fit[@]}" --compare cpu --trace step.html --profile --tensorboard board > out
grep -qE '^cpu and cpu agree in [0-9]+ ops' out || wrong "--compare printed: $(cat out)"
grep -q '^profile of 10 steps' out || wrong "--profile printed: $(cat out)"
tail -n "$(($(wc -l < plain) - 1))" out | cmp - <(tail -n +2 plain) || wrong "the results differ"
grep -q 'cross_entropy' step.html || wrong "the page has no loss"
for tag in loss train/AUC; do
  grep -aq "$tag" board/events.out.tfevents.* || wrong "no $tag for TensorBoard"
done
printf 'a,b\n1,2\n2,2\n3,2\n' > flat.csv
"$regression" flat.csv --target b --test 0 --trace no.html --profile > out 2> err
[ "$(grep -cE 'no second step|only 1 steps' err)" = 2 ] || wrong "a fit of one step: $(cat err)"
