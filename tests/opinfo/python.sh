#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs Python with PyTorch: python.sh FILE [ARGUMENTS...]. It is $OPINFO_PYTHON if that is set,
# otherwise an environment in $XDG_CACHE_HOME (~/.cache), which is created first if it is missing.
# Ends with 77 if PyTorch cannot be installed.
set -euo pipefail
version=2.15.0
needs=(typing_extensions sympy networkx jinja2 fsspec filelock mpmath MarkupSafe numpy expecttest)
# PyTorch's wheel is linked with NVIDIA's libraries, even on a machine without a GPU. A toolkit of
# CUDA 13 has most of them.
not_in_toolkit=(nvidia-nccl-cu13 nvidia-cusparselt-cu13 nvidia-nvshmem-cu13 nvidia-cufile)

nvcc=$(command -v nvcc || true)
toolkit=${CUDA_PATH:-${nvcc%/bin/nvcc}}
[ -e "$toolkit/lib64/libcudart.so.13" ] || toolkit=

skip() {
  echo "PyTorch $version cannot be installed: $*"
  exit 77
}

install() {  # install FOLDER
  local packages=("torch==$version" numpy expecttest)
  if [ -n "$toolkit" ]; then
    packages=(--no-deps "torch==$version" "${needs[@]}" "${not_in_toolkit[@]}")
  fi
  rm -rf "$1"
  python3 -m venv "$1" > "$1.log" 2>&1 || skip "$(tail -n 1 "$1.log")"
  "$1/bin/python" -m pip install --quiet "${packages[@]}" > "$1.log" 2>&1 ||
    skip "$(tail -n 1 "$1.log")"
  touch "$1/complete"
}

if [ -z "${OPINFO_PYTHON:-}" ]; then
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad
  environment=$cache/pytorch-$version
  mkdir -p "$cache"
  if [ ! -e "$environment/complete" ]; then
    exec {lock}> "$environment.lock"
    flock "$lock"  # of two at once, the second finds what the first installed
    [ -e "$environment/complete" ] || install "$environment"
    exec {lock}>&-
  fi
  OPINFO_PYTHON=$environment/bin/python
fi

site=$("$OPINFO_PYTHON" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
libraries=$(find "$site/nvidia" -name '*.so*' -printf '%h:\n' 2> /dev/null | sort -u |
            tr -d '\n' || true)
libraries+=${toolkit:+$toolkit/lib64:}${LD_LIBRARY_PATH:-}
export LD_LIBRARY_PATH=${libraries%:}
exec "$OPINFO_PYTHON" "$@"
