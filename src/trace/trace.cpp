// SPDX-License-Identifier: MIT
// Records a step and writes it.
#include "tinygrad/trace/trace.h"

#include <optional>

#include "step.h"
#include "tinygrad/io/file.h"

namespace tinygrad {

struct Tracer::State {
  TraceOptions options;
  tracing::Recorder recorder;
  std::optional<ObserverScope> scope;
};

Tracer::Tracer(const TraceOptions& options)
    : state_(new State{options, {options.names, options.sample}, {}}) {
  state_->scope.emplace(state_->recorder);
}
Tracer::~Tracer() = default;

Trace Tracer::finish(SourceLocation location) {
  require(bool(state_), Call{"finish", location}, "this recording was ended before");
  const std::unique_ptr<State> state = std::move(state_);
  state->scope.reset();
  return Trace(std::make_shared<const tracing::Step>(
      tracing::make_step(state->recorder.take(), std::move(state->options))));
}

Trace trace(const InlineFunction<void(), 64>& step, const TraceOptions& options) {
  Tracer tracer(options);
  step();
  return tracer.finish();
}

std::string Trace::html() const { return tracing::html(*step_); }
std::string Trace::dot() const { return tracing::dot(*step_); }
std::string Trace::chrome() const { return tracing::chrome(*step_); }

void Trace::save_html(const std::string& path, SourceLocation location) const {
  write_file(path, html(), {"save_html", location});
}
void Trace::save_dot(const std::string& path, SourceLocation location) const {
  write_file(path, dot(), {"save_dot", location});
}
void Trace::save_chrome(const std::string& path, SourceLocation location) const {
  write_file(path, chrome(), {"save_chrome", location});
}

}  // namespace tinygrad
