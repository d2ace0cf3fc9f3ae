// SPDX-License-Identifier: MIT
// Downloads a blob in as many requests as it takes, each of which asks for what is still missing.
#include "download.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "digest.h"
#include "names.h"
#include "problem.h"
#include "tinygrad/io/file.h"

namespace tinygrad::hub {

namespace fs = std::filesystem;

namespace {

/// The file BLOB.incomplete. It stays if the download breaks off.
class Part {
 public:
  Part(const Call& call, const fs::path& path) : call_(call), path_(path) {
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    struct stat about {};
    if (file_ < 0 || ::fstat(file_, &about) != 0) refuse("cannot be opened");
    size_ = std::uint64_t(about.st_size);
  }
  Part(const Part&) = delete;
  ~Part() { ::close(file_); }
  std::uint64_t size() const { return size_; }
  void restart() {
    if (::ftruncate(file_, 0) != 0) error_ = errno;
    size_ = 0;
  }
  bool append(std::string_view bytes) {
    while (!bytes.empty() && error_ == 0) {
      const ssize_t count = ::write(file_, bytes.data(), bytes.size());
      if (count < 0 && errno != EINTR) error_ = errno;
      if (count > 0) size_ += std::uint64_t(count), bytes.remove_prefix(std::size_t(count));
    }
    return error_ == 0;
  }
  /// Throws IoError if a write failed.
  void check() const {
    if (error_ != 0) errno = error_, refuse("cannot be written");
  }
  void rename_to(const fs::path& path) const {
    if (::fsync(file_) != 0) refuse("cannot be written to the disk");
    if (::rename(path_.c_str(), path.c_str()) != 0) refuse("cannot be renamed");
  }

 private:
  [[noreturn]] void refuse(const char* what) const {
    fail<IoError>(call_, in_quotes(path_.string()), ": ", what, ": ",
                  std::generic_category().message(errno));
  }
  Call call_;
  fs::path path_;
  std::uint64_t size_ = 0;
  int file_ = -1, error_ = 0;
};

/// Where the answer begins in the file: the start of "bytes 100-299/300", or 0 for the whole file.
std::optional<std::uint64_t> start_of(const Reply& reply) {
  if (reply.status == 200) return 0;
  const std::string range = reply.header("content-range");
  if (reply.status != 206 || !range.starts_with("bytes ")) return {};
  return std::strtoull(range.c_str() + 6, nullptr, 10);
}

/// The requests for one blob.
class Download {
 public:
  Download(const Settings& settings, Client& client, const FileInfo& info, Part& part,
           const Progress& progress)
      : settings_(settings), client_(client), info_(info), part_(part), progress_(progress) {}

  void run(const std::string& url) {
    if (info_.size && part_.size() > *info_.size) part_.restart();
    std::uint64_t furthest = part_.size();
    complete_ = info_.size == part_.size();
    for (int failures = 0; !complete_; ++failures) {
      if (failures == 5) throw broke_off();
      if (failures > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100 << failures));
      request(url);
      part_.check();
      if (part_.size() > furthest) furthest = part_.size(), failures = -1;
    }
  }

 private:
  /// Asks for the rest; sets complete_, or problem_. Throws Problem if it is of no use to go on.
  void request(const std::string& url) {
    begun_ = false, unusable_.clear();
    const Reply reply =
        client_.send({.url = url,
                      .token = settings_.token,
                      .timeout = settings_.download_timeout,
                      .from = part_.size()},
                     [this](const Reply& r, std::string_view bytes) { return take(r, bytes); });
    const int status = reply.status;
    if (status == 416) return part_.restart();  // there are no bytes from there on
    if (status >= 400 && status < 500 && status != 408 && status != 429)
      throw refused(settings_, reply);
    if (!unusable_.empty()) throw not_a_hub(settings_, unusable_);
    if (status == 200 && !begun_) part_.restart();  // an empty file
    problem_ = status >= 400 ? "error " + std::to_string(status) : reply.problem;
    complete_ = problem_.empty() && (!info_.size || part_.size() == *info_.size);
  }

  /// Appends bytes of an answer, if it begins where the file ends.
  bool take(const Reply& reply, std::string_view bytes) {
    const auto start = start_of(reply);
    if (!start) return false;  // the text of an error or a redirect
    if (!begun_ && *start == 0 && part_.size() > 0) part_.restart();
    if (!begun_ && *start != part_.size()) unusable_ = "Content-Range";
    if (info_.size && bytes.size() > *info_.size - part_.size()) unusable_ = "Content-Length";
    begun_ = true;
    if (!unusable_.empty() || !part_.append(bytes)) return false;
    if (progress_) progress_(info_.name, part_.size(), info_.size.value_or(0));
    return true;
  }

  Problem broke_off() const {
    const std::string of = info_.size ? " of " + std::to_string(*info_.size) : "";
    return unreachable(settings_, "the download broke off after " + std::to_string(part_.size()) +
                                      of + " bytes, which are kept: " + problem_);
  }

  const Settings& settings_;
  Client& client_;
  const FileInfo& info_;
  Part& part_;
  const Progress& progress_;
  std::string problem_;   ///< why the last request broke off
  std::string unusable_;  ///< the header that contradicts the bytes
  bool begun_ = false, complete_ = false;
};

/// The check sum of a file that is of the kind of the etag; if that is none, the etag itself.
std::string sum_like(const std::string& etag, const fs::path& path, bool is_empty,
                     const Call& call) {
  if (!is_hex(etag, 64) && !is_hex(etag, 40)) return etag;
  const auto sum = etag.size() == 64 ? sha256 : git_sha1;
  return is_empty ? sum({}) : sum(FileBytes(path, true, call).bytes());
}

}  // namespace

void download(const Call& call, const Settings& settings, Client& client, const FileInfo& info,
              const std::string& url, const fs::path& blob, const Progress& progress) {
  const fs::path path = blob.string() + ".incomplete";
  Part part(call, path);
  Download(settings, client, info, part, progress).run(url);
  const std::string sum = sum_like(info.etag, path, part.size() == 0, call);
  if (sum != info.etag) {
    std::error_code ignored;
    fs::remove(path, ignored);
    fail<IoError>(call, in_quotes(info.name),
                  ": was damaged on its way and is deleted: its check "
                  "sum is ",
                  sum, ", and ", settings.endpoint, " announced ", info.etag,
                  "; try again, or set HF_ENDPOINT to another mirror\n文件 ", info.name,
                  " 在传输中损坏，已删除：校验和不符。请重试，或把 HF_ENDPOINT 设为另一个镜像。");
  }
  part.rename_to(blob);
}

}  // namespace tinygrad::hub
