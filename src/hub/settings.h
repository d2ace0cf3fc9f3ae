// SPDX-License-Identifier: MIT
// Settings: what the variables of huggingface_hub say.
#pragma once
#include <filesystem>
#include <string>

#include "tinygrad/error.h"

namespace tinygrad::hub {

struct Settings {
  std::filesystem::path cache;  ///< HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE or $HF_HOME/hub
  std::string endpoint;         ///< HF_ENDPOINT, without a slash at the end
  std::string token;            ///< HF_TOKEN, or what `hf auth login` stored; may be empty
  std::string offline;          ///< the variable that forbids downloads; empty if none does
  int etag_timeout = 0, download_timeout = 0;  ///< seconds without a byte
};

/// Reads the environment. Throws ArgumentError for a value that makes no sense.
Settings read_settings(const Call& call);

}  // namespace tinygrad::hub
