// SPDX-License-Identifier: MIT
// What an error says.
#pragma once
#include <gtest/gtest.h>

#include <string>

namespace tinygrad {

/// What an error of type E says; the test fails where there is none.
template <class E, class F> std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) { return error.what(); }
  ADD_FAILURE() << "nothing was thrown";
  return "no error";
}

}  // namespace tinygrad
