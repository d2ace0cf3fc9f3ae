// SPDX-License-Identifier: MIT
// Runs a function repeatedly with the first, second, third ... call of a kind failing, until no
// call is left to fail.
#pragma once
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <new>
#include <string>

#include "tinygrad/error.h"

namespace tinygrad::test {

/// A fault in the preloaded library, while it lives.
class Fault {
 public:
  explicit Fault(const std::string& text) { arm(text.c_str()); }
  Fault(const Fault&) = delete;
  ~Fault() { arm(""); }
  static long fired() { return reinterpret_cast<long (*)()>(symbol("tinygrad_fault_fired"))(); }

 private:
  static void arm(const char* text) {
    reinterpret_cast<void (*)(const char*)>(symbol("tinygrad_fault_arm"))(text);
  }
  static void* symbol(const char* name) {
    void* found = dlsym(RTLD_DEFAULT, name);
    if (!found) throw std::runtime_error("run with LD_PRELOAD=libtinygrad_faults.so");
    return found;
  }
};

/// Runs f with call number n of a kind failing, for each n until f makes fewer; once, and from then
/// on. f must succeed or throw one of our errors (or bad_alloc); then after(whether it threw)
/// returns whether the state is as expected. Returns how many calls f makes.
template <class Kind = Fault, class F, class After>
long each_fault(const std::string& call, const std::string& error, bool from_then_on, F f,
                After after) {
  for (long n = 1; n < 100'000; ++n) {
    bool threw = false;
    long fired = 0;
    {
      const Kind fault(call + ":" + std::to_string(n) + ":" + error + (from_then_on ? ":on" : ""));
      try {
        f();
      } catch (const Error&) { threw = true; } catch (const std::bad_alloc&) {
        threw = true;
      }
      fired = Kind::fired();
    }
    after(threw);
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "at " << call << " " << n << " " << error
                    << (from_then_on ? ", from then on" : "");
      return n;
    }
    if (fired == 0) {
      EXPECT_FALSE(threw);
      return n - 1;
    }
  }
  ADD_FAILURE() << call << " never stopped failing";
  return 0;
}
template <class Kind = Fault, class F, class After>
long each_fault(const std::string& call, const std::string& error, F f, After after) {
  each_fault<Kind>(call, error, true, f, after);
  return each_fault<Kind>(call, error, false, f, after);
}

}  // namespace tinygrad::test
