// SPDX-License-Identifier: MIT
// trace(): records a training step, op by op, and writes it as a page to look at, as a graph (DOT)
// or as a timeline (Chrome trace).
//
//   const tg::Trace step = tg::trace([&] {
//     sgd.zero_grad();
//     cross_entropy(net(x), y).backward();
//     sgd.step();
//   }, {.names = net.named_parameters()});
//   step.save_html("step.html");
#pragma once
#include <memory>
#include <string>

#include "tinygrad/detail/inline_function.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

namespace tracing {
struct Step;
class Recorder;
}  // namespace tracing

struct TraceOptions {
  std::string title = "A training step";
  NamedTensors names = {};  ///< what leaves are called, as in net.named_parameters()
  int sample = 12;          ///< each value is shown by at most so many rows and columns
};

/// A recorded step: its ops with module, line, shapes, statistics, time and memory, the gradients
/// of their outputs, and which op of the backward pass differentiates which of the forward pass.
/// Copies are cheap.
class TINYGRAD_API Trace {
 public:
  explicit Trace(std::shared_ptr<const tracing::Step> step) : step_(std::move(step)) {}

  /// A page that needs no network and no other file: the graph, values, gradients and memory.
  std::string html() const;
  /// The forward pass as a graph for Graphviz, modules as clusters.
  std::string dot() const;
  /// All ops on the time axis, for chrome://tracing and Perfetto.
  std::string chrome() const;

  /// Each writes the text of the function above under a temporary name and renames it. A file that
  /// is replaced keeps its mode, a link stays a link. Throws IoError.
  void save_html(const std::string& path,
                 SourceLocation location = SourceLocation::current()) const;
  void save_dot(const std::string& path, SourceLocation location = SourceLocation::current()) const;
  void save_chrome(const std::string& path,
                   SourceLocation location = SourceLocation::current()) const;

 private:
  std::shared_ptr<const tracing::Step> step_;
};

/// Records what this thread runs from its construction on, for steps that are not a function.
/// Values are read from the device after each op and copied, never changed; the times leave that
/// out. It must not live while a step is captured, which forbids reading.
class TINYGRAD_API Tracer {
 public:
  explicit Tracer(const TraceOptions& options = {});
  ~Tracer();
  Tracer(const Tracer&) = delete;
  /// Ends the recording and returns it. Throws ArgumentError if it was ended before.
  Trace finish(SourceLocation location = SourceLocation::current());

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs `step` once and records it. An exception that it throws is passed on.
TINYGRAD_API Trace trace(const InlineFunction<void(), 64>& step, const TraceOptions& options = {});

}  // namespace tinygrad
