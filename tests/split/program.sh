#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# program.sh TG_SPLIT tests it as its users run it: files of models and clusters, pictures, JSON,
# what the guide shows, and one line for what is wrong.
here=$(cd "$(dirname "$0")" && pwd) split=$(realpath "$1")
source "$here/../programs/lib.sh" "$split" "$split"
cat > model.json << 'END'
{"name": "two", "bytes_per_parameter": 8, "update": {}, "layers": [
  {"name": "first", "parameters": 10, "output_bytes": 4,
   "forward": {"seconds": 1}, "backward": {"seconds": 2}},
  {"name": "second", "parameters": 30, "output_bytes": 4,
   "forward": {"seconds": 0.5, "start": 0.5}, "backward": {"seconds": 2}}]}
END
cat > cluster.json << 'END'
{"name": "pair", "devices": 2, "link_bytes_per_second": 1e30, "latency_seconds": 0}
END
best() { sed -n 's/^ *"'"$1"'": \([^,]*\),*$/\1/p' out | head -n 1; }
equal() { [ "$(best "$1")" = "$2" ] || wrong "$1 is $(best "$1"), not $2: $(cat out)"; }

"$split" model.json --cluster cluster.json --batch 4 --pipeline 2 --micro-batch 1 --json \
  --svg a.svg --html a.html > out
equal seconds 15.0  # (4 micro-batches + 2 stages - 1) times 3 s
equal bubble 0.25
equal memory_bytes 240.0
equal pipeline_bytes 16.0
grep -q '"second"' out || wrong "no layers of the stages: $(cat out)"
[ "$(grep -c '<title>forward' a.svg)" = 8 ] || wrong "not 8 forward passes"
[ "$(grep -c '<title>backward' a.svg)" = 8 ] || wrong "not 8 backward passes"
grep -q '<svg' a.html && grep -q 'The best, d 1, t 1, p 2, b 1' a.html || wrong "page"
"$split" model.json --cluster cluster.json --batch 4 --data 2 --micro-batch 2 --json > out
equal seconds 11.5  # 2 samples, all layers
"$split" model.json --devices 1 --batch 4 --micro-batch 4 --json > out
equal seconds 22.5  # 4 samples of 5.5 s, and the start of the pass

mkdir shown && "$here/../../docs/course/results/split/make.sh" "$split" shown
for file in shown/*; do
  diff "$here/../../docs/course/results/split/$(basename "$file")" "$file" ||
    wrong "$(basename "$file") differs: docs/course/results/split/make.sh writes it"
done

refused 'missing.json' "$split" missing.json
refused 'heads' "$split" --hidden 100 --heads 3
refused 'memory' "$split" --devices 1 --layers 96 --hidden 12288 --heads 96
refused 'suits' "$split" --devices 7 --batch 512
refused '--tensor' "$split" --tensor 0
refused '--schedule' "$split" --schedule zigzag
refused '--table' "$split" --rank
refused 'only|model' "$split" model.json --devices 2 --batch 4 --tensor 2
echo '{"layers": [{"name": "a", "cost": 1}]}' > bad.json
refused 'bad.json, layer 0.*cost' "$split" bad.json
echo '{"layers": [{"forward": {"seconds": -1}}]}' > bad.json
refused 'seconds.*negative' "$split" bad.json
echo '{"layers": []}' > bad.json
refused 'layers.*at least one' "$split" bad.json
echo '{"devices": 1.5}' > bad.json
refused 'devices.*whole' "$split" --cluster bad.json
echo 'no json' > bad.json
refused 'bad.json.*JSON' "$split" bad.json
printf 'layers,gpus\n1,x\n' > bad.csv
refused 'bad.csv.*line 2.*x' "$split" --table bad.csv
printf 'layers,gpus\n1,2\n' > bad.csv
refused 'bad.csv.*column' "$split" --table bad.csv
