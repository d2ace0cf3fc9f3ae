#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs Python with the packages that judge how model files are read and written. The environment is
# in $XDG_CACHE_HOME (~/.cache), and is created first if it is missing. $JUDGES_PYTHON, if set, is
# used instead of it.
#   scripts/judges.sh                     installs it, and prints each package's size and licence
#   scripts/judges.sh FILE ARGUMENTS...   runs Python with these arguments
# Ends with 77 if a package cannot be installed.
set -euo pipefail
packages=(numpy==2.4.6 ml_dtypes==0.6.0 onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1
          gguf==0.19.0 safetensors==0.8.0 huggingface_hub==2.4.0 tokenizers==0.23.3
          sentencepiece==0.2.3 tiktoken==0.14.0 pillow==12.3.0
          transformers==5.24.0 jinja2==3.1.6)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad
environment=$cache/judges

skip() {
  echo "the judges cannot be installed: $*"
  exit 77
}

# Two scripts may need it at once: the second waits.
install() {
  mkdir -p "$cache"
  exec 9> "$environment.lock"
  flock 9
  [ "$(cat "$environment/complete" 2> /dev/null)" != "${packages[*]}" ] || return 0
  echo "installing the judges in $environment" >&2
  { python3 -m venv "$environment" &&
    "$environment/bin/python" -m pip install --quiet "${packages[@]}"; } > "$environment.log" 2>&1 ||
    skip "$(tail -n 1 "$environment.log")"
  echo "${packages[*]}" > "$environment/complete"
}

if [ -z "${JUDGES_PYTHON:-}" ]; then
  install
  exec 9>&-
  JUDGES_PYTHON=$environment/bin/python
fi
[ $# = 0 ] || exec "$JUDGES_PYTHON" "$@"

exec "$JUDGES_PYTHON" - <<'END'
from importlib.metadata import distributions

def licence(package):
    about = package.metadata
    short = about.get("License-Expression") or about.get("License") or ""
    if 0 < len(short.split("\n")[0]) <= 60:
        return short.split("\n")[0]
    kinds = [c for c in about.get_all("Classifier", []) if c.startswith("License ::")]
    return kinds[0].split(" :: ")[-1] if kinds else "?"

rows = []
for package in distributions():
    files = [package.locate_file(f) for f in package.files or []]
    size = sum(f.stat().st_size for f in files if f.is_file())
    rows.append((package.name, package.version, size / 1e6, licence(package)))
for name, version, size, terms in sorted(rows, key=lambda row: row[0].lower()):
    print(f"{name:24} {version:14} {size:8.1f} MB  {terms}")
print(f"{'all':39} {sum(row[2] for row in rows):8.1f} MB")
END
