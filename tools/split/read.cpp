// SPDX-License-Identifier: MIT
// Reads the JSON objects of models and clusters.
#include "read.h"

#include <tinygrad/io/file.h>

#include <cmath>
#include <string_view>

namespace tinygrad::simulator {
namespace {

nlohmann::json parsed(const std::string& path) {
  const FileBytes file(path, false, "open");
  const auto* text = reinterpret_cast<const char*>(file.bytes().data());
  return nlohmann::json::parse(text, text + file.bytes().size(), nullptr, false);
}

}  // namespace

Reader::Reader(const std::string& path) : Reader(path, parsed(path)) {}

Reader::Reader(std::string where, nlohmann::json object)
    : where_(std::move(where)), object_(std::move(object)) {
  require<IoError>(object_.is_object(), where_.c_str(), "expected a JSON object");
}

const nlohmann::json* Reader::find(const char* key) {
  read_.insert(key);
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void Reader::refuse(const std::string& key, const std::string& expected) const {
  fail(where_.c_str(), in_quotes(key), ": expected ", expected);
}

void Reader::text(const char* key, std::string& target) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_string()) refuse(key, "a text");
  target = value->get<std::string>();
}

void Reader::number(const char* key, double& target) {
  const auto* value = find(key);
  if (!value) return;
  if (!value->is_number() || value->get<double>() < 0) refuse(key, "a number that is not negative");
  target = value->get<double>();
}

void Reader::positive(const char* key, double& target) {
  number(key, target);
  if (!(target > 0)) refuse(key, "a number above 0");
}

void Reader::count(const char* key, int& target) {
  double value = target;
  positive(key, value);
  if (value != std::floor(value) || value > 1e9) refuse(key, "a whole number up to 10^9");
  target = int(value);
}

nlohmann::json Reader::part(const char* key, nlohmann::json otherwise) {
  const auto* value = find(key);
  if (!value) return otherwise;
  if (value->type() != otherwise.type())
    refuse(key, otherwise.is_array() ? "an array" : "an object");
  return *value;
}

void Reader::finish() const {
  for (const auto& [key, value] : object_.items())
    if (!read_.contains(key))
      fail(where_.c_str(), "unknown key ", in_quotes(key), "; it may have ", [&] {
        std::string all;
        for (const std::string& name : read_) all += (all.empty() ? "" : ", ") + name;
        return all;
      }());
}

}  // namespace tinygrad::simulator
