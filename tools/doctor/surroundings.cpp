// SPDX-License-Identifier: MIT
#include "surroundings.h"

#include <csignal>
#include <cstdio>

namespace tinygrad::doctor {
namespace {

Link tried(const Surroundings& here, const std::string& device) {
  const Outcome outcome = here.system.probe({"device", device});
  const auto lines = lines_of(outcome);
  Link link{.name = Text::tinygrad, .subject = device, .state = State::broken};
  if (outcome.how == Outcome::timed_out)
    link.what = {Text::tinygrad_hung, {device, last_call(lines)}};
  else if (outcome.how != Outcome::exited)
    link.what = {Text::tinygrad_crashed, {device, how_it_ended(outcome), last_call(lines)}};
  else if (outcome.code != 0) link.what = {Text::tinygrad_fails, {device, find(lines, "error")}};
  else link.state = State::ok, link.what = {Text::tinygrad_works, {device}};
  return link;
}

/// Windows' numbers for a crash: 0xC0000005 is an access violation.
std::string hexadecimal(int code) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08X", unsigned(code));
  return text;
}

/// tinygrad's devices of this name. If it cannot list them (it calls all drivers in one process,
/// and one that crashes ends it), the first of them, by its name.
std::vector<std::string> names_of(const Outcome& listed, const std::string& device) {
  if (listed.how != Outcome::exited || listed.code != 0) return {device};
  std::vector<std::string> names;
  for (const Said& said : lines_of(listed))
    if (said.word == "device" && said.text.substr(0, said.text.find(':')) == device)
      names.push_back(said.text);
  return names;
}

}  // namespace

Surroundings::Surroundings(const System& s)
    : system(s),
      distribution(doctor::distribution(s)),
      kernel(kernel_release(s)),
      wsl(wsl_version(s)),
      windows(s.is_windows()),
      cards(graphics_cards(s)),
      devices(s.probe({"devices"})) {}

const Graphics* Surroundings::intel_card() const {
  for (const Graphics& card : cards)
    if (card.intel()) return &card;
  return nullptr;
}

std::string how_it_ended(const Outcome& outcome) {
  if (outcome.how == Outcome::timed_out) return "no answer in time";
  if (outcome.how != Outcome::crashed) return "exit status " + std::to_string(outcome.code);
  switch (outcome.code) {
    case SIGABRT: return "SIGABRT";
    case SIGSEGV: return "SIGSEGV";
    case SIGILL: return "SIGILL";
#if !defined(_WIN32)
    case SIGBUS: return "SIGBUS";
    case SIGKILL: return "SIGKILL";
#endif
    case SIGFPE: return "SIGFPE";
  }
  if (outcome.code < 0) return hexadecimal(outcome.code);
  return "signal " + std::to_string(outcome.code);
}

std::vector<Link> tinygrad_links(const Surroundings& here, const std::string& device,
                                 bool reachable, const InBuild& backend) {
  std::vector<Link> links;
  for (const std::string& name : names_of(here.devices, device)) links.push_back(tried(here, name));
  if (!links.empty()) return links;
  if (!reachable)
    return {{.name = Text::tinygrad,
             .subject = device,
             .state = State::skipped,
             .what = {Text::tinygrad_waits, {device}}}};
  Link link{.name = Text::tinygrad, .subject = device, .state = State::broken};
  if (backend.has)
    link.what = {Text::tinygrad_none, {device, try_device(here.system, device).problem}};
  else link.what = {Text::tinygrad_absent, {device}}, link.mend = backend.build;
  return {link};
}

Asked try_device(const System& system, const std::string& device) {
  const Outcome outcome = system.probe({"device", device});
  if (outcome.how == Outcome::exited && outcome.code == 0) return {device, true, ""};
  const std::string error = find(lines_of(outcome), "error");
  return {device, false, error.empty() ? how_it_ended(outcome) : error};
}

}  // namespace tinygrad::doctor
