// SPDX-License-Identifier: MIT
// The parts of NumPy's .npy files, and of ZIP archives: .npz, and .pth of PyTorch since 1.6. The
// stream of PyTorch before is one part.
#include <tinygrad/pytorch/pth.h>

#include <algorithm>

#include "byte_reader.h"
#include "layout.h"
#include "zip.h"

namespace tinygrad::inspect {
namespace {

/// The bytes before the data of an array: the magic, the version, and a Python dictionary.
struct NpyHeader {
  int major, minor;
  std::string_view text;
  std::uint64_t bytes;
};
NpyHeader npy_header(const io::Source& source, io::Bytes bytes) {
  io::ByteReader in(source, bytes);
  in.take(6, "the magic");
  const int major = in.read<std::uint8_t>("the version"), minor = in.read<std::uint8_t>("it");
  const std::uint64_t length = major == 1 ? in.read<std::uint16_t>("the length of the header")
                                          : in.read<std::uint32_t>("the length of the header");
  std::string_view text = in.text(length, "the header");
  text = text.substr(0, text.find_last_not_of(" \n") + 1);
  return {major, minor, text, bytes.size() - in.remaining()};
}

/// The value of 'descr' in the dictionary, such as <f4.
std::string descr(std::string_view header) {
  std::size_t at = header.find("'descr'");
  at = at == header.npos ? at : header.find('\'', at + 7);
  return at == header.npos ? ""
                           : std::string(header.substr(at + 1, header.find('\'', at + 1) - at - 1));
}

}  // namespace

void add_npy(const io::Source& source, Layout& layout) {
  const NpyHeader header = npy_header(source, source.bytes);
  layout.facts = {{"version", std::to_string(header.major) + "." + std::to_string(header.minor)},
                  {"header", std::string(header.text)}};
  layout.parts = {{"(header)", Part::Kind::header, 0, header.bytes},
                  {"", Part::Kind::tensor, header.bytes, source.bytes.size(), descr(header.text)}};
}

void add_zip(const io::Source& source, Layout& layout) {
  const auto offset = [&](io::Bytes bytes) {
    return std::uint64_t(bytes.data() - source.bytes.data());
  };
  std::uint64_t end = 0;
  const auto members = zip::members(source);
  for (const zip::Member& member : members) {
    const std::string name(member.name);
    layout.parts.push_back(
        {"(header of " + name + ")", Part::Kind::header, member.begin, offset(member.packed)});
    const bool array = name.ends_with(".npy");
    Part part{array ? name.substr(0, name.size() - 4) : name, Part::Kind::tensor,
              offset(member.packed), member.end};
    if (array && !member.deflated) {
      const NpyHeader header = npy_header(source, member.packed);
      part.dtype = descr(header.text);
      part.begin += header.bytes;
      layout.parts.back().end = part.begin;
    }
    layout.parts.push_back(std::move(part));
    end = std::max(end, member.end);
  }
  layout.parts.push_back({"(directory)", Part::Kind::header, end, source.bytes.size()});
  layout.facts = {{"files in the archive", std::to_string(members.size())}};
  const bool has_pickle = std::ranges::any_of(
      members, [](const zip::Member& member) { return member.name.ends_with("data.pkl"); });
  if (has_pickle) add_pickle(source, layout);
}

void add_pickle(const io::Source& source, Layout& layout) {
  layout.metadata = pytorch::load_pth_metadata(source.path, {});
}

}  // namespace tinygrad::inspect
