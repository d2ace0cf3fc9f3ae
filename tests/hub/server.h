// SPDX-License-Identifier: MIT
// Server: a small server of HTTP on 127.0.0.1, in a thread of its own, that answers as a function
// says and keeps what it was asked.
#pragma once
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace tinygrad::test {

struct Asked {
  std::string method, path;
  std::map<std::string, std::string> headers;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct Answer {
  int status = 200;
  std::map<std::string, std::string> headers = {};
  std::string body = {};
  std::size_t cut = std::string::npos;  ///< the connection ends after so many bytes of the body
};

class Server {
 public:
  explicit Server(std::function<Answer(const Asked&)> answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, name, size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, name, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  Server(const Server&) = delete;
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);  // ends accept()
    thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// "HEAD /a, GET /a", of what was asked so far.
  std::string log() const {
    std::string text;
    for (const Asked& request : asked())
      text += (text.empty() ? "" : ", ") + request.method + " " + request.path;
    return text;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    asked_.clear();
  }

 private:
  void serve() {
    for (int peer; (peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const Asked request = read_request(peer);
      if (!request.method.empty()) {
        {
          const std::lock_guard lock(mutex_);
          asked_.push_back(request);
        }
        send_answer(peer, request.method == "HEAD", answer_(request));
      }
      ::close(peer);
    }
  }

  static Asked read_request(int peer) {
    std::string text;
    for (char c; text.find("\r\n\r\n") == text.npos && ::recv(peer, &c, 1, 0) == 1;) text += c;
    std::istringstream lines(text);
    Asked request;
    lines >> request.method >> request.path;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line) && line.find(':') != line.npos) {
      const auto colon = line.find(':');
      request.headers[line.substr(0, colon)] = line.substr(colon + 2, line.size() - colon - 3);
    }
    return request;
  }

  static void send_answer(int peer, bool head, Answer answer) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\n";
    answer.headers.try_emplace("Content-Length", std::to_string(answer.body.size()));
    answer.headers["Connection"] = "close";
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
    text += "\r\n";
    if (!head) text += answer.body.substr(0, answer.cut);
    for (std::size_t sent = 0; sent < text.size();) {
      const auto count = ::send(peer, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += std::size_t(count);
    }
  }

  std::function<Answer(const Asked&)> answer_;
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  int listener_ = -1, port_ = 0;
  std::thread thread_;
};

}  // namespace tinygrad::test
