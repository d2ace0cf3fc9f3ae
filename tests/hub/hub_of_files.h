// SPDX-License-Identifier: MIT
// HubOfFiles: answers as the Hugging Face Hub does for one repository, org/tiny, with two files;
// and the fixture of the tests that ask it.
#pragma once
#include <cstdlib>

#include "server.h"
#include "support/files.h"
#include "tinygrad/hub/hub.h"

namespace tinygrad::test {

// Check sums by sha256sum and git hash-object.
const std::string commit = "0123456789abcdef0123456789abcdef01234567";
const std::string config = "{\"hidden_size\": 4}\n";
const std::string config_sum = "48e584d419f2d10930772dedc2235ff01de91984";
inline std::string large_file() {  // 300 kB
  std::string bytes(300'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = char(i * i >> 7 & 127);
  return bytes;
}
const std::string large = large_file();
const std::string large_sum = "fa8d4416d201e305fb4d18b3248d8df37ab40ebad4ab8a16b26e86a61355923c";

/// The answer to a request for bytes: those that a Range asks for, if the server knows ranges.
inline Answer bytes_for(const Asked& request, const std::string& bytes, bool knows_ranges = true) {
  const std::string range = request.header("Range");
  if (range.empty() || !knows_ranges) return {.body = bytes};
  const std::size_t from = std::stoul(range.substr(6));
  if (from >= bytes.size()) return {.status = 416};
  const std::string said = "bytes " + std::to_string(from) + "-" +
                           std::to_string(bytes.size() - 1) + "/" + std::to_string(bytes.size());
  return {206, {{"Content-Range", said}}, bytes.substr(from)};
}

/// Large files are redirected to /storage, on the server `storage` if that is set.
struct HubOfFiles {
  std::string storage = {};
  std::string token = {};  ///< asks for it
  Answer operator()(const Asked& request) const {
    if (!token.empty() && request.header("Authorization") != "Bearer " + token)
      return {401, {{"X-Error-Code", "GatedRepo"}, {"X-Error-Message", "Access is restricted."}}};
    const std::string& path = request.path;
    if (path == "/storage") return bytes_for(request, large);
    if (path == "/api/models/org/tiny/revision/main")
      return {.body = "{\"sha\":\"" + commit +
                      "\",\"siblings\":[{\"rfilename\":\"config.json\"},"
                      "{\"rfilename\":\"weights/model.safetensors\"}]}"};
    for (const std::string& revision : {std::string("main"), commit}) {
      const std::string start = "/org/tiny/resolve/" + revision + "/";
      if (path == start + "config.json")
        return {200, {{"ETag", "\"" + config_sum + "\""}, {"X-Repo-Commit", commit}}, config};
      if (path == start + "weights/model.safetensors")
        return {302,
                {{"X-Linked-Etag", "\"" + large_sum + "\""},
                 {"X-Linked-Size", std::to_string(large.size())},
                 {"X-Repo-Commit", commit},
                 {"Location", storage + "/storage"}}};
      if (path.starts_with(start))
        return {404, {{"X-Error-Code", "EntryNotFound"}, {"X-Repo-Commit", commit}}};
    }
    if (path.starts_with("/org/tiny")) return {404, {{"X-Error-Code", "RevisionNotFound"}}};
    return {401, {{"X-Error-Code", "RepoNotFound"}, {"X-Error-Message", "Invalid username."}}};
  }
};

/// The environment names a cache of the test's own, and no other variable of the Hub.
class HubTest : public Files {
 protected:
  HubTest() {
    for (const char* name :
         {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE",
          "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_ETAG_TIMEOUT",
          "HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_DISABLE_IMPLICIT_TOKEN"})
      ::unsetenv(name);
    set("HF_HOME", path("home"));
    set("no_proxy", "127.0.0.1");
  }
  void SetUp() override {
    if (!hub::can_download()) GTEST_SKIP() << "this build has no libcurl";
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  void ask(const Server& server) { set("HF_ENDPOINT", server.url()); }
  std::string cache() const { return path("home/hub/"); }
  std::string folder() const { return cache() + "models--org--tiny/"; }
  std::string model() const {
    return folder() + "snapshots/" + commit + "/weights/model.safetensors";
  }
  static std::string get_model() {
    return hub::get("org/tiny", {.file = "weights/model.safetensors"});
  }
  /// Lays a file down as huggingface_hub does.
  void lay_down(const std::string& name, const std::string& etag, const std::string& bytes) {
    namespace fs = std::filesystem;
    const fs::path at = folder() + "snapshots/" + commit + "/" + name,
                   blob = folder() + "blobs/" + etag;
    for (const fs::path& file : {at, blob, fs::path(folder() + "refs/main")})
      fs::create_directories(file.parent_path());
    std::ofstream(blob) << bytes;
    std::ofstream(folder() + "refs/main") << commit;
    fs::create_symlink(fs::relative(blob, at.parent_path()), at);
  }
};

}  // namespace tinygrad::test
