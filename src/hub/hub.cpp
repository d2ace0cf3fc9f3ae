// SPDX-License-Identifier: MIT
// get() and snapshot(): ask the server what a revision is, look into the cache, and download what
// it lacks.
#include "tinygrad/hub/hub.h"

#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "download.h"
#include "names.h"
#include "problem.h"

namespace tinygrad::hub {

namespace fs = std::filesystem;

namespace {

std::string without_quotes(std::string etag) {
  if (etag.starts_with("W/")) etag.erase(0, 2);
  std::erase(etag, '"');
  return etag;
}

bool matches_any(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string pattern) {
    if (pattern.ends_with('/')) pattern += '*';
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

/// The text as JSON; discarded if it is none, or has more brackets than a listing could need, which
/// would take a hundred times its size in memory.
nlohmann::json parsed(const std::string& text) {
  const auto brackets = std::count(text.begin(), text.end(), '[');
  return brackets > 100'000 ? nlohmann::json() : nlohmann::json::parse(text, nullptr, false);
}

/// A commit and the names of its files.
struct Listing {
  std::string commit;
  std::vector<std::string> names;
};

/// One call of get() or snapshot().
class Session {
 public:
  Session(const Call& call, const std::string& id, const std::string& revision,
          const Progress& progress)
      : call_(call),
        id_(checked_id(call, id)),
        revision_(revision),
        progress_(progress),
        settings_(read_settings(call)),
        repository_(call, settings_.cache, id) {
    require(is_relative_path(revision), call, "expected a branch, a tag or a commit, got revision ",
            in_quotes(revision));
  }

  std::string file(const std::string& name, const std::string& revision) {
    if (const std::string path = cached(name, revision); is_commit(revision) && !path.empty())
      return path;
    FileInfo info;
    try {
      info = ask_about(name, revision);
    } catch (const Problem& problem) {
      if (const std::string path = cached(name, revision); !path.empty()) return path;
      if (repository_.is_known_to_lack(repository_.commit_of(revision), name))
        lacks(name, revision);
      fail_with(problem, name);
    }
    repository_.write_ref(revision, info.commit);
    const fs::path path = repository_.file(info.commit, name);
    if (!is_there(path)) fetch(info);
    return path.string();
  }

  std::string snapshot(const SnapshotOptions& options) {
    Listing listing;
    try {
      listing = list_files();
    } catch (const Problem& problem) {
      const std::string commit = repository_.commit_of(revision_);
      if (!commit.empty() && is_there(repository_.snapshot(commit)))
        return repository_.snapshot(commit).string();
      fail_with(problem, "");
    }
    std::erase_if(listing.names, [&](const std::string& name) {
      return (!options.allow_patterns.empty() && !matches_any(name, options.allow_patterns)) ||
             matches_any(name, options.ignore_patterns);
    });
    require<IoError>(!listing.names.empty(), call_, in_quotes(id_), ": no file of revision ",
                     in_quotes(revision_), " matches the patterns");
    repository_.write_ref(revision_, listing.commit);
    for (const std::string& name : listing.names) file(name, listing.commit);
    return repository_.snapshot(listing.commit).string();
  }

 private:
  /// The path of a file that an earlier download left; empty if there is none.
  std::string cached(const std::string& name, const std::string& revision) const {
    const std::string commit = repository_.commit_of(revision);
    const fs::path path = repository_.file(commit, name);
    return !commit.empty() && is_there(path) ? path.string() : "";
  }

  /// An answer that is not an error. Throws Problem if there is none.
  Reply ask(const Request& request, const Sink& sink) {
    if (!settings_.offline.empty()) throw offline(settings_);
    if (!Client::is_available()) throw no_curl();
    Reply reply = client_.send(request, sink);
    if (!reply.problem.empty()) throw unreachable(settings_, reply.problem);
    require<IoError>(reply.header("x-error-code") != "RevisionNotFound", call_, in_quotes(id_),
                     ": there is no revision ", in_quotes(revision_), "\n没有版本 ", revision_,
                     "。");
    return reply;
  }

  std::string url(const std::string& name, const std::string& revision) const {
    return settings_.endpoint + "/" + id_ + "/resolve/" + percent_encoded(revision) + "/" +
           percent_encoded(name, "/");
  }

  FileInfo ask_about(const std::string& name, const std::string& revision) {
    const Reply reply = ask({.url = url(name, revision),
                             .head = true,
                             .token = settings_.token,
                             .timeout = settings_.etag_timeout},
                            [](const Reply&, std::string_view) { return true; });
    const std::string commit = reply.header("x-repo-commit");
    if (reply.header("x-error-code") == "EntryNotFound") {
      if (is_commit(commit)) remember_missing(name, revision, commit);
      lacks(name, revision);
    }
    if (reply.status >= 400) throw refused(settings_, reply);
    const std::string linked = reply.header("x-linked-etag"),
                      etag = without_quotes(linked.empty() ? reply.header("etag") : linked),
                      size = reply.header(linked.empty() ? "content-length" : "x-linked-size");
    const bool is_asked = !is_commit(revision) || commit == revision;
    if (!is_commit(commit) || !is_asked) throw not_a_hub(settings_, "X-Repo-Commit");
    if (!is_plain_name(etag)) throw not_a_hub(settings_, "ETag");
    FileInfo info{name, commit, etag, {}};
    if (!size.empty()) info.size = std::strtoull(size.c_str(), nullptr, 10);
    return info;
  }

  /// Keeps in the cache that the commit has no such file; without the right to write, does not.
  void remember_missing(const std::string& name, const std::string& revision,
                        const std::string& commit) const {
    try {
      repository_.note_missing(commit, name);
      repository_.write_ref(revision, commit);
    } catch (const IoError&) {}
  }

  Listing list_files() {
    std::string text;
    const Reply reply = ask({.url = settings_.endpoint + "/api/models/" + id_ + "/revision/" +
                                    percent_encoded(revision_),
                             .token = settings_.token,
                             .timeout = settings_.etag_timeout},
                            [&](const Reply&, std::string_view bytes) {
                              text += bytes;
                              return text.size() < (4 << 20);
                            });
    if (reply.status >= 400) throw refused(settings_, reply);
    const auto json = parsed(text);
    const bool is_listing = json.is_object() && json.contains("sha") && json["sha"].is_string() &&
                            json.contains("siblings") && json["siblings"].is_array();
    if (!is_listing) throw not_a_hub(settings_, "siblings");
    Listing listing{json["sha"].get<std::string>(), {}};
    if (!is_commit(listing.commit)) throw not_a_hub(settings_, "sha");
    for (const auto& sibling : json["siblings"]) {
      const bool has_name =
          sibling.is_object() && sibling.contains("rfilename") && sibling["rfilename"].is_string();
      listing.names.push_back(has_name ? sibling["rfilename"].get<std::string>() : "");
      require<IoError>(is_relative_path(listing.names.back()), call_, in_quotes(id_),
                       ": the server lists a file whose name is not a path in the repository: ",
                       in_quotes(listing.names.back()));
    }
    return listing;
  }

  /// Puts a file into the cache. Another process that does the same is waited for.
  void fetch(const FileInfo& info) {
    repository_.prepare();
    const FileLock lock(call_, repository_.lock(info.etag));
    const fs::path blob = repository_.blob(info.etag);
    try {
      if (!is_there(blob))
        download(call_, settings_, client_, info, url(info.name, info.commit), blob, progress_);
    } catch (const Problem& problem) { fail_with(problem, info.name); }
    repository_.link(info.commit, info.name, info.etag);
  }

  [[noreturn]] void lacks(const std::string& name, const std::string& revision) const {
    fail<EntryNotFoundError>(call_, in_quotes(id_), ": has no file ", in_quotes(name),
                             " at revision ", in_quotes(revision), "\n仓库 ", id_, " 的版本 ",
                             revision, " 里没有文件 ", name, "。");
  }

  [[noreturn]] void fail_with(const Problem& problem, const std::string& name) const {
    fail<IoError>(call_, in_quotes(id_), ": ", name.empty() ? "revision " : "",
                  in_quotes(name.empty() ? revision_ : name), " is not in the cache ",
                  in_quotes(settings_.cache.string()), ", and ", problem.english, ".\n缓存里没有 ",
                  name.empty() ? id_ : name, "；", problem.chinese, "。");
  }

  Call call_;
  std::string id_, revision_;
  const Progress& progress_;
  Settings settings_;
  Client client_;
  Repository repository_;
};

}  // namespace

bool can_download() { return Client::is_available(); }

std::string get(const std::string& id, const FileOptions& options, SourceLocation location) {
  const Call call{"hub::get", location};
  require(is_relative_path(options.file), call,
          "expected the path of a file in the repository, got ", in_quotes(options.file));
  return Session(call, id, options.revision, options.progress).file(options.file, options.revision);
}

std::string snapshot(const std::string& id, const SnapshotOptions& options,
                     SourceLocation location) {
  return Session({"hub::snapshot", location}, id, options.revision, options.progress)
      .snapshot(options);
}

}  // namespace tinygrad::hub
