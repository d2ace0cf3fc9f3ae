// SPDX-License-Identifier: MIT
// Returns the message of an error, for tests.
#pragma once
#include <gtest/gtest.h>

#include <string>

namespace tinygrad {

/// Returns the message of the error of type E that f throws; the test fails if f throws none.
template <class E, class F> std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) { return error.what(); }
  ADD_FAILURE() << "nothing was thrown";
  return "no error";
}

}  // namespace tinygrad
