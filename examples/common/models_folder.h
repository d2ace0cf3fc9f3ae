// SPDX-License-Identifier: MIT
// models_folder() is the folder in which scripts/fetch_models.sh puts trained models.
#pragma once
#include <cstdlib>
#include <string>

namespace common {

/// $TINYGRAD_MODELS, or the folder tinygrad/models in the user's cache.
inline std::string models_folder() {
  if (const char* models = std::getenv("TINYGRAD_MODELS")) return models;
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  return (cache ? std::string(cache) : std::string(home ? home : ".") + "/.cache") +
         "/tinygrad/models";
}

}  // namespace common
