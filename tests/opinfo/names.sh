#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints docs/pytorch-names.md: the names of PyTorch's ops, from ops.txt, and what they are called
# here. Fails if a public header declares no function of the name.
set -euo pipefail
cd "$(dirname "$0")/../.."
declared=$(sed "s|//.*||; s/COMPARISON(\([a-z_]*\))/\1()/g" include/tinygrad/*.h include/tinygrad/ops/*.h \
  include/tinygrad/linalg/*.h |
  grep -oE "\\b[a-z_]+[a-z0-9_]*\\(" | sort -u)

# Lines "NAME, MODULE, WHAT ONE WRITES HERE"; forms of an op (std.unbiased) are one name.
names() {
  awk '!/^#/ && NF {
    name = $1; here = substr($0, length($1) + 3); module = "torch"
    if (sub(/^nn\.functional\./, "", name)) module = "torch.nn.functional"
    else if (sub(/^linalg\./, "", name)) module = "torch.linalg"
    sub(/\..*/, "", name)
    if (!seen[module, name]++) print name "\t" module "\t" here
  }' tests/opinfo/ops.txt
}

cat << 'TEXT'
# PyTorch's names

Written by `tests/opinfo/names.sh` from the list of ops that are compared with PyTorch on its own
samples (`tests/opinfo/`), so that what stands here exists and has PyTorch's results, but for what
[Coming from PyTorch](coming-from-pytorch.md) names. Functions of a tensor are also methods; those of
`torch.linalg` are in the namespace and component `linalg`, but for `matrix_power` and
`vector_norm`.

## The same name
TEXT
for module in torch torch.nn.functional torch.linalg; do
  echo
  echo "\`$module\`:"
  names | awk -F '\t' -v module="$module" '$2 == module && $3 == "" { print $1 }' | LC_ALL=C sort |
    while IFS= read -r name; do
      grep -qxF "$name(" <<< "$declared" || { echo "$name: not declared" >&2; exit 1; }
      echo "$name"
    done | sed 's/.*/`&`/' | paste -sd ' ' | fold -sw 100 | sed 's/ $//'
done
cat << 'TEXT'

## Another name

| PyTorch | here |
| --- | --- |
TEXT
names | awk -F '\t' '$3 != "" {
  sub(/^torch\.nn\.functional/, "F", $2)
  printf "| `%s.%s` | `%s` |\n", $2, $1, $3
}' | LC_ALL=C sort
