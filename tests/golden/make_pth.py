#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the checkpoints of tests/corpus/pth with PyTorch, and the values that PyTorch loads from
them again, as tests/golden/pth.npz: the array FILE/DTYPE/NAME is tensor NAME of FILE.pth, as
float32 if NumPy has not the dtype. The keys of storages in streams are addresses, so those files
differ from run to run.

    tests/opinfo/python.sh tests/golden/make_pth.py

Files whose names begin with bad_ must be refused."""
import io
import pathlib
import pickle
import struct
import zipfile

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parent / "corpus" / "pth"
torch.manual_seed(7)
NUMPY_LACKS = {torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz,
               torch.float8_e5m2fnuz, torch.float8_e8m0fnu}


def dtypes(names):
    values = torch.arange(6).reshape(2, 3)
    return {name: (values % 2 if name == "bool" else values).to(getattr(torch, name))
            for name in names.split()}


def views():
    x = torch.arange(24.).reshape(4, 6)
    return {"whole": x, "transposed": x.t(), "slice": x[1:3, 2:4], "step": x[::2, 1::3],
            "scalar": x[2, 5], "expanded": torch.ones(1).expand(5), "empty": x[:, :0],
            "other": x.view(-1)[3:]}


OLD = dtypes("float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool")
NEW = dtypes("uint16 uint32 uint64 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz "
             "float8_e8m0fnu")
NET = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def trained():
    optimizer = torch.optim.Adam(NET.parameters())
    NET(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    return {"model": NET.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3,
            "loss": 0.25, "name": "small \u7f51", "done": True, "nothing": None,
            "large": -(1 << 40), "size": torch.Size([2, 3]), "device": torch.device("cpu"),
            "dtype": torch.float32, "list": [torch.ones(2), (1, 2.5)],
            "parameter": torch.nn.Parameter(torch.ones(2))}


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


STREAM = {"_use_new_zipfile_serialization": False}
FILES = {
    "dtypes": saved({**OLD, **NEW}), "dtypes_stream": saved(OLD, **STREAM),
    "views": saved(views()), "views_stream": saved(views(), **STREAM),
    "trained": saved(trained()), "trained_stream": saved(trained(), **STREAM),
    "trained_protocol_4": saved(trained(), pickle_protocol=4),
    "single": saved(torch.ones(2, 2)), "small": saved({"w": torch.ones(2)}),
    "small_stream": saved({"w": torch.ones(2)}, **STREAM),
}


def flat(value, name=""):
    """The tensors of a value by their names with dots."""
    if isinstance(value, torch.Tensor):
        return {name: value.detach()}
    items = (value.items() if isinstance(value, dict) else
             enumerate(value) if isinstance(value, (list, tuple)) else [])
    return {k: v for key, part in items
            for k, v in flat(part, f"{name}.{key}" if name else str(key)).items()}


# ------------------------------------------------------------ files that must be refused

def changed(file, member, data, compression=zipfile.ZIP_STORED):
    """The archive of a file with the bytes of one member replaced."""
    out = io.BytesIO()
    with (zipfile.ZipFile(io.BytesIO(FILES[file])) as old,
          zipfile.ZipFile(out, "w", compression) as new):
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), data if name == f"archive/{member}" else
                         old.read(name), compression)
    return out.getvalue()


def with_pickle(*parts):
    return changed("small", "data.pkl", b"\x80\x02" + b"".join(parts) + b".")


class Runs:
    def __reduce__(self):
        return (print, ("this must not run",))


def tensor(offset=0, shape=(2,), strides=(1,), count=2, key="0", storage="FloatStorage"):
    """The opcodes of a tensor."""
    def integer(n):
        return b"\x8a\x08" + struct.pack("<q", n)

    def sizes(values):
        return b"(" + b"".join(map(integer, values)) + b"t"

    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()
    return (b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\n"
            + storage.encode() + b"\n" + text(key) + text("cpu") + integer(count) + b"tQ"
            + integer(offset) + sizes(shape) + sizes(strides) + b"\x89}tR")


def dictionary(*items):
    return b"}(" + b"".join(b"U" + bytes([len(k)]) + k.encode() + v for k, v in items) + b"u"


SCRIPT = io.BytesIO()
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), SCRIPT)
SMALL = FILES["small_stream"]
BAD = {
    "module": saved(torch.nn.Linear(2, 1)), "runs": saved(Runs()),
    "runs_stream": saved({"w": torch.ones(2), "x": Runs()}, **STREAM),
    "torchscript": SCRIPT.getvalue(), "complex": saved(torch.ones(2, dtype=torch.complex64)),
    "sparse": saved(torch.eye(2).to_sparse()), "numpy": saved({"x": np.float64(1)}),
    "set": saved({1, 2}), "big_endian": changed("small", "byteorder", b"big"),
    "deflated": changed("small", "", b"", zipfile.ZIP_DEFLATED),
    "short_storage": changed("small", "data/0", b"1234"), "plain_pickle": pickle.dumps([1, 2]),
    "no_pickle": changed("small", "data.pkl", b""),
    "offset": with_pickle(tensor(offset=1)), "negative_offset": with_pickle(tensor(offset=-1)),
    "stride": with_pickle(tensor(strides=(2,))),
    "negative_stride": with_pickle(tensor(strides=(-1,))),
    "negative_size": with_pickle(tensor(shape=(-1,))),
    "overflow": with_pickle(tensor(shape=(2**62, 2**62), strides=(0, 0))),
    "overflow_stride": with_pickle(tensor(shape=(2,), strides=(2**63 - 1,))),
    "repeats": with_pickle(tensor(shape=(2**40,), strides=(0,))),
    "rank_9": with_pickle(tensor(shape=(1,) * 9, strides=(1,) * 9)),
    "ranks_differ": with_pickle(tensor(shape=(2, 1))), "no_storage": with_pickle(tensor(key="1")),
    "other_size": with_pickle(tensor(count=3)), "huge_storage": with_pickle(tensor(count=2**62)),
    "no_class_of_storages": with_pickle(tensor(storage="Size")),
    "same_name": with_pickle(dictionary(("a.b", tensor()), ("a", dictionary(("b", tensor()))))),
    "contains_itself": with_pickle(b"]q\0h\0a"),
    "doubles": with_pickle(b"]q\0" + b"".join(b"(h%ch%ctq%c" % (i, i, i + 1) for i in range(60))),
    "deep": with_pickle(b"]" * 5000 + b"a" * 4999), "empty_stack": with_pickle(b"a"),
    "no_mark": with_pickle(b"t"), "no_memo": with_pickle(b"h\1"),
    "pop_beyond_mark": with_pickle(b"](a"),
    "unknown_opcode": with_pickle(b"\xff"), "newobj": with_pickle(b"ctorch\nSize\n)\x81"),
    "long_integer": with_pickle(b"\x8a\x09" + b"\1" * 9), "calls_text": with_pickle(b"U\1a)R"),
    "cut_text": with_pickle(b"U\xff"),
    "odd_dictionary": with_pickle(b"}(NNNu"),
    "bare_storage": with_pickle(b"(X\7\0\0\0storagectorch\nFloatStorage\nU\0010U\3cpuK\2tQ"),
    "stream_left_over": SMALL + b"x",
    "stream_size": SMALL[:-16] + struct.pack("<q", 3) + SMALL[-8:],
    "stream_version": SMALL.replace(struct.pack("<H", 1001), struct.pack("<H", 1002), 1),
    "stream_big_endian": SMALL.replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89"),
}


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, data in FILES.items():
        (CORPUS / f"{name}.pth").write_bytes(data)
        for key, value in flat(torch.load(io.BytesIO(data), weights_only=False)).items():
            dtype = str(value.dtype).removeprefix("torch.")
            plain = value.float() if value.dtype in NUMPY_LACKS else value
            expected[f"{name}/{dtype}/{key}"] = plain.contiguous().numpy()
    np.savez_compressed(HERE / "pth.npz", **expected)
    for name, data in BAD.items():
        (CORPUS / f"bad_{name}.pth").write_bytes(data)


if __name__ == "__main__":
    main()
