# SPDX-License-Identifier: MIT
"""Sorts the results of opinfo_run: matches, samples that the library cannot express, differences
that known.py names, and new ones. Fails if there is a new one, a bug or a gap, or if the reason of
a rule is not in docs/coming-from-pytorch.md.

    triage.py RESULTS [--skips]      --skips: also prints what the library cannot express
"""
import collections
import json
import re
import sys

from known import missing_topics, rule_for

MATCHES = {"match": "match", "match_documented": "match", "match_by_reference": "by float64",
           "skip": "not expressible", "error_ok": "refused as PyTorch does",
           "error_skip": "error not expressible"}


def class_of(result):
    """The class of a result, and the topic of a difference."""
    status = result["status"]
    if status in MATCHES:
        return MATCHES[status], None
    rule = rule_for(result)
    return (rule.kind, rule.topic) if rule else ("NEW", f"{result['op']} {status}")


def text_of(result):
    return f"{result['op']} {result['dtype']} {result['id']}: {result['detail'][:150]}"


def print_differences(results):
    groups = collections.defaultdict(list)
    for result in results:
        kind, topic = class_of(result)
        if topic:
            groups[kind, topic].append(result)
    for (kind, topic), members in sorted(groups.items(), key=lambda g: (g[0][0], -len(g[1]))):
        print(f"{kind:10} {len(members):5}  {topic}")
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
    for topic in missing_topics():
        print("not in docs/coming-from-pytorch.md:", topic)
    sys.exit(1 if new or counts["bug"] or counts["gap"] or missing_topics() or not results else 0)


main()
