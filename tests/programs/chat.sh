#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/chat and examples/similar: bad input is refused. TINYGRAD_TEST_FULL=1: with the
# trained models, the answers and cosines are those of transformers.
source "$(dirname "$0")/lib.sh"
chat=$programs/chat similar=$programs/similar root=$(dirname "$0")/../..
refused 'fetch_models.sh smollm2' "$chat" --model nowhere.gguf --prompt Hello
refused 'temperature' "$chat" --temperature -1
refused 'top-p' "$chat" --top-p 0
refused 'tokens' "$chat" --tokens 0
refused 'Hello' "$chat" Hello
echo 'This is no model.' > text.gguf
refused 'text.gguf' "$chat" --model text.gguf --prompt Hello
mkdir empty
refused 'config.json' "$chat" --model empty --prompt Hello
refused 'needs --adapter' "$chat" --finetune text.txt
refused 'nofile.txt' "$chat" --adapter learned --finetune nofile.txt
printf '{"prompt": "a", "answer": "b"}\n{"prompt": "a"}\n' > wrong.jsonl
refused 'wrong.jsonl, line 2' "$chat" --adapter learned --finetune wrong.jsonl
refused 'fetch_models.sh minilm' "$similar" --model nowhere
refused 'nofile' "$similar" nofile
refused 'no sentences' "$similar" /dev/null
[ "${TINYGRAD_TEST_FULL:-0}" = 1 ] || exit 0
"$root/scripts/fetch_models.sh" smollm2 minilm || { [ $? = 77 ] && exit 0 || exit 1; }
models=${TINYGRAD_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/models}
refused 'no text' "$chat" --model "$models/all-MiniLM-L6-v2" --prompt Hello
refused 'room for' "$chat" --context 16 --prompt 'A message that is longer than the context.'

question=(--prompt 'What is the capital of France?' --temperature 0 --quiet)
for weights in '' --decoded; do
  answer=$("$chat" "${question[@]}" $weights)
  [ "$answer" = 'The capital of France is Paris.' ] || wrong "it answered: $answer"
done
# Same seed, same words, with any number of threads; a conversation of two messages has two answers.
for threads in 1 2; do
  printf 'Tell me a story.\nGo on.\n' |
    "$chat" --tokens 30 --temperature 1 --threads $threads --json $threads.json > $threads.out
done
grep -v '^\[' 1.out > a
grep -v '^\[' 2.out > b
same a b
[ "$(grep -c 'tokens/s' 1.out)" = 2 ] || wrong "printed: $(cat 1.out)"
[ "$(grep -o '"tokens_per_second"' 1.json | wc -l)" = 2 ] || wrong "wrote: $(cat 1.json)"

# It learns an answer beside weights in blocks; the adapter alone answers so, too.
printf '{"prompt": "Where do you live?", "answer": "In a tree."}\n' > pairs.jsonl
"$chat" --adapter learned --finetune pairs.jsonl --epochs 12 --lr 3e-3 --json learned.json --quiet
below 0.1 train_loss learned.json
answer=$("$chat" --adapter learned --prompt 'Where do you live?' --temperature 0 --quiet)
[ "$answer" = 'In a tree.' ] || wrong "it learned: $answer"
refused 'adapter_config.json' "$chat" --adapter nowhere --prompt Hello

"$similar" --top 1 > out
[ "$(cat out)" = ' 0.6795  A man is eating food.  |  Someone has a meal.' ] || wrong "$(cat out)"
printf 'Someone has a meal.\nThe stock market fell today.\n' |
  "$similar" - --query 'A man is eating food.' > out
[ "$(cat out)" = $' 0.6795  Someone has a meal.\n-0.0170  The stock market fell today.' ] ||
  wrong "$(cat out)"
