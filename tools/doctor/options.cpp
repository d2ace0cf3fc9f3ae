// SPDX-License-Identifier: MIT
#include "options.h"

#include <tinygrad/version.h>

#if defined(_WIN32)
#include <windows.h>
#endif

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tinygrad::doctor {
namespace {

std::string locale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value && *value) return value;
#if defined(_WIN32)
  if (PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_CHINESE) return "zh";
#endif
  return "";
}

/// Looked for before the rest is parsed, since --help speaks it.
Language language_asked_for(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--lang=", 7) == 0) return language_of_locale(argv[i] + 7);
    if (std::strcmp(argv[i], "--lang") == 0 && i + 1 < argc) return language_of_locale(argv[i + 1]);
  }
  return language_of_locale(locale());
}

}  // namespace

std::optional<Options> parse(int argc, const char* const* argv, int& status) {
  Options o;
  o.language = language_asked_for(argc, argv);
  auto words = [&](Text text) { return in_words({text}, o.language); };
  CLI::App app(words(Text::help_title), "tinygrad-doctor");
  std::string language;
  app.get_formatter()->label("Usage", words(Text::help_usage));
  app.get_formatter()->label("OPTIONS", words(Text::help_options));
  app.option_defaults()->group(words(Text::help_options));
  app.set_help_flag("-h,--help", words(Text::help_help));
  app.set_version_flag("--version", std::string("tinygrad ") + version(),
                       words(Text::help_version));
  app.add_flag("--json", o.json, words(Text::help_json));
  app.add_option("--device", o.wishes.device, words(Text::help_device))->type_name("NAME");
  app.add_flag("--bench", o.wishes.bench, words(Text::help_bench));
  app.add_option("--lang", language, words(Text::help_lang))
      ->type_name("zh|en")
      ->check(CLI::IsMember({"zh", "en"}).description(""));
  app.add_option("--seconds", o.seconds, words(Text::help_seconds))
      ->type_name("N")
      ->check(CLI::Range(0.1, 3600.0).description(""))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    status = app.exit(done);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    std::fprintf(stderr, "%s\n", in_words({Text::help_mistake, {e.what()}}, o.language).c_str());
    status = 2;
    return std::nullopt;
  }
  return o;
}

}  // namespace tinygrad::doctor
