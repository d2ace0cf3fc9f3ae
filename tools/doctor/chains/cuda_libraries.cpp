// SPDX-License-Identifier: MIT
// Checks NVIDIA's libraries, each opened in a child process from the place from which this library
// would open it: cuBLASLt, cuDNN, NCCL. cuDNN 9 is one small library that opens its parts by name
// when they are needed, first in LD_LIBRARY_PATH and then beside itself. So parts of another
// installation are opened if LD_LIBRARY_PATH names it, or if cuDNN's own folder lacks one:
// CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH (pytorch/pytorch, issues 185512 and 188892). Versions:
// cuda_rules.cpp.
#include <cstdlib>

#include "chains/cuda.h"
#include "remedies.h"

namespace tinygrad::doctor::cuda {
namespace {

/// The result of a probe of one library.
struct Probed {
  explicit Probed(const Surroundings& here, const std::string& name, int cuda_major)
      : outcome(here.system.probe({"cuda_library", name, std::to_string(cuda_major)})),
        lines(lines_of(outcome)) {
    file = find(lines, "library"), version = std::atoi(find(lines, "version").c_str());
  }
  /// It cannot be used at all, and not since it is missing.
  Link failed(Text name, State state) const {
    const std::string refused = find(lines, "refused"), call = last_call(lines);
    Link link{.name = name,
              .state = state,
              .path = file,
              .mend = file.empty() ? Commands() : remedy::reinstall(file)};
    if (outcome.how == Outcome::timed_out) link.what = {Text::library_hung, {call}};
    else if (outcome.how != Outcome::exited)
      link.what = {Text::library_crashed, {how_it_ended(outcome), call}};
    else if (outcome.code != 0) link.what = {Text::library_failed, {find(lines, "error")}};
    else if (!refused.empty()) link.what = {Text::library_refused, {refused}};
    else link.state = State::ok;
    return link;
  }
  bool missing() const { return file.empty(); }

  Outcome outcome;
  std::vector<Said> lines;
  std::string file;
  int version = 0;
};

/// Broken if there is a GPU that needs it.
State if_missing(const Found& found) {
  return found.expected && found.build.toolkit ? State::broken : State::note;
}

std::string folder_of(const std::string& file) { return file.substr(0, file.rfind('/')); }
/// The folder that CUDNN_ROOT must name: the one that contains lib...
std::string root_of(const std::string& file) {
  return file.substr(0, file.rfind("/lib", file.rfind('/') - 1));
}

/// The first of cuDNN's parts that lies elsewhere than the library itself.
std::string part_elsewhere(const Probed& cudnn) {
  for (const Said& said : cudnn.lines)
    if (said.word == "part" && folder_of(said.text) != folder_of(cudnn.file)) return said.text;
  return "";
}

/// The fault of cuDNN's parts; a link without a sentence if there is none.
Link parts_link(const Surroundings& here, const Probed& cudnn, const Commands& install) {
  const std::string elsewhere = part_elsewhere(cudnn), lacks = find(cudnn.lines, "lacks"),
                    failed = find(cudnn.lines, "failed");
  const bool by_path = !here.system.environment("LD_LIBRARY_PATH").empty();
  Link link{.state = State::broken, .mend = install};
  if (!elsewhere.empty()) {
    link.what = {Text::cudnn_mixed, {folder_of(cudnn.file), folder_of(elsewhere)}};
    link.mend = by_path ? Commands("unset LD_LIBRARY_PATH") : remedy::remove(elsewhere);
  } else if (!lacks.empty()) link.what = {Text::cudnn_lacks, {lacks}};
  else if (!failed.empty()) link.what = {Text::cudnn_parts_differ, {failed}};
  return link;
}

/// A GPU that this cuDNN has no code for.
const Device* unserved(const Found& found, int cudnn) {
  for (const Device& device : found.devices)
    if (!cudnn_serves(cudnn, device.capability)) return &device;
  return nullptr;
}

/// Compares cuDNN's version with this build and the GPU: its limits, and whether a better one is
/// available.
Link cudnn_judged(const Probed& cudnn, const Found& found, const Commands& install) {
  const int made_for = major_of(std::atoi(find(cudnn.lines, "cuda").c_str()));
  const std::string headers = cudnn_text(found.build.cudnn);
  auto note = [](Text text, std::vector<std::string> parts, Commands mend) {
    return Link{.state = State::note, .what = {text, std::move(parts)}, .mend = std::move(mend)};
  };
  if (const Device* gpu = unserved(found, cudnn.version))
    return note(Text::cudnn_no_gpu, {to_string(gpu->capability)}, remedy::cudnn_for_old_gpus());
  if (!found.build.toolkit) return {.what = {Text::cudnn_here}};
  if (!found.build.cudnn)
    return note(Text::cudnn_not_built, {},
                remedy::build("-DTINYGRAD_CUDA=ON -DCUDNN_ROOT=" + root_of(cudnn.file)));
  if (made_for && made_for != major_of(found.build.toolkit))
    return note(Text::cudnn_other_cuda,
                {std::to_string(made_for), std::to_string(major_of(found.build.toolkit))}, install);
  switch (compare_cudnn(found.build.cudnn, cudnn.version)) {
    case Library::same: return {.what = {Text::cudnn_found}};
    case Library::newer: return {.what = {Text::cudnn_newer, {headers}}};
    case Library::older:
    case Library::other: break;
  }
  return note(Text::cudnn_older, {headers}, install);
}

}  // namespace

Link cublaslt_link(const Surroundings& here, const Found& found) {
  const int wanted = found.cuda_major();
  const Probed probed(here, "cublaslt", wanted);
  Link link = probed.failed(Text::cublaslt, if_missing(found));
  if (link.state != State::ok) return link;
  const Commands install = remedy::cublas(here.distribution, wanted);
  if (probed.missing())
    return {.name = Text::cublaslt,
            .state = if_missing(found),
            .what = {Text::cublaslt_missing},
            .mend = install};
  const int major = probed.version / 10000;
  link = {.name = Text::cublaslt,
          .what = {Text::cublaslt_found},
          .version = cublas_text(probed.version),
          .path = probed.file};
  if (!found.build.toolkit || major == wanted) return link;
  link.state = State::note, link.mend = install;
  link.what = {Text::cublaslt_other, {std::to_string(major), std::to_string(wanted)}};
  return link;
}

Link cudnn_link(const Surroundings& here, const Found& found) {
  const int wanted = found.cuda_major();
  const Probed probed(here, "cudnn", wanted);
  Link link = probed.failed(Text::cudnn, if_missing(found));
  if (link.state != State::ok) return link;
  const Commands install =
      found.old_gpu() ? remedy::cudnn_for_old_gpus() : remedy::cudnn(here.distribution, wanted);
  if (probed.missing())
    return {
        .name = Text::cudnn, .state = State::note, .what = {Text::cudnn_missing}, .mend = install};
  link = parts_link(here, probed, install);
  if (!link.what) link = cudnn_judged(probed, found, install);
  link.name = Text::cudnn, link.version = cudnn_text(probed.version), link.path = probed.file;
  return link;
}

Link nccl_link(const Surroundings& here) {
  const Probed probed(here, "nccl", 0);
  Link link = probed.failed(Text::nccl, State::note);
  if (link.state != State::ok) return link.mend = {}, link;
  if (probed.missing())
    return {.name = Text::nccl, .state = State::skipped, .what = {Text::nccl_missing}};
  return {.name = Text::nccl,
          .what = {Text::nccl_found},
          .version = nccl_text(probed.version),
          .path = probed.file};
}

}  // namespace tinygrad::doctor::cuda
