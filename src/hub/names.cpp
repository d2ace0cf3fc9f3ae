// SPDX-License-Identifier: MIT
// The rules for names of repositories, revisions, files and blobs.
#include "names.h"

#include <algorithm>

namespace tinygrad::hub {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// Whether all characters are letters, digits, or among `others`.
bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

/// A name of an organisation or a repository.
bool is_id_part(std::string_view name) {
  const auto is_end = [](char c) { return c == '-' || c == '.'; };
  return !name.empty() && name.size() <= 96 && consists_of(name, "-_.") && !is_end(name.front()) &&
         !is_end(name.back()) && name.find("--") == name.npos && name.find("..") == name.npos;
}

}  // namespace

bool is_hex(std::string_view text, std::size_t count) {
  return text.size() == count && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}
bool is_commit(std::string_view revision) { return is_hex(revision, 40); }

bool is_relative_path(std::string_view path) {
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\';
  };
  if (path.size() > 1024 || std::any_of(path.begin(), path.end(), is_bad)) return false;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string_view name = path.substr(start, slash - start);
    if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
    start = slash + 1;
  }
  return true;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name.front() != '.' && consists_of(name, "._-+=");
}

const std::string& checked_id(const Call& call, const std::string& id) {
  const std::size_t slash = id.find('/');
  const std::string_view all = id;
  const bool ok = slash == std::string::npos
                      ? is_id_part(all)
                      : is_id_part(all.substr(0, slash)) && is_id_part(all.substr(slash + 1));
  require(ok && id.size() <= 96 && !id.ends_with(".git"), call,
          "expected the id of a repository, \"org/name\" of letters, digits and - _ ., got ",
          in_quotes(id));
  return id;
}

std::string percent_encoded(std::string_view text, std::string_view keep) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (consists_of({&c, 1}, "-._~") || keep.find(c) != keep.npos) out += c;
    else (out += '%') += {"0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
  }
  return out;
}

}  // namespace tinygrad::hub
