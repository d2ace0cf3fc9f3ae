# SPDX-License-Identifier: MIT
"""What the programs of the peers share: rows (../rows/row.h), and the answers to bench/compare.

A peer answers each line "time <tab> ROW <tab> float32|bfloat16 [<tab> MODEL]" of the standard input
with one of JSON, as bench_rows does. Its first line says what it is.
"""
import json
import os
import pathlib
import resource
import statistics
import sys
import time

# of the rows `generate`; scripts/fetch_models.sh puts it there
language_model = str(pathlib.Path(
    os.environ.get("TINYGRAD_MODELS") or
    pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                 "tinygrad/models"), "SmolLM2-135M-Instruct.Q4_1.gguf"))


class Row:
    def __init__(self, line, tiny=False):
        most = 8 if tiny else 1 << 62
        self.kind, *words = line.split()
        self.inputs, self.options = [], {}
        for word in words:
            if word[0].isdigit():
                shape, _, below = word.partition(":")
                self.inputs.append(([min(int(n), most) for n in shape.split("x")],
                                    min(int(below or 0), most)))
            else:
                name, _, value = word.partition("=")
                self.options[name] = min(int(value), most) if value.isdigit() else value

    def get(self, option, otherwise=None):
        return self.options.get(option, otherwise)

    def has(self, option):
        return option in self.options

    def dims(self):
        """The dimensions of a reduction; None: all."""
        dims = str(self.get("dim", ""))
        return tuple(map(int, dims.split(","))) if dims else None


def seconds_of(step, wait, tiny):
    """As seconds_of in bench_rows.cpp. wait(result) waits for the result of the last step."""
    def stretch(steps):
        start = time.perf_counter()
        for _ in range(steps):
            result = step()
        wait(result)
        return (time.perf_counter() - start) / steps

    first = stretch(1)
    for _ in range(1 if first > 0.1 else 4):
        stretch(1)
    steps = max(1, int((0 if tiny else 0.01) / max(stretch(2), 1e-7)))
    times, start = [], time.perf_counter()
    while len(times) < 3 or (len(times) < 10 and time.perf_counter() - start < 1):
        times.append(stretch(steps))
    return statistics.median(times)


def peak_of_process():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(version, make, tiny, wait=lambda result: None, clear=lambda: None, peak=peak_of_process):
    """make(row, dtype, model) gives the step that is timed; None: the peer has no such row."""
    print(version, flush=True)
    made, step = None, None
    for line in sys.stdin:
        _, text, dtype, *model = line.rstrip("\n").split("\t")
        try:
            if made != (text, dtype):
                made = step = None
                clear()
                step = make(Row(text, tiny), dtype, *model)
                if step:
                    for _ in range(3):
                        wait(step())
                made = text, dtype
            answer = {"seconds": seconds_of(step, wait, tiny), "peak_bytes": peak()} if step else {}
        except Exception as error:  # of any library: the row is left out, and the next one tried
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)
