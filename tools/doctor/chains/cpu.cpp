// SPDX-License-Identifier: MIT
// Checks the CPU: instruction sets, the kernels that were chosen, threads, BLAS, and whether it
// computes correctly.
#include <exception>
#include <set>
#include <sstream>

#include "chains/chains.h"
#include "remedies.h"

namespace tinygrad::doctor {
namespace {

struct Processor {
  std::string model = "?";
  std::set<std::string> flags;
  int threads = 0;
};

std::string value_in(const std::string& line) {
  const auto colon = line.find(": ");
  return colon == std::string::npos ? "" : line.substr(colon + 2);
}

Processor processor(const System& system) {
  Processor p;
  std::istringstream text(system.read("/proc/cpuinfo").value_or(""));
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("processor", 0) == 0) ++p.threads;
    if (line.rfind("model name", 0) == 0) p.model = value_in(line);
    if (line.rfind("flags", 0) != 0 && line.rfind("Features", 0) != 0) continue;
    std::istringstream words(value_in(line));
    for (std::string word; words >> word;) p.flags.insert(word);
  }
  return p;
}

/// Those that affect the speed.
std::string instruction_sets(const Processor& p) {
  std::string all;
  for (const char* name :
       {"sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl",
        "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve"})
    if (p.flags.count(name)) all += (all.empty() ? "" : " ") + std::string(name);
  return all.empty() ? "-" : all;
}

/// The instruction sets that tinygrad has kernels for and that this processor can run: the names of
/// TINYGRAD_CPU.
std::string best_kernels(const Processor& p) {
  auto has = [&](auto... names) { return (p.flags.count(names) && ...); };
  if (has("avx512f", "avx512bw", "avx512dq", "avx512vl", "fma")) return "avx512";
  if (has("asimd")) return "neon";  // its name in /proc/cpuinfo of ARM64
  return has("avx2", "fma") ? "avx2" : "baseline";
}

Link kernels_link(const Surroundings& here, const std::string& chosen, const std::string& best) {
  Link link{.name = Text::kernels, .what = {Text::kernels_best, {chosen}}, .version = chosen};
  if (chosen == best) return link;
  link.state = State::note;
  const std::string forced = here.system.environment("TINYGRAD_CPU");
  if (forced.empty()) link.what = {Text::kernels_only, {chosen, best}};
  else
    link.what = {Text::kernels_forced, {forced, best}}, link.mend = remedy::unset("TINYGRAD_CPU");
  return link;
}

Link threads_link(int used, int there) {
  const std::string n = std::to_string(used);
  if (used >= there) return {.name = Text::threads, .what = {Text::threads_all, {n}}, .version = n};
  return {.name = Text::threads,
          .state = State::note,
          .what = {Text::threads_some, {n, std::to_string(there)}},
          .version = n};
}

Link blas_link(const std::string& blas) {
  if (blas.empty()) return {.name = Text::blas, .what = {Text::blas_own}};
  return {.name = Text::blas, .what = {Text::blas_used, {blas}}, .version = blas};
}

}  // namespace

Chain walk_cpu(const Surroundings& here) {
  Chain chain{"CPU", "cpu"};
  const Processor p = processor(here.system);
  chain.links.push_back(
      {.name = Text::processor, .what = {Text::processor_has, {p.model, instruction_sets(p)}}});
  try {
    const CpuInfo cpu = here.system.cpu();
    chain.links.push_back(kernels_link(here, cpu.kernels, best_kernels(p)));
    chain.links.push_back(threads_link(cpu.threads, p.threads));
    chain.links.push_back(blas_link(cpu.blas));
  } catch (const std::exception& e) {
    chain.links.push_back({.name = Text::kernels,
                           .state = State::broken,
                           .what = {Text::kernels_refused, {e.what()}}});
  }
  for (Link& link : tinygrad_links(here, "cpu", true, {}))
    chain.works = chain.works || link.state == State::ok, chain.links.push_back(std::move(link));
  return chain;
}

}  // namespace tinygrad::doctor
