// SPDX-License-Identifier: MIT
// Tests of downloads that break off, go on, come damaged, or that two processes begin at once.
#include <sys/wait.h>

#include "hub/digest.h"
#include "hub_of_files.h"

namespace tinygrad::test {
namespace {

namespace fs = std::filesystem;

class Download : public HubTest {
 protected:
  std::string part() const { return folder() + "blobs/" + large_sum + ".incomplete"; }
  void begin(const std::string& bytes) const {
    fs::create_directories(folder() + "blobs");
    std::ofstream(part()) << bytes;
  }
  /// The ranges that were asked for.
  static std::vector<std::string> ranges(const Server& server) {
    std::vector<std::string> all;
    for (const Asked& request : server.asked())
      if (request.path == "/storage") all.push_back(request.header("Range"));
    return all;
  }
  using Ranges = std::vector<std::string>;
};

TEST_F(Download, GoesOnWhereTheConnectionBroke) {
  Server server{[](const Asked& request) {
    Answer answer = HubOfFiles()(request);
    if (request.path == "/storage") answer.cut = 100'000;
    return answer;
  }};
  ask(server);
  std::uint64_t done = 0;
  const std::string file =
      hub::get("org/tiny",
               {.file = "weights/model.safetensors",
                .progress = [&](const std::string& name, std::uint64_t now, std::uint64_t total) {
                  EXPECT_EQ(name, "weights/model.safetensors");
                  EXPECT_GT(now, done);
                  EXPECT_EQ(total, large.size());
                  done = now;
                }});
  EXPECT_EQ(bytes_of(file), large);
  EXPECT_EQ(done, large.size());
  EXPECT_EQ(ranges(server), (Ranges{"", "bytes=100000-", "bytes=200000-"}));
}

TEST_F(Download, GoesOnWhereTheLastProcessStopped) {
  Server server{HubOfFiles()};
  ask(server);
  begin(large.substr(0, 123'456));
  EXPECT_EQ(bytes_of(get_model()), large);
  EXPECT_EQ(ranges(server), Ranges{"bytes=123456-"});
}

TEST_F(Download, NeedsNoRequestForAPartThatIsWhole) {
  Server server{HubOfFiles()};
  ask(server);
  begin(large);
  EXPECT_EQ(bytes_of(get_model()), large);
  EXPECT_EQ(ranges(server), Ranges{});
}

TEST_F(Download, StartsAgainIfTheServerSendsTheWholeFile) {
  Server server{[](const Asked& request) {
    if (request.path == "/storage") return bytes_for(request, large, false);
    return HubOfFiles()(request);
  }};
  ask(server);
  begin("something else");
  EXPECT_EQ(bytes_of(get_model()), large);
  EXPECT_EQ(ranges(server), Ranges{"bytes=14-"});
}

TEST_F(Download, StartsAgainIfThePartIsTooLong) {
  Server server{HubOfFiles()};
  ask(server);
  begin(large + "more");
  EXPECT_EQ(bytes_of(get_model()), large);
  EXPECT_EQ(ranges(server), Ranges{""});
}

TEST_F(Download, KeepsThePartIfTheServerGivesUp) {
  int requests = 0;
  Server server{[&](const Asked& request) {
    Answer answer = HubOfFiles()(request);
    if (request.path == "/storage") answer.cut = requests++ == 0 ? 100'000 : 0;
    return answer;
  }};
  ask(server);
  expect_error<IoError>([] { get_model(); },
                        "broke off after 100000 of 300000 bytes, which are kept");
  EXPECT_EQ(bytes_of(part()), large.substr(0, 100'000));
  EXPECT_FALSE(fs::exists(model()));
}

TEST_F(Download, DeletesWhatHasAnotherCheckSum) {
  for (const std::size_t at : {0, 299'999}) {
    Server server{[&](const Asked& request) {
      Answer answer = HubOfFiles()(request);
      if (!answer.body.empty()) answer.body[at % answer.body.size()] ^= 1;
      return answer;
    }};
    ask(server);
    expect_error<IoError>([] { get_model(); },
                          "\"weights/model.safetensors\": was damaged on its way");
    expect_error<IoError>([] { get_model(); }, server.url() + " announced " + large_sum);
    expect_error<IoError>([] { get_model(); }, "在传输中损坏");
    expect_error<IoError>([] { hub::get("org/tiny", {.file = "config.json"}); }, "check sum is ");
    EXPECT_FALSE(fs::exists(part()));
    EXPECT_TRUE(fs::is_empty(folder() + "blobs"));
    EXPECT_FALSE(fs::exists(model()));
  }
}

TEST_F(Download, TakesNoMoreBytesThanAnnounced) {
  Server server{[&](const Asked& request) {
    Answer answer = HubOfFiles()(request);
    if (request.path == "/storage") answer.body += "more";
    return answer;
  }};
  ask(server);
  expect_error<IoError>([] { get_model(); }, "does: Content-Length");
  EXPECT_LE(fs::file_size(part()), large.size());
}

TEST_F(Download, AFileMayBeEmpty) {
  Server server{[](const Asked&) {
    return Answer{
        200, {{"ETag", "\"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\""}, {"X-Repo-Commit", commit}}};
  }};
  ask(server);
  EXPECT_EQ(bytes_of(hub::get("org/tiny", {.file = "empty"})), "");
  EXPECT_TRUE(fs::exists(folder() + "snapshots/" + commit + "/empty"));
}

TEST_F(Download, TwoProcessesDownloadOnce) {
  Server server{[](const Asked& request) {
    if (request.path == "/storage") std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return HubOfFiles()(request);
  }};
  ask(server);
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        ::_exit(bytes_of(get_model()) == large ? 0 : 1);
      } catch (...) { ::_exit(2); }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(ranges(server), Ranges{""});
}

TEST_F(Download, RepairsALinkWhoseBlobIsGone) {
  Server server{HubOfFiles()};
  ask(server);
  get_model();
  fs::remove(folder() + "blobs/" + large_sum);
  EXPECT_EQ(bytes_of(get_model()), large);
}

TEST_F(Download, TakesNoOtherBytesThanItAskedFor) {
  Server server{[](const Asked& request) {
    if (request.path != "/storage") return HubOfFiles()(request);
    return Answer{206, {{"Content-Range", "bytes 5-299999/300000"}}, large.substr(5)};
  }};
  ask(server);
  begin("0123456789");
  expect_error<IoError>([] { get_model(); }, "does: Content-Range");
  EXPECT_EQ(fs::file_size(part()), 10u);
}

TEST(Digest, IsThatOfFips180) {  // the examples of the standard, and git hash-object
  const auto bytes = [](const std::string& text) { return std::as_bytes(std::span(text)); };
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  EXPECT_EQ(hub::sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hub::sha256(bytes(two_blocks)),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hub::git_sha1(bytes("test content\n")), "d670460b4b4aece5915caf5c68d12f560a9fe3e4");
  EXPECT_EQ(hub::sha256(bytes(large)), large_sum);
}

}  // namespace
}  // namespace tinygrad::test
