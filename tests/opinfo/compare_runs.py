# SPDX-License-Identifier: MIT
"""Prints the samples whose statuses differ in two results of opinfo_run, such as those of two
devices (TINYGRAD_DEVICE=opencl) or instruction sets (TINYGRAD_CPU=baseline).

    compare_runs.py RESULTS OTHER_RESULTS
"""
import collections
import json
import sys

EXAMPLES = 2  # of each op and status


def results_of(path):
    with open(path) as file:
        results = [json.loads(line) for line in file]
    return {(r["op"], r["dtype"], r["id"]): r for r in results}


def differ(a, b):
    both_match = a["status"].startswith("match") and b["status"].startswith("match")
    return a["status"] != b["status"] and not both_match


def main():
    first, second = results_of(sys.argv[1]), results_of(sys.argv[2])
    common = [(first[key], second[key]) for key in first if key in second]
    differing = [(a, b) for a, b in common if differ(a, b)]
    print(f"{len(common)} common samples; the statuses of {len(differing)} differ")
    shown = collections.Counter()
    for a, b in differing:
        kind = (a["op"], b["status"])
        shown[kind] += 1
        if shown[kind] <= EXAMPLES:
            print(f"  {a['op']} {a['dtype']} {a['id']}: {a['status']} -> {b['status']}",
                  b["detail"][:150])
    sys.exit(1 if differing else 0)


main()
