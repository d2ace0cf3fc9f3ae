// SPDX-License-Identifier: MIT
// Reader: the values of a JSON object by their keys, with errors that name the file and the key.
#pragma once
#include <tinygrad/error.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace tinygrad::simulator {

class Reader {
 public:
  /// The object of a file. Throws IoError if there is none.
  explicit Reader(const std::string& path);
  Reader(std::string where, nlohmann::json object);

  /// Each leaves its target as it is if the object lacks the key.
  void text(const char* key, std::string& target);
  void number(const char* key, double& target);    ///< not negative
  void positive(const char* key, double& target);  ///< above 0
  void count(const char* key, int& target);        ///< a whole number above 0
  /// The value; an empty array or object, like `otherwise`, if there is none.
  nlohmann::json part(const char* key, nlohmann::json otherwise);
  /// Throws ArgumentError if the object has a key that was not read.
  void finish() const;
  [[noreturn]] void refuse(const std::string& key, const std::string& expected) const;
  const std::string& where() const { return where_; }

 private:
  const nlohmann::json* find(const char* key);
  std::string where_;
  nlohmann::json object_;
  std::set<std::string> read_ = {};
};

}  // namespace tinygrad::simulator
