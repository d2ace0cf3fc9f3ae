// SPDX-License-Identifier: MIT
// Writes down what an observer is told. A view has only the handle of its memory, which is given to
// another tensor when it is free again: what tells two tensors at one handle apart is that a view
// which no op made, or whose elements no op has written, is of a new tensor.
#include "recorder.h"

#include <algorithm>
#include <string_view>

#include "tinygrad/op.h"

namespace tinygrad::tracing {
namespace {

/// Every n-th row and column, so that at most `most` of each are left.
View sampled(View view, std::int64_t most, Sample& sample) {
  while (view.rank() > 2) view = view.select(0, 0);
  Shape shape = view.shape();
  Strides strides = view.strides();
  for (int i = 0; i < view.rank(); ++i) {
    std::int64_t& step = sample.step[2 - view.rank() + i];
    step = (view.size(i) + most - 1) / most;
    shape[i] = (view.size(i) + step - 1) / step, strides[i] *= step;
  }
  sample.rows = shape.rank() == 2 ? shape[0] : 1, sample.columns = shape.rank() ? shape[-1] : 1;
  return view.reshaped(shape, strides, view.offset());
}

Sample sample_of(const View& view, const Device& device, std::int64_t most) {
  Sample sample;
  if (view.count())
    sample.values = copy_of(sampled(view, most, sample), device).to_vector<double>();
  return sample;
}

bool same_view(const View& a, const View& b) {
  return a.dtype() == b.dtype() && a.offset() == b.offset() && a.shape() == b.shape() &&
         a.strides() == b.strides();
}

/// The line of the user's source. That of a list of derivatives is not one.
SourceLocation users_line(SourceLocation location) {
  return std::string_view(location.file).ends_with("tinygrad/elementwise.def") ? SourceLocation()
                                                                               : location;
}

}  // namespace

/// Stops the clock while it lives.
class Recorder::Pause {
 public:
  explicit Pause(Recorder& recorder) : recorder_(recorder) {}
  ~Pause() { recorder_.paused_ += Clock::now() - begun_; }
  Pause(const Pause&) = delete;

 private:
  Recorder& recorder_;
  Clock::time_point begun_ = Clock::now();
};

Recorder::Recorder(const NamedTensors& names, std::int64_t sample) : sample_(sample) {
  for (auto& [name, tensor] : names) {
    const Value known = read(view_of(tensor), tensor.device());
    recording_.blocks[std::size_t(known.block)].name = name;
  }
  recording_.device = to_string(default_device());
  recording_.memory_before = memory(default_device());
  begun_ = Clock::now();
}

double Recorder::now() const {
  return std::chrono::duration<double>(Clock::now() - begun_ - paused_).count();
}

std::size_t Recorder::memory(const Device& device) {
  in_use_[to_string(device)] = backend(device).stats().in_use;
  std::size_t sum = 0;
  for (auto& [name, bytes] : in_use_) sum += bytes;
  return sum;
}

int Recorder::add_block(const View& view, int at) {
  const int block = int(recording_.blocks.size());
  recording_.blocks.push_back({.bytes = view.memory().bytes, .first = at, .last = at});
  seen_.emplace_back();
  return current_[view.memory().handle] = block;
}

int Recorder::describe(const View& view, const Device& device) {
  recording_.contents.push_back(
      {statistics(copy_of(view, device)), sample_of(view, device, sample_)});
  return int(recording_.contents.size()) - 1;
}

bool Recorder::is_changed(const Seen& seen, const Device& device) const {
  const Sample now = sample_of(seen.view, device, sample_);
  const std::vector<double>& before = recording_.contents[std::size_t(seen.content)].sample.values;
  return !std::equal(before.begin(), before.end(), now.values.begin(), now.values.end(),
                     [](double a, double b) { return a == b || (a != a && b != b); });
}

Value Recorder::value(int block, const Seen& seen) const {
  return {.block = block,
          .from = seen.op,
          .content = seen.content,
          .shape = seen.view.shape(),
          .dtype = seen.view.dtype()};
}

Value Recorder::read(const View& view, const Device& device) {
  const auto found = current_.find(view.memory().handle);
  int block = found == current_.end() ? -1 : found->second;
  if (block >= 0) {
    auto& views = seen_[std::size_t(block)];
    const auto same = std::find_if(views.rbegin(), views.rend(),
                                   [&](const Seen& s) { return same_view(s.view, view); });
    if (same != views.rend() && !is_changed(*same, device)) return value(block, *same);
    if (same != views.rend() || recording_.blocks[std::size_t(block)].maker >= 0) block = -1;
  }
  if (block < 0) block = add_block(view, index());
  seen_[std::size_t(block)].push_back({view, -1, describe(view, device)});
  return value(block, seen_[std::size_t(block)].back());
}

Value Recorder::write(const View& view, const OpEvent& op, int at) {
  const auto found = current_.find(view.memory().handle);
  const bool is_input = std::any_of(op.inputs.begin(), op.inputs.end(), [&](const View& input) {
    return input && input.memory().handle == view.memory().handle;
  });
  const bool is_new = found == current_.end() ||
                      (!is_input && recording_.blocks[std::size_t(found->second)].first < at);
  const int block = is_new ? add_block(view, at) : found->second;
  Block& b = recording_.blocks[std::size_t(block)];
  if (!is_input) b.first = std::min(b.first, at), b.maker = at;
  b.last = std::max(b.last, at);
  auto& views = seen_[std::size_t(block)];
  if (op.status != OpStatus::view) views.clear();
  views.push_back({view, recording_.outermost(at), describe(view, op.device)});
  return value(block, views.back());
}

void Recorder::begin(const OpEvent& op) {
  backend(op.device).synchronize();
  const double began = now();
  const Pause pause(*this);
  RecordedOp recorded{.name = op.name,
                      .derivative_of = op.derivative_of ? op.derivative_of : "",
                      .path = op.path,
                      .location = users_line(op.location),
                      .parent = open_.empty() ? -1 : open_.back(),
                      .begin = began,
                      .end = 0};
  for (const View& input : op.inputs) {
    recorded.inputs.push_back(input ? read(input, op.device) : Value());
    if (input) recording_.blocks[std::size_t(recorded.inputs.back().block)].last = index();
  }
  open_.push_back(index());
  recording_.device = to_string(op.device);
  recording_.ops.push_back(std::move(recorded));
}

void Recorder::end(const OpEvent& op) {
  if (op.status != OpStatus::failed) backend(op.device).synchronize();
  const double ended = now();
  const Pause pause(*this);
  const int at = open_.back();
  open_.pop_back();
  RecordedOp& recorded = recording_.ops[std::size_t(at)];
  recorded.end = ended, recorded.status = op.status, recorded.memory = memory(op.device);
  for (const View& output : op.outputs) recorded.outputs.push_back(write(output, op, at));
}

}  // namespace tinygrad::tracing
