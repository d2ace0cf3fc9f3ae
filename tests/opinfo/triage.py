# SPDX-License-Identifier: MIT
"""Sorts the results of opinfo_run: matches, samples that the library cannot express, differences
that known.py explains, and new ones. Fails if there is a new one.

    triage.py RESULTS [--skips]      --skips: also prints what the library cannot express
"""
import collections
import json
import re
import sys

from known import rule_for

MATCHES = {"match": "match", "match_documented": "match", "match_by_reference": "by float64",
           "skip": "not expressible", "error_ok": "refused as PyTorch does",
           "error_skip": "error not expressible"}


def class_of(result):
    """The class of a result, and the reason of a difference."""
    status = result["status"]
    if status in MATCHES:
        return MATCHES[status], None
    rule = rule_for(result)
    return (rule.kind, rule.reason) if rule else ("NEW", f"{result['op']} {status}")


def text_of(result):
    return f"{result['op']} {result['dtype']} {result['id']}: {result['detail'][:150]}"


def print_differences(results):
    groups = collections.defaultdict(list)
    for result in results:
        kind, reason = class_of(result)
        if reason:
            groups[kind, reason].append(result)
    for (kind, reason), members in sorted(groups.items(), key=lambda g: (g[0][0], -len(g[1]))):
        print(f"{kind:10} {len(members):5}  {reason}")
        print(f"{'':16}  e.g. {text_of(members[0])}")


def print_skips(results):
    """Reasons with the same words are one line, whatever their numbers."""
    counts = collections.Counter((r["op"], re.sub(r"[-\d.]+", "#", r["detail"])[:50])
                                 for r in results if r["status"] == "skip")
    for (op, reason), count in sorted(counts.items()):
        print(f"not expressible {count:5}  {op}: {reason}")


def main():
    with open(sys.argv[1]) as file:
        results = [json.loads(line) for line in file]
    print_differences(results)
    if "--skips" in sys.argv:
        print_skips(results)
    new = [result for result in results if class_of(result)[0] == "NEW"]
    for result in new[:20]:
        print("NEW", result["status"], text_of(result))
    counts = collections.Counter(class_of(result)[0] for result in results)
    parts = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    print(f"{len(results)} samples: {parts}")
    sys.exit(1 if new or not results else 0)


main()
