#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints messages as Google's protobuf encodes them, for tests/io/protobuf_test.cpp: a name and the
bytes in hexadecimal.

    python3 tests/golden/make_protobuf.py > tests/golden/protobuf.txt"""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto


def message_class():
    file = descriptor_pb2.FileDescriptorProto(name="all.proto", package="t", syntax="proto2")
    message = file.message_type.add(name="All")

    def field(name, number, kind, repeated=False, packed=False, of=None):
        f = message.field.add(name=name, number=number, type=kind, type_name=of,
                              label=F.LABEL_REPEATED if repeated else F.LABEL_OPTIONAL)
        if repeated:
            f.options.packed = packed

    field("int64", 1, F.TYPE_INT64)
    field("uint64", 2, F.TYPE_UINT64)
    field("bool", 3, F.TYPE_BOOL)
    field("double", 4, F.TYPE_DOUBLE)
    field("float", 5, F.TYPE_FLOAT)
    field("string", 6, F.TYPE_STRING)
    field("bytes", 7, F.TYPE_BYTES)
    field("message", 8, F.TYPE_MESSAGE, of=".t.All")
    for name, kind, number in [("int64", F.TYPE_INT64, 9), ("double", F.TYPE_DOUBLE, 11),
                               ("float", F.TYPE_FLOAT, 13)]:
        field("packed_" + name, number, kind, repeated=True, packed=True)
        field("unpacked_" + name, number + 1, kind, repeated=True)
    field("last", 2**29 - 1, F.TYPE_INT64)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.All"))


All = message_class()
INTEGERS = [0, 1, 127, 128, 300, -1, -2**63, 2**63 - 1]
REALS = [0.5, -0.0, float("inf"), 2**-149]
MESSAGES = {
    "empty": All(),
    "integers": All(int64=-1, uint64=2**64 - 1, bool=True),
    "reals": All(double=0.1, float=0.1),
    "texts": All(string="é", bytes=b"\x00\xff\x80"),
    "long_text": All(bytes=b"x" * 200),
    "nested": All(message=All(message=All(int64=3), string="in")),
    "packed": All(packed_int64=INTEGERS, packed_double=REALS, packed_float=REALS),
    "unpacked": All(unpacked_int64=INTEGERS, unpacked_double=REALS, unpacked_float=REALS),
    "last": All(last=5),
}
for name, message in MESSAGES.items():
    print(name, message.SerializeToString(deterministic=True).hex())
