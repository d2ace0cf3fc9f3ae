# SPDX-License-Identifier: MIT
"""read_back.py RUNS: lets TensorBoard read what trace_tensorboard_test writes (WritesEveryKind),
and fails if a value is another one.

TensorBoard decodes all with Google's protobuf; an unknown field would be kept and seen here."""
import pathlib
import struct
import sys
import zlib

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto import event_pb2, graph_pb2

EVERYTHING = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0, "compressedHistograms": 1}


def read(folder):
    events = EventAccumulator(str(folder), size_guidance=EVERYTHING)
    events.Reload()
    return events


def expect(found, expected, what):
    if found != expected:
        sys.exit(f"FAILED: {what}: {found}, expected {expected}")


def pixels(png):
    """Of a PNG file of unfiltered rows."""
    expect(png[:8], b"\x89PNG\r\n\x1a\n", "PNG")
    at, data, width = 8, b"", 0
    while at < len(png):
        (size,), kind = struct.unpack(">I", png[at:at + 4]), png[at + 4:at + 8]
        body = png[at + 8:at + 8 + size]
        expect(struct.unpack(">I", png[at + 8 + size:at + 12 + size])[0],
               zlib.crc32(kind + body), "the check of " + kind.decode())
        width = struct.unpack(">I", body[:4])[0] if kind == b"IHDR" else width
        data += body if kind == b"IDAT" else b""
        at += 12 + size
    rows = zlib.decompress(data)
    row = 1 + 3 * width
    return [rows[y + 1:y + row] for y in range(0, len(rows), row)]


runs = pathlib.Path(sys.argv[1])
events = read(runs)
tags = events.Tags()
expect(tags["scalars"], ["loss/train"], "tags of scalars")
expect(tags["histograms"], ["weights"], "tags of histograms")
expect(tags["images"], ["image"], "tags of images")
expect(tags["tensors"], ["notes"], "tags of texts")
expect(tags["graph"], True, "graph")

single = lambda x: struct.unpack("f", struct.pack("f", x))[0]
expect([(s.step, s.value) for s in events.Scalars("loss/train")],
       [(i, single(1 / (1 + i))) for i in range(10)], "loss/train")
for name, sign in [("a", 1), ("b", -1)]:
    expect([(s.step, s.value) for s in read(runs / f"both_{name}").Scalars("both")],
           [(i, float(sign * i)) for i in range(10)], name)

for i, h in enumerate(events.Histograms("weights")):
    value = h.histogram_value
    expect((h.step, value.num), (i, 101), "histogram")
    expect(round(value.max, 6), round(0.5 * (i + 1), 6), "largest value")
    expect(round(value.min, 6), round(-0.5 * (i + 1), 6), "smallest value")
    expect(sum(value.bucket), 101, "sum of the buckets")
    expect(list(value.bucket_limit), sorted(value.bucket_limit), "limits of the buckets")

image = events.Images("image")[0]
expect((image.step, image.width, image.height), (1, 7, 5), "image")
expect(pixels(image.encoded_image_string),
       [bytes(c * 35 + y * 7 + x for x in range(7) for c in range(3)) for y in range(5)], "pixels")
expect(events.Tensors("notes")[0].tensor_proto.string_val[0].decode(), "# Title\nä", "text")
expect(events.SummaryMetadata("notes").plugin_data.plugin_name, "text", "plug-in")

graph = graph_pb2.GraphDef.FromString(events.Graph().SerializeToString())
nodes = {node.name: node for node in graph.node}
linear = [node for name, node in nodes.items() if name.startswith("2/linear_")][0]
expect(list(linear.input[1:]), ["2/weight", "2/bias"], "inputs")
expect([d.size for d in linear.attr["_output_shapes"].list.shape[0].dim], [5, 2], "shape")
for node in graph.node:
    for name in node.input:
        expect(name in nodes, True, name)

for file in runs.glob("events*"):
    for data in EventFileLoader(str(file)).Load():
        expect(data.ListFields() != [], True, "event")
        unknown = event_pb2.Event.FromString(data.SerializeToString())
        unknown.DiscardUnknownFields()
        expect(unknown, data, "event without unknown fields")
print("TensorBoard reads every kind")
