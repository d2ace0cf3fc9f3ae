// SPDX-License-Identifier: MIT
// Prints the report for people, and for programs.
#pragma once
#include <string>

#include "distribution.h"
#include "report.h"

namespace tinygrad::doctor {

/// Lines of at most 100 columns; commands stay on one line, to be copied.
std::string as_text(const Report& report, Family family, Language language);
/// Keys are English in every language; sentences are in the language.
std::string as_json(const Report& report, Language language);

}  // namespace tinygrad::doctor
