// SPDX-License-Identifier: MIT
// Reads the environment variables of huggingface_hub. One that is empty counts as not set.
#include "settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "http.h"

namespace tinygrad::hub {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
/// The first of these variables that is set, as a path; ~/ at its beginning is the home folder.
fs::path folder(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::string value = variable(name);
    if (value.starts_with("~/")) return variable("HOME") + value.substr(1);
    if (!value.empty()) return value;
  }
  return {};
}
bool is_true(const char* name) {
  std::string value = variable(name);
  for (char& c : value) c = char(std::toupper(static_cast<unsigned char>(c)));
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

fs::path home(const Call& call) {
  if (const fs::path own = folder({"HF_HOME"}); !own.empty()) return own;
  if (const fs::path caches = folder({"XDG_CACHE_HOME"}); !caches.empty())
    return caches / "huggingface";
  require<IoError>(!variable("HOME").empty(), call,
                   "there is no folder for the cache: none of HF_HOME, XDG_CACHE_HOME and HOME is "
                   "set");
  return fs::path(variable("HOME")) / ".cache/huggingface";
}

int seconds(const Call& call, const char* name) {
  const std::string value = variable(name);
  if (value.empty()) return 10;
  int seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  require(error == std::errc() && *end == 0 && seconds > 0, call, name, "=", in_quotes(value),
          ": expected a number of seconds");
  return seconds;
}

/// A token becomes part of a header, where a line break would begin another header.
std::string token(const Call& call, const fs::path& home) {
  if (is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return {};
  std::string token = variable("HF_TOKEN");
  if (token.empty()) {
    const fs::path stored = folder({"HF_TOKEN_PATH"});
    std::ifstream file(stored.empty() ? home / "token" : stored);
    token.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!token.empty() && is_space(token.back())) token.pop_back();
  token.erase(token.begin(), std::find_if_not(token.begin(), token.end(), is_space));
  const bool is_printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
  require(is_printable, call,
          "the token in HF_TOKEN or the token file is not a token: it has "
          "spaces or characters that are not ASCII");
  return token;
}

}  // namespace

Settings read_settings(const Call& call) {
  Settings settings;
  const fs::path own_home = home(call);
  settings.cache = folder({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  if (settings.cache.empty()) settings.cache = own_home / "hub";
  std::error_code ignored;
  settings.cache = fs::absolute(settings.cache, ignored);
  settings.endpoint = variable("HF_ENDPOINT");
  if (settings.endpoint.empty()) settings.endpoint = "https://huggingface.co";
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  require(!origin_of(settings.endpoint).empty(), call, "HF_ENDPOINT=", in_quotes(settings.endpoint),
          ": expected an address such as https://hf-mirror.com");
  settings.token = token(call, own_home);
  const char* offline =
      variable("HF_HUB_OFFLINE").empty() ? "TRANSFORMERS_OFFLINE" : "HF_HUB_OFFLINE";
  if (is_true(offline)) settings.offline = offline;
  settings.etag_timeout = seconds(call, "HF_HUB_ETAG_TIMEOUT");
  settings.download_timeout = seconds(call, "HF_HUB_DOWNLOAD_TIMEOUT");
  return settings;
}

}  // namespace tinygrad::hub
