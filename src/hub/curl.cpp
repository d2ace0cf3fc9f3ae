// SPDX-License-Identifier: MIT
// One request by libcurl, which knows certificates and proxies (https_proxy, no_proxy).
#include <algorithm>
#include <cctype>

#include "http.h"
#include "tinygrad/version.h"
#ifdef TINYGRAD_HAVE_CURL
#include <curl/curl.h>

namespace tinygrad::hub {

/// Keeps connections open from request to request.
struct Client::Connection {
  CURL* curl = nullptr;
  Connection() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started == CURLE_OK) curl = curl_easy_init();
  }
  Connection(const Connection&) = delete;
  ~Connection() { curl_easy_cleanup(curl); }
};

namespace {

struct Transfer {
  CURL* curl;
  const Sink& sink;
  Reply reply;
};

/// Takes a line of the answer's head: a status line, which begins a new head, or a header.
std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  Reply& reply = static_cast<Transfer*>(user)->reply;
  std::string_view line(data, size);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())))
    line.remove_suffix(1);
  if (line.starts_with("HTTP/")) reply.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == line.npos || reply.headers.size() > 200) return size;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = char(std::tolower(static_cast<unsigned char>(c)));
  line.remove_prefix(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
  reply.headers[name] = line;
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.reply.status = int(status);
  return transfer.sink(transfer.reply, {data, size}) ? size : 0;
}

void describe(CURL* curl, const Request& request, Transfer& transfer) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOBODY, long(request.head));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // other threads may be running
  curl_easy_setopt(curl, CURLOPT_USERAGENT, ("tinygrad-cpp/" + std::string(version())).c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, long(request.timeout));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, long(request.timeout));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  if (request.from > 0)
    curl_easy_setopt(curl, CURLOPT_RANGE, (std::to_string(request.from) + "-").c_str());
}

}  // namespace

Client::Client() : connection_(std::make_unique<Connection>()) {}
Client::~Client() = default;
bool Client::is_available() { return true; }

Reply Client::exchange(const Request& request, const Sink& sink) {
  CURL* curl = connection_->curl;
  Transfer transfer{curl, sink, {}};
  if (!curl) return transfer.reply.problem = "libcurl does not start", transfer.reply;
  curl_easy_reset(curl);
  char problem[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
  describe(curl, request, transfer);
  curl_slist* headers = curl_slist_append(nullptr, "Accept-Encoding: identity");
  if (!request.token.empty())
    headers = curl_slist_append(headers, ("Authorization: Bearer " + request.token).c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  long status = 0;
  const char* target = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &target);
  Reply reply = std::move(transfer.reply);
  reply.status = int(status);
  if (target) reply.headers["location"] = target;
  if (code != CURLE_OK) reply.problem = *problem ? problem : curl_easy_strerror(code);
  return reply;
}

}  // namespace tinygrad::hub
#else
namespace tinygrad::hub {
struct Client::Connection {};
Client::Client() = default;
Client::~Client() = default;
bool Client::is_available() { return false; }
Reply Client::exchange(const Request&, const Sink&) { return {}; }
}  // namespace tinygrad::hub
#endif
