#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# python.sh GET: huggingface_hub and GET (tests/hub/get.cpp) download from tests/hub/server.py, and
# each finds without the server what the other downloaded. Ends with 77 if huggingface_hub cannot be
# installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
get=$1
folder=$(mktemp -d)
python() { "$here/../../scripts/judges.sh" "$@"; }
python -c 'import huggingface_hub'
trap 'rm -rf "$folder"; [ -z "${server:-}" ] || kill "$server"' EXIT
unset HF_HUB_CACHE HUGGINGFACE_HUB_CACHE HF_TOKEN HF_HUB_OFFLINE TRANSFORMERS_OFFLINE
export HF_HUB_DISABLE_PROGRESS_BARS=1 HF_HUB_DISABLE_XET=1 no_proxy=127.0.0.1,localhost

cases=0
check() {  # check WHAT COMMAND...
  "${@:2}" > "$folder/output" 2>> "$folder/log" || {
    echo "FAILED: $1"
    cat "$folder/log" "$folder/output"
    exit 1
  }
  cases=$((cases + 1))
}
start_server() {
  [ -z "${server:-}" ] || kill "$server"
  rm -f "$folder"/{port,requests}
  "${JUDGES_PYTHON:-${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/judges/bin/python}" \
    "$here/server.py" "$folder/requests" > "$folder/port" &
  server=$!
  for _ in $(seq 100); do [ -s "$folder/port" ] && break; sleep 0.1; done
  export HF_ENDPOINT=http://127.0.0.1:$(cat "$folder/port")
}
missing() { if "$get" org/tiny none.json; then return 1; else [ $? = 3 ]; fi; }
links() { (cd "$1" && find . -type l -printf '%p -> %l\n' | sort); }
names() { (cd "$1" && find . | sort); }
same_files() {  # same_files FOLDER FOLDER: the same names, bytes and links
  diff -r "$1" "$2" && diff <(links "$1") <(links "$2")
}
same_names() { diff <(names "$1") <(names "$2"); }
prints() { [ "$("${@:2}")" = "$1" ]; }

# Both download all files, and one that does not exist. The server cuts the large one.
start_server
export HF_HOME=$folder/python
check "Python downloads" python "$here/judge.py" download
start_server
export HF_HOME=$folder/cpp
check "C++ downloads" "$get" org/tiny
check "C++ goes on where the server stopped" grep '/storage bytes=100000-' "$folder/requests"
check "C++ asks for a file that is not there" missing
for part in blobs refs snapshots .no_exist; do
  check "$part" same_files "$folder"/{python,cpp}/hub/models--org--tiny/$part
done
check "locks" same_names "$folder"/{python,cpp}/hub/.locks

# Each finds what the other downloaded.
kill "$server"
server=
export HF_HUB_OFFLINE=1
check "Python finds what C++ downloaded" python "$here/judge.py" check
export HF_HOME=$folder/python
all=$("$get" org/tiny)
for name in config.json empty.txt weights/model.safetensors; do
  check "C++ finds what Python downloaded" prints "$all/$name" "$get" org/tiny $name
done
check "C++ knows that a file is not there" missing
unset HF_HUB_OFFLINE

# All at once: one downloads, and the others wait for it.
start_server
python -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1]).read(100000)' \
  "$HF_ENDPOINT/storage" > /dev/null  # the answer that is cut
: > "$folder/requests"
export HF_HOME=$folder/all
wanted=weights/model.safetensors
python "$here/judge.py" $wanted > "$folder/first" & first=$!
"$get" org/tiny $wanted > "$folder/second" & second=$!
"$get" org/tiny $wanted > "$folder/third" & third=$!
for process in $first $second $third; do check "three processes at once" wait $process; done
check "they download once" prints 1 grep -c storage "$folder/requests"
check "they find one path" prints 1 eval "sort -u '$folder'/{first,second,third} | wc -l"
echo "$cases cases agree with huggingface_hub"
