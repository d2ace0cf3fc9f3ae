// SPDX-License-Identifier: MIT
// Client: requests of HTTP that follow redirects, and send a token only where it belongs.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tinygrad::hub {

/// The server's answer.
struct Reply {
  int status = 0;                              ///< 0 if there was none; `problem` says why
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string problem;
  /// The header's value; empty if there is none.
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// Takes bytes of an answer, whose status and headers are known; returns false to end the transfer.
using Sink = std::function<bool(const Reply& reply, std::string_view bytes)>;

struct Request {
  std::string url;
  bool head = false;       ///< HEAD instead of GET
  std::string token = {};  ///< for the first server alone
  int timeout = 10;        ///< seconds without a byte
  std::uint64_t from = 0;  ///< ask for the bytes from this one on
};

/// The part of an address that says which server it is, "https://host:443"; empty if the address is
/// not one of HTTP, or names a user.
std::string origin_of(const std::string& url);

class Client {
 public:
  Client();
  ~Client();
  /// Makes a request and follows redirects. The token is dropped for good if one leads to another
  /// server. A redirect of a HEAD request is not followed if it describes the file itself
  /// (X-Linked-Etag). Problems are returned, not thrown.
  Reply send(Request request, const Sink& sink);
  /// Whether the library was built with libcurl.
  static bool is_available();

 private:
  /// One request and its answer; the address of a redirect is put in the header "location".
  Reply exchange(const Request& request, const Sink& sink);
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace tinygrad::hub
