// SPDX-License-Identifier: MIT
// Fuzzes messages of Protocol Buffers: each must be read or refused, and the fields of one that is
// read, written again and read, must be the same.
#include "shared/protobuf.h"
#include "memory_file.h"

namespace {

using namespace tinygrad;
using protobuf::Message, protobuf::Reader, protobuf::Wire;

Message copy(Reader in) {
  Message all;
  while (in.next()) {
    if (in.wire() == Wire::varint) all.number(in.field(), in.number<std::uint64_t>());
    else if (in.wire() == Wire::fixed64) all.number(in.field(), in.number<double>());
    else if (in.wire() == Wire::fixed32) all.number(in.field(), in.number<float>());
    else all.text(in.field(), in.text());
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  try {
    const Message once = copy({"fuzz", {reinterpret_cast<const char*>(bytes), size}});
    test::MemoryFile::check(copy({"fuzz", once.bytes()}).bytes() == once.bytes());
  } catch (const IoError&) {}
  return 0;
}
