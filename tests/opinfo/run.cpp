// SPDX-License-Identifier: MIT
// Calls the library with the samples that dump.py wrote and compares the results. It prints one
// line of JSON for each sample.
//
//   opinfo_run FOLDER [OP.DTYPE...]     files of samples without .json; all of the folder if none
//
// A child process checks each file, so that a crash or an endless loop is a result, too.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "check.h"
#include "table.h"

namespace opinfo {
namespace {

constexpr unsigned seconds_for_a_sample = 60;

string line_of(const json& all, std::size_t k, const Verdict& verdict) {
  const json& call = all["samples"][k];
  string detail = verdict.detail.substr(0, 400);
  std::replace(detail.begin(), detail.end(), '\n', ' ');
  const json line = {{"op", all["op"]},
                     {"dtype", all["dtype"]},
                     {"id", call["id"]},
                     {"status", verdict.status},
                     {"detail", detail}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json read_json(const string& path) {
  json all;
  std::ifstream(path) >> all;
  return all;
}

Verdict verdict_on(const json& all, std::size_t k, const TensorFile& file) {
  try {
    return check(all["op"], all["samples"][k], file, all["kind"] == "errors");
  } catch (const Skip& skip) { return {"skip", skip.reason}; } catch (const Error& error) {
    return {"gradient_throws", error.what()};
  } catch (const std::exception& error) { return {"harness", error.what()}; }
}

void send(int pipe, const string& text) {
  if (::write(pipe, text.data(), text.size()) != ssize_t(text.size())) ::_exit(3);
}

/// The child: checks the samples of a file from `first` on. It announces each by a line "@k", so
/// that the parent knows which one ended it.
void check_samples(const json& all, const string& tensors, std::size_t first, int pipe) {
  TensorFile file;
  for (auto& [name, t] : load_safetensors(tensors)) file.emplace(name, t);
  for (std::size_t k = first; k < all["samples"].size(); ++k) {
    send(pipe, "@" + std::to_string(k) + "\n");
    ::alarm(seconds_for_a_sample);
    send(pipe, line_of(all, k, verdict_on(all, k, file)));
  }
}

/// The output and the exit of a child.
struct Ending {
  string text;
  int status = 0;
};
Ending in_child(const std::function<void(int pipe)>& work) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    work(ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  Ending ending;
  char buffer[65536];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    ending.text.append(buffer, std::size_t(n));
  ::close(ends[0]);
  ::waitpid(child, &ending.status, 0);
  return ending;
}

/// Prints the child's lines. Returns the sample that was announced but has no line, or `none`.
constexpr std::size_t none = std::size_t(-1);
std::size_t print_lines(const string& text) {
  std::istringstream lines(text);
  std::size_t open = none;
  for (string line; std::getline(lines, line);) {
    if (line[0] == '@') open = std::stoull(line.substr(1));
    else std::cout << line << "\n", open = none;
  }
  return open;
}

string reason_of(int status) {
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit " + std::to_string(WEXITSTATUS(status));
}

/// Checks the file BASE.json; after a crash, a new child goes on with the next sample.
void check_file(const string& base) {
  const json all = read_json(base + ".json");
  if (!table().count(all["op"].get<string>())) {
    std::cerr << "no row in the table: " << all["op"] << "\n";
    return;
  }
  for (std::size_t first = 0; first < all["samples"].size();) {
    const Ending ending =
        in_child([&](int pipe) { check_samples(all, base + ".safetensors", first, pipe); });
    const std::size_t open = print_lines(ending.text);
    if (open == none && ending.status == 0) return;
    const std::size_t at = open == none ? first : open;
    std::cout << line_of(all, at, {"crash", reason_of(ending.status)});
    first = at + 1;
  }
}

std::vector<string> files_of(const string& folder) {
  std::vector<string> bases;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json")
      bases.push_back((entry.path().parent_path() / entry.path().stem()).string());
  std::sort(bases.begin(), bases.end());
  return bases;
}

}  // namespace
}  // namespace opinfo

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "opinfo_run FOLDER [OP.DTYPE...]\n";
    return 2;
  }
  const std::string folder = argv[1];
  std::vector<std::string> bases;
  for (int i = 2; i < argc; ++i) bases.push_back(folder + "/" + argv[i]);
  for (const std::string& base : bases.empty() ? opinfo::files_of(folder) : bases)
    opinfo::check_file(base);
}
