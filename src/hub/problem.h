// SPDX-License-Identifier: MIT
// Problem: why a file cannot be had from the server and how to go on, in English and in Chinese.
#pragma once
#include <string>

#include "http.h"
#include "settings.h"

namespace tinygrad::hub {

/// Two sentences without their first words. It is thrown inside the component: if the cache has
/// what is wanted, it is forgotten.
struct Problem {
  std::string english, chinese;
};

/// A variable forbids downloads.
Problem offline(const Settings& settings);
/// This build has no libcurl.
Problem no_curl();
/// No connection, or it broke.
Problem unreachable(const Settings& settings, const std::string& why);
/// An answer that says no: 401, 403, 404, 5xx.
Problem refused(const Settings& settings, const Reply& reply);
/// An answer that the Hub would not give: the header or the field `what` is missing or wrong.
Problem not_a_hub(const Settings& settings, const std::string& what);

}  // namespace tinygrad::hub
