// SPDX-License-Identifier: MIT
// Writes a whole text file, so that no program ever sees half of it.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "step.h"

namespace tinygrad::tracing {

namespace fs = std::filesystem;

void write_file(const Call& call, const std::string& path, const std::string& text) {
  std::error_code none;
  const fs::path target =
      fs::is_symlink(path, none) ? fs::weakly_canonical(path, none) : fs::path(path);
  const auto old = fs::status(target, none);
  require<IoError>(!fs::exists(old) || fs::is_regular_file(old), call, "\"", path,
                   "\" is there, and is not a regular file");
  const std::string temporary = target.string() + "." + std::to_string(getpid()) + ".part";
  std::FILE* out = std::fopen(temporary.c_str(), "wbx");  // x: no file of the user's is replaced
  bool done = out && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  done = done && std::fflush(out) == 0 && fsync(fileno(out)) == 0;
  int reason = errno;
  if (out) done = std::fclose(out) == 0 && done;
  if (done && fs::exists(old)) fs::permissions(temporary, old.permissions(), none);
  if (done && std::rename(temporary.c_str(), target.c_str()) != 0) done = false, reason = errno;
  if (out && !done) std::remove(temporary.c_str());
  require<IoError>(done, call, "\"", path, "\" cannot be written: ", std::strerror(reason));
}

}  // namespace tinygrad::tracing
