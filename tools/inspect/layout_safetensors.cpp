// SPDX-License-Identifier: MIT
// The parts of a safetensors file: a length of 8 bytes, a header in JSON, and the tensors.
#include <nlohmann/json.hpp>

#include "byte_reader.h"
#include "layout.h"

namespace tinygrad::inspect {

void add_safetensors(const io::Source& source, Layout& layout) {
  io::ByteReader in(source, source.bytes);
  const auto length = in.read<std::uint64_t>("the length of the header");
  const auto header = nlohmann::ordered_json::parse(in.text(length, "the header"));
  layout.facts.emplace_back("header", std::to_string(length) + " bytes of JSON");
  layout.parts = {{"(length of the header)", Part::Kind::header, 0, 8},
                  {"(header)", Part::Kind::header, 8, 8 + length}};
  for (const auto& [name, tensor] : header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, text] : tensor.items()) layout.metadata.emplace_back(key, text);
      continue;
    }
    const std::uint64_t begin = tensor["data_offsets"][0], end = tensor["data_offsets"][1];
    layout.parts.push_back({name, Part::Kind::tensor, 8 + length + begin, 8 + length + end,
                            std::string(tensor["dtype"])});
  }
}

}  // namespace tinygrad::inspect
