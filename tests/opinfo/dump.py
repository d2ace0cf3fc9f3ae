# SPDX-License-Identifier: MIT
"""Writes the sample inputs of PyTorch's OpInfo database with PyTorch's results:
FOLDER/OP.DTYPE.json and .safetensors, and FOLDER/OP.errors.* for calls that PyTorch must refuse.

    python.sh dump.py FOLDER [OP...]      all ops of ops.txt if none is named
    python.sh dump.py --missing           names of the database that are not in ops.txt
OPINFO_SEED draws others, OPINFO_SAMPLES sets how many for each dtype of an op (150).
"""
import itertools
import json
import os
import random
import sys
import warnings
import zlib

import torch
from torch.testing._internal.common_methods_invocations import op_db

from record import Recorder, as_leaves, results_of
from sample_file import SampleFile, name_of

OPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.txt")
COUNT = int(os.environ.get("OPINFO_SAMPLES", 150))
SAMPLES = COUNT * 2 // 5  # at most, of sample_inputs of each op and dtype
REFERENCES = COUNT - SAMPLES  # of reference_inputs: more shapes, strides and extreme values
FIRST_REFERENCE = 1000  # their first id
DRAWN_FROM = 3000  # of these the samples are drawn; max_pool2d has 1440
LARGE = 100000  # elements; float32 and bfloat16 have one sample that is larger, others none
SEED = int(os.environ.get("OPINFO_SEED", 1))
DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32,
          torch.uint8, torch.bool]
IN_PLACE = {"add": "add_", "sub": "sub_", "mul": "mul_", "div.no_rounding_mode": "div_"}
RANDOM = {"empty", "empty_like", "randint", "randn", "rand_like", "randn_like", "bernoulli",
          "multinomial", "normal", "normal.number_mean", "uniform", "exponential", "geometric",
          "cauchy", "log_normal", "randint_like", "nn.functional.dropout",
          "nn.functional.alpha_dropout", "nn.functional.dropout2d", "nn.functional.dropout3d",
          "nn.functional.feature_alpha_dropout.with_train"}  # draws: no reference


def is_large(sample):
    tensors = results_of([sample.input, sample.args, list(sample.kwargs.values())])
    return sum(tensor.numel() for tensor in tensors) > LARGE


def drawn(samples, limit, dtype):
    """Some of the samples, with their positions."""
    every, large = [], 0 if dtype in (torch.float32, torch.bfloat16) else 1
    try:
        for sample in itertools.islice(samples, DRAWN_FROM):
            large += is_large(sample)
            if large <= 1 or not is_large(sample):
                every.append(as_leaves(sample))
    except RuntimeError as error:
        if not every:
            raise
        print("after", len(every), "samples:", error)
    positions = random.Random(SEED).sample(range(len(every)), min(limit, len(every)))
    return [(i, every[i]) for i in sorted(positions)]


def samples_from(source, dtype, differentiates, limit):
    """Some ops ask for gradients of integers; then the input alone requires one."""
    try:
        return drawn(source("cpu", dtype, requires_grad=differentiates), limit, dtype)
    except Exception as error:
        if not differentiates:
            print("no samples of", dtype, error)
            return []
    samples = drawn(source("cpu", dtype, requires_grad=False), limit, dtype)
    for _, sample in samples:
        if isinstance(sample.input, torch.Tensor) and sample.input.dtype == dtype:
            sample.input = sample.input.detach().requires_grad_()
    return samples


def samples_of(op, dtype, differentiates):
    samples = samples_from(op.sample_inputs, dtype, differentiates, SAMPLES)
    if op.reference_inputs_func is not None:
        more = samples_from(op.reference_inputs, dtype, differentiates, REFERENCES)
        samples += [(FIRST_REFERENCE + i, sample) for i, sample in more]
    return samples


def indexed_by_tensor(sample):
    """x[[0, 2]] indexes by a list, which the file could not tell from a tuple."""
    if isinstance(sample.args[0], list):
        sample.args = (torch.tensor(sample.args[0]),)


def save(folder, name, dtype, file, entries, kind="samples"):
    if not entries:
        return
    base = f"{folder}/{name}.{dtype}"
    with open(base + ".json", "w") as out:
        json.dump({"op": name, "dtype": dtype, "kind": kind, "samples": entries}, out)
    file.write(base + ".safetensors")


def dump_form(folder, op, name, call, samples, dtype, differentiates):
    """One form of an op: the function, or the method that works in place."""
    file = SampleFile()
    recorder = Recorder(file, op, dtype, differentiates, has_reference=name not in RANDOM)
    recorded = [(i, recorder.record(call, sample)) for i, sample in samples]
    entries = [{"id": i, **entry} for i, entry in recorded if entry]
    save(folder, name, name_of(dtype), file, entries)


def dump_dtype(folder, op, dtype):
    differentiates = (op.supports_autograd and dtype.is_floating_point
                      and dtype in op.supported_backward_dtypes("cpu"))
    torch.manual_seed(zlib.crc32(f"{op.full_name} {dtype} {SEED}".encode()))
    samples = samples_of(op, dtype, differentiates)
    if op.full_name == "__getitem__":
        for _, sample in samples:
            indexed_by_tensor(sample)
    dump_form(folder, op, op.full_name, lambda s: op(s.input, *s.args, **s.kwargs), samples, dtype,
              differentiates)
    if op.full_name in IN_PLACE:
        on_tensors = [(i, s) for i, s in samples if isinstance(s.input, torch.Tensor)]
        dump_form(folder, op, IN_PLACE[op.full_name],
                  lambda s: op.inplace_variant(s.input.clone(), *s.args, **s.kwargs), on_tensors,
                  dtype, differentiates)


def dump_errors(folder, op):
    file, entries = SampleFile(), []
    torch.manual_seed(SEED)
    for i, error in enumerate(op.error_inputs("cpu")):
        call = file.call(error.sample_input, {})
        entries.append({"id": i, **call, "expected_error": str(error.error_regex)[:160]})
    save(folder, op.full_name, "errors", file, entries, "errors")


def main():
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    with open(OPS) as file:
        listed = [line.split()[0] for line in file if line.strip() and line[0] != "#"]
    if sys.argv[1:] == ["--missing"]:
        print(*sorted({op.full_name for op in op_db} - set(listed)), sep="\n")
        return
    folder, names = sys.argv[1], set(sys.argv[2:] or listed)
    os.makedirs(folder, exist_ok=True)
    for op in op_db:
        if op.full_name not in names:
            continue
        for dtype in DTYPES:
            if dtype in op.supported_dtypes("cpu"):
                dump_dtype(folder, op, dtype)
        if op.error_inputs_func is not None:
            dump_errors(folder, op)
        print(op.full_name, flush=True)


if __name__ == "__main__":
    main()
