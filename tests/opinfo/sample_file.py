# SPDX-License-Identifier: MIT
"""Writes samples as JSON, and their tensors into a safetensors file beside it."""
import json
import math
import struct

import numpy
import torch

CODES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
         torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL"}
MAX_RANK = 8  # of the library


def name_of(dtype):
    return str(dtype).replace("torch.", "")


class SampleFile:
    """The tensors of the samples of one op and dtype, named t0, t1, ..."""

    def __init__(self):
        self.tensors = {}

    def add(self, tensor):
        """Stores the values of a tensor and returns their name."""
        name = f"t{len(self.tensors)}"
        values = torch.empty(tensor.shape, dtype=tensor.dtype)
        self.tensors[name] = values.copy_(tensor.detach())
        return name

    def tensor(self, tensor, memo=None):
        """A tensor as JSON. The same tensor has the same entry in memo, {id: (entry, tensor)}."""
        if memo is not None and id(tensor) in memo:
            return memo[id(tensor)][0]
        reason = unsupported(tensor)
        if reason:
            entry = {"t": None, "dtype": name_of(tensor.dtype), "what": reason}
        else:
            entry = {"t": self.add(tensor), "shape": list(tensor.shape),
                     "stride": list(tensor.stride()), "dtype": name_of(tensor.dtype),
                     "rg": bool(tensor.requires_grad)}
        if memo is not None:
            memo[id(tensor)] = (entry, tensor)
        return entry

    def value(self, value, memo):
        """An argument as JSON; {"unk": type} if it has no form."""
        if isinstance(value, torch.Tensor):
            return self.tensor(value, memo)
        if isinstance(value, numpy.generic):
            return self.value(value.item(), memo)
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            return value if -2**63 <= value < 2**63 else {"unk": "an integer beyond int64"}
        if isinstance(value, float):
            return value if math.isfinite(value) else {"f": repr(value)}
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            return {"slice": [self.value(part, memo) for part in parts]}
        if value is Ellipsis:
            return {"ellipsis": True}
        if isinstance(value, (list, tuple, torch.Size)):
            return [self.value(item, memo) for item in value]
        for kind in ("dtype", "device", "memory_format", "layout"):
            if isinstance(value, getattr(torch, kind)):
                return {kind: str(value).replace("torch.", "")}
        return {"unk": type(value).__name__}

    def call(self, sample, memo):
        """The arguments of a SampleInput."""
        return {"input": self.value(sample.input, memo),
                "args": [self.value(argument, memo) for argument in sample.args],
                "kwargs": {name: self.value(v, memo) for name, v in sample.kwargs.items()}}

    def write(self, path):
        """Safetensors: the size of the header, the header, the values, largest elements first."""
        order = sorted(self.tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
        header, values, end = {}, [], 0
        for name, tensor in order:
            data = bytes(tensor.reshape(-1).view(torch.uint8).numpy()) if tensor.numel() else b""
            header[name] = {"dtype": CODES[tensor.dtype], "shape": list(tensor.shape),
                            "data_offsets": [end, end + len(data)]}
            end += len(data)
            values.append(data)
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + b"".join(values))


def unsupported(tensor):
    """Why the library has no such tensor; "" if it has."""
    if (tensor.layout != torch.strided or tensor.dtype not in CODES or tensor.device.type != "cpu"
            or type(tensor) not in (torch.Tensor, torch.nn.Parameter)):
        return f"{tensor.layout} {tensor.device} {type(tensor).__name__}"
    return "rank above 8" if tensor.dim() > MAX_RANK else ""
