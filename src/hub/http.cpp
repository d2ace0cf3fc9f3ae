// SPDX-License-Identifier: MIT
// Addresses and redirects.
#include "http.h"

#include <algorithm>
#include <cctype>

namespace tinygrad::hub {

std::string origin_of(const std::string& url) {
  std::string origin;
  const bool is_secure = url.starts_with("https://");
  if (!is_secure && !url.starts_with("http://")) return origin;
  const std::size_t start = is_secure ? 8 : 7;
  const std::string host = url.substr(start, url.find_first_of("/?#", start) - start);
  const bool is_host = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
  if (!is_host) return origin;
  origin = url.substr(0, start) + host;
  for (char& c : origin) c = char(std::tolower(static_cast<unsigned char>(c)));
  const std::size_t colon = origin.rfind(':'), bracket = origin.rfind(']');
  const bool has_port = colon >= start && (bracket == std::string::npos || colon > bracket);
  return has_port ? origin : origin + (is_secure ? ":443" : ":80");
}

Reply Client::send(Request request, const Sink& sink) {
  for (int hops = 0; hops < 10; ++hops) {
    Reply reply = exchange(request, sink);
    const int status = reply.status;
    const bool is_redirect =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!is_redirect || (request.head && !reply.header("x-linked-etag").empty())) return reply;
    const std::string target = reply.header("location"), from = origin_of(request.url),
                      to = origin_of(target);
    if (to.empty() || (from.starts_with("https:") && !to.starts_with("https:")))
      return {.status = 0,
              .headers = {},
              .problem = "it redirects to an address that is not safe: " + target.substr(0, 200)};
    if (to != from) request.token.clear();
    request.url = target;
  }
  return {.status = 0, .headers = {}, .problem = "it redirects more than 10 times"};
}

}  // namespace tinygrad::hub
