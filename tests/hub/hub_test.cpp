// SPDX-License-Identifier: MIT
// Tests of the Hub's cache: what is asked, what is laid down and found, tokens, names and errors,
// with a server of the test's own.
#include "hub_of_files.h"

namespace tinygrad::test {
namespace {

namespace fs = std::filesystem;

class Hub : public HubTest {};

TEST_F(Hub, LaysDownWhatHuggingfaceHubLaysDown) {
  Server server{HubOfFiles()};
  ask(server);
  const std::string file = hub::get("org/tiny", {.file = "config.json"});
  EXPECT_EQ(file, folder() + "snapshots/" + commit + "/config.json");
  EXPECT_EQ(bytes_of(file), config);
  EXPECT_EQ(fs::read_symlink(file), "../../blobs/" + config_sum);
  EXPECT_EQ(get_model(), model());
  EXPECT_EQ(bytes_of(model()), large);
  EXPECT_EQ(fs::read_symlink(model()), "../../../blobs/" + large_sum);
  EXPECT_EQ(bytes_of(folder() + "refs/main"), commit);
  EXPECT_TRUE(fs::exists(cache() + ".locks/models--org--tiny/" + large_sum + ".lock"));
  EXPECT_TRUE(bytes_of(cache() + "CACHEDIR.TAG")
                  .starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
  EXPECT_FALSE(fs::exists(folder() + "blobs/" + large_sum + ".incomplete"));
  EXPECT_EQ(server.log(), "HEAD /org/tiny/resolve/main/config.json, GET /org/tiny/resolve/" +
                              commit +
                              "/config.json, "
                              "HEAD /org/tiny/resolve/main/weights/model.safetensors, "
                              "GET /org/tiny/resolve/" +
                              commit +
                              "/weights/model.safetensors, "
                              "GET /storage");
}

TEST_F(Hub, AsksOnlyWhetherThereIsANewerFile) {
  Server server{HubOfFiles()};
  ask(server);
  hub::get("org/tiny", {.file = "config.json"});
  server.forget();
  hub::get("org/tiny", {.file = "config.json"});
  EXPECT_EQ(server.log(), "HEAD /org/tiny/resolve/main/config.json");
  server.forget();
  hub::get("org/tiny", {.file = "config.json", .revision = commit});
  EXPECT_EQ(server.log(), "");
}

TEST_F(Hub, TakesASnapshot) {
  Server server{HubOfFiles()};
  ask(server);
  const std::string all = hub::snapshot("org/tiny", {.allow_patterns = {"*.json"}});
  EXPECT_EQ(all, folder() + "snapshots/" + commit);
  EXPECT_TRUE(fs::exists(all + "/config.json"));
  EXPECT_FALSE(fs::exists(model()));
  hub::snapshot("org/tiny", {.ignore_patterns = {"*.json"}});
  EXPECT_EQ(bytes_of(model()), large);
  expect_error<IoError>([] { hub::snapshot("org/tiny", {.allow_patterns = {"onnx/"}}); },
                        "no file of revision \"main\" matches the patterns");
  set("HF_HUB_OFFLINE", "1");
  EXPECT_EQ(hub::snapshot("org/tiny"), all);
}

TEST_F(Hub, OfflineItAsksNobody) {
  Server server{HubOfFiles()};
  ask(server);
  lay_down("config.json", config_sum, config);
  for (const char* name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}) {
    set(name, "yes");
    EXPECT_EQ(bytes_of(hub::get("org/tiny", {.file = "config.json"})), config);
    expect_error<IoError>(
        [] { get_model(); },
        "hub::get: \"org/tiny\": \"weights/model.safetensors\" is not in the cache \"" +
            path("home/hub") + "\", and " + name + " is set, so nothing is downloaded");
    expect_error<IoError>([] { get_model(); },
                          "缓存里没有 weights/model.safetensors；设置了 " + std::string(name));
    ::unsetenv(name);
  }
  EXPECT_EQ(server.log(), "");
}

TEST_F(Hub, WithoutTheServerItTakesTheCacheOrNamesTheMirror) {
  { ask(Server{HubOfFiles()}); }  // whose port nobody listens to any more
  lay_down("config.json", config_sum, config);
  EXPECT_EQ(bytes_of(hub::get("org/tiny", {.file = "config.json"})), config);
  EXPECT_EQ(hub::snapshot("org/tiny"), folder() + "snapshots/" + commit);
  for (const char* text : {"cannot be reached (", "Set HF_ENDPOINT to a mirror", "HF_HUB_OFFLINE=1",
                           "https://hf-mirror.com", "请把 HF_ENDPOINT 设为能访问的镜像"})
    expect_error<IoError>([] { get_model(); }, text);
}

TEST_F(Hub, RemembersFilesThatDoNotExist) {
  Server server{HubOfFiles()};
  ask(server);
  const auto get = [] { hub::get("org/tiny", {.file = "none.json"}); };
  expect_error<hub::EntryNotFoundError>(get, "\"org/tiny\": has no file \"none.json\" at revision");
  EXPECT_TRUE(fs::exists(folder() + ".no_exist/" + commit + "/none.json"));
  set("HF_HUB_OFFLINE", "1");
  expect_error<hub::EntryNotFoundError>(get, "has no file \"none.json\"");
}

TEST_F(Hub, ErrorsOfTheServerSayHowToGoOn) {
  Server server{HubOfFiles{.token = "hf_right"}};
  ask(server);
  expect_error<IoError>([] { get_model(); }, "401, \"Access is restricted.\"");
  expect_error<IoError>([] { get_model(); }, "give it on its page, and set HF_TOKEN");
  set("HF_TOKEN", "hf_right\n");
  expect_error<IoError>([] { hub::get("org/other"); }, "has no such repository, or it is private");
  expect_error<IoError>([] { hub::get("org/tiny", {.revision = "v9"}); },
                        "there is no revision \"v9\"");
  EXPECT_EQ(bytes_of(hub::get("org/tiny", {.file = "config.json"})), config);
  Server busy{[](const Asked&) { return Answer{503}; }};
  ask(busy);
  expect_error<IoError>([] { get_model(); }, "answers with an error (503)");
  Server other{[](const Asked&) { return Answer{.body = "<html>"}; }};
  ask(other);
  expect_error<IoError>([] { get_model(); },
                        "does not answer as the Hugging Face Hub does: X-Repo");
  expect_error<IoError>([] { hub::snapshot("org/new"); }, "Hub does: siblings");
}

TEST_F(Hub, SendsTheTokenToNoOtherServer) {
  set("HF_TOKEN", "hf_secret");
  Server storage{HubOfFiles()};
  Server server{HubOfFiles{.storage = storage.url(), .token = "hf_secret"}};
  ask(server);
  EXPECT_EQ(bytes_of(get_model()), large);
  ASSERT_EQ(storage.log(), "GET /storage");
  EXPECT_EQ(storage.asked()[0].headers.count("Authorization"), 0u);
  for (const Asked& request : server.asked())
    EXPECT_EQ(request.header("Authorization"), "Bearer hf_secret");
}

TEST_F(Hub, AMirrorMayRedirectToTheHub) {  // and back: the token does not come back
  std::string mirror_url;
  Server hub{[&](const Asked& request) {
    if (request.method == "HEAD") return HubOfFiles()(request);
    return Answer{307, {{"Location", mirror_url + "/bytes"}}};
  }};
  Server mirror{[&](const Asked& request) {
    if (request.path == "/bytes") return Answer{.body = config};
    return Answer{308, {{"Location", hub.url() + request.path}}};
  }};
  mirror_url = mirror.url();
  ask(mirror);
  set("HF_TOKEN", "hf_secret");
  EXPECT_EQ(bytes_of(hub::get("org/tiny", {.file = "config.json"})), config);
  for (const Asked& request : hub.asked()) EXPECT_EQ(request.header("Authorization"), "");
  EXPECT_EQ(mirror.asked().back().path, "/bytes");
  EXPECT_EQ(mirror.asked().back().header("Authorization"), "");
}

TEST_F(Hub, FindsTheCacheAsHuggingfaceHubDoes) {
  lay_down("config.json", config_sum, config);
  fs::rename(cache(), path("other"));
  set("HF_HUB_OFFLINE", "1");
  const auto found = [] { return bytes_of(hub::get("org/tiny", {.file = "config.json"})); };
  expect_error<IoError>(found, "is not in the cache");
  set("HUGGINGFACE_HUB_CACHE", path("other"));
  EXPECT_EQ(found(), config);
  set("HF_HUB_CACHE", path("none"));
  expect_error<IoError>(found, path("none"));
  ::unsetenv("HF_HUB_CACHE"), ::unsetenv("HUGGINGFACE_HUB_CACHE"), ::unsetenv("HF_HOME");
  fs::create_directories(path("xdg/huggingface"));
  fs::rename(path("other"), path("xdg/huggingface/hub"));
  set("XDG_CACHE_HOME", path("xdg"));
  EXPECT_EQ(found(), config);
  fs::rename(path("xdg"), path(".cache"));
  ::unsetenv("XDG_CACHE_HOME");
  set("HOME", path("."));
  EXPECT_EQ(found(), config);
}

TEST_F(Hub, RefusesNamesThatLeadElsewhere) {
  for (const char* id : {"", "org/", "/tiny", "a/b/c", "../tiny", "org/..", "org/a--b", "org/a..b",
                         "org/x.git", "org/a b", "org/a%2f", "https://x", "-a/b"})
    expect_error<ArgumentError>([&] { hub::get(id); }, "expected the id of a repository");
  for (const char* file :
       {"", "/etc/passwd", "../x", "a/../x", "a//x", "a/", "./x", "a\\x", "a\nx"})
    expect_error<ArgumentError>([&] { hub::get("org/tiny", {.file = file}); },
                                "expected the path of a file in the repository");
  for (const char* revision : {"", "../main", "/main", "refs/../../x"})
    expect_error<ArgumentError>([&] { hub::get("org/tiny", {.revision = revision}); },
                                "expected a branch, a tag or a commit");
}

TEST_F(Hub, RefusesNamesFromTheServerThatLeadElsewhere) {
  std::string sibling, etag = config_sum, sha = commit;
  Server server{[&](const Asked& request) {
    if (request.path.starts_with("/api"))
      return Answer{.body = "{\"sha\":\"" + sha + "\",\"siblings\":[{\"rfilename\":\"" + sibling +
                            "\"}]}"};
    return Answer{200, {{"ETag", etag}, {"X-Repo-Commit", sha}}, config};
  }};
  ask(server);
  for (const char* name : {"../../x", "/etc/passwd", "", "a/\\u0000"}) {
    sibling = name;
    expect_error<IoError>([] { hub::snapshot("org/tiny"); }, "whose name is not a path");
  }
  for (const char* name : {"../x", "a/b", "", ".x"}) {
    etag = name;
    expect_error<IoError>([] { get_model(); }, "does: ETag");
  }
  sibling = "config.json", etag = config_sum, sha = "../../x";
  expect_error<IoError>([] { hub::snapshot("org/tiny"); }, "does: sha");
  expect_error<IoError>([] { get_model(); }, "does: X-Repo-Commit");
  sha = commit;
  expect_error<IoError>([] { hub::get("org/tiny", {.revision = std::string(40, 'a')}); },
                        "does: X-Repo-Commit");
  EXPECT_FALSE(fs::exists(path("home")));
}

TEST_F(Hub, RefusesListingsThatAreNone) {
  std::string text;
  Server server{[&](const Asked&) { return Answer{.body = text}; }};
  ask(server);
  for (const std::string& body :
       {std::string(), std::string("[]"), std::string("{\"sha\":1}"), std::string(3'000'000, '['),
        "{\"sha\":\"" + commit + "\",\"siblings\":7}"}) {
    text = body;
    expect_error<IoError>([] { hub::snapshot("org/tiny"); }, "does: siblings");
  }
  text = std::string(5'000'000, ' ');
  expect_error<IoError>([] { hub::snapshot("org/tiny"); }, "cannot be reached");
}

TEST_F(Hub, RefusesRedirectsToOtherProtocols) {
  for (const std::string target :
       {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://u:p@127.0.0.1/"}) {
    Server server{[&](const Asked&) { return Answer{302, {{"Location", target}}}; }};
    ask(server);
    expect_error<IoError>([] { get_model(); }, "it redirects to an address that is not safe");
  }
  Server loop{[&](const Asked&) { return Answer{302, {{"Location", "/again"}}}; }};
  ask(loop);
  expect_error<IoError>([] { get_model(); }, "it redirects more than 10 times");
}

TEST_F(Hub, RefusesVariablesThatMakeNoSense) {
  set("HF_ENDPOINT", "hf-mirror.com");
  expect_error<ArgumentError>([] { get_model(); },
                              "HF_ENDPOINT=\"hf-mirror.com\": expected an add");
  ::unsetenv("HF_ENDPOINT");
  set("HF_HUB_ETAG_TIMEOUT", "soon");
  expect_error<ArgumentError>([] { get_model(); }, "expected a number of seconds");
  ::unsetenv("HF_HUB_ETAG_TIMEOUT");
  set("HF_TOKEN", "hf_a\r\nX-Header: b");
  expect_error<ArgumentError>([] { get_model(); }, "is not a token");
}

}  // namespace
}  // namespace tinygrad::test
