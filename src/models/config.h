// SPDX-License-Identifier: MIT
// Config: the options of a model in JSON, which may be missing or null, and how bad ones are
// refused.
#pragma once
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "tinygrad/error.h"

namespace tinygrad::models {

class Config {
 public:
  /// Throws IoError if the file is missing, larger than 1 MB, or no JSON object.
  Config(const std::string& path, const Call& call);

  /// The value of a key. Throws IoError if it is missing or of another type.
  template <class T> T get(const char* key) const {
    const auto found = json_.find(key);
    check(found != json_.end(), "there is no ", in_quotes(key));
    return as<T>(key, *found);
  }
  /// The same; `otherwise` if it is missing or null.
  template <class T> T get(const char* key, const T& otherwise) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? otherwise : as<T>(key, *found);
  }
  /// The same for a size: 0 ... 2^31 - 1, so that products of two do not overflow.
  std::int64_t size(const char* key) const { return checked_size(key, get<std::int64_t>(key)); }
  std::int64_t size(const char* key, std::int64_t otherwise) const {
    return checked_size(key, get(key, otherwise));
  }
  /// Throws IoError unless the text of a key is one of these, the first of which is the default.
  void expect(const char* key, std::initializer_list<const char*> known) const;
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    require<IoError>(ok, call_, in_quotes(path_), ": ", parts...);
  }

 private:
  template <class T> T as(const char* key, const nlohmann::json& value) const {
    try {
      check(!std::is_integral_v<T> || value.is_boolean() == std::is_same_v<T, bool>, in_quotes(key),
            " has another type than expected");
      return value.get<T>();
    } catch (const nlohmann::json::exception&) {
      fail<IoError>(call_, in_quotes(path_), ": ", in_quotes(key),
                    " has another type than expected");
    }
  }
  std::int64_t checked_size(const char* key, std::int64_t size) const {
    check(size >= 0 && size < std::int64_t(1) << 31, in_quotes(key), " is ", size);
    return size;
  }
  Call call_;
  std::string path_;
  nlohmann::json json_;
};

}  // namespace tinygrad::models
