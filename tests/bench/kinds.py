# SPDX-License-Identifier: MIT
"""Checks that peers have the kinds of rows of bench_rows, without importing any:

    bench_rows --kinds | kinds.py BENCH ROWS

Kinds are the keys of the tables `ops` and `steps`. PyTorch must have all, the others none beside.
"""
import ast
import pathlib
import sys


def kinds_of(file):
    tables = [node.value for node in ast.walk(ast.parse(file.read_text()))
              if isinstance(node, ast.Assign)
              and getattr(node.targets[0], "id", "") in ("ops", "steps")]
    return {key.value for table in tables for key in table.keys}


ours = set(sys.stdin.read().split())
rows = {line.split()[0] for line in open(sys.argv[2])}
peers = {file.name: kinds_of(file)
         for file in pathlib.Path(sys.argv[1], "peers").glob("*_peer.py")}
wrong = [f"kinds that no row of bench/rows has: {ours - rows}"] if ours - rows else []
if ours != peers["torch_peer.py"]:
    wrong.append(f"torch_peer.py differs in {ours ^ peers['torch_peer.py']}")
wrong += [f"{name} has unknown kinds: {kinds - ours}"
          for name, kinds in peers.items() if kinds - ours]
sys.exit("\n".join(wrong) or 0)
