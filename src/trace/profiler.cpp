// SPDX-License-Identifier: MIT
// Records what the ops of a thread cost.
#include "profiler.h"

#include <functional>
#include <string_view>

namespace tinygrad {
namespace {

using Now = std::chrono::steady_clock;

double seconds_since(Now::time_point begin) {
  return std::chrono::duration<double>(Now::now() - begin).count();
}

/// The host's clock, for a device without one.
class HostClock : public DeviceClock {
 public:
  explicit HostClock(Backend& backend) : backend_(backend) {}
  std::size_t mark() override {
    backend_.synchronize();
    marks_.push_back(seconds_since(begun_));
    return marks_.size() - 1;
  }
  std::vector<double> seconds() override { return marks_; }

 private:
  Backend& backend_;
  const Now::time_point begun_ = Now::now();
  std::vector<double> marks_;
};

std::string_view text(const char* name) { return name ? name : ""; }

}  // namespace

// ------------------------------------------------------------ entries

bool Profiler::Key::operator==(const Key& other) const {
  return path == other.path && clock == other.clock && text(name) == text(other.name) &&
         text(derivative_of) == text(other.derivative_of);
}
std::size_t Profiler::Hash::operator()(const Key& key) const {
  const std::hash<std::string_view> hash;
  return (hash(text(key.name)) * 31 + hash(text(key.derivative_of))) * 31 +
         reinterpret_cast<std::uintptr_t>(key.path) + key.clock;
}

std::size_t Profiler::clock_of(const Device& device) {
  for (std::size_t i = 0; i < clocks_.size(); ++i)
    if (clocks_[i].device == device) return i;
  Backend& on = backend(device);
  std::unique_ptr<DeviceClock> clock = on.clock();
  if (!clock) clock = std::make_unique<HostClock>(on);
  clocks_.push_back({device, std::move(clock)});
  return clocks_.size() - 1;
}

std::uint32_t Profiler::entry_of(const OpEvent& op, std::size_t clock) {
  const auto found = positions_.find({op.name, op.derivative_of, op.path, clock});
  if (found != positions_.end()) return found->second;
  Profile::Entry entry;
  entry.name = op.name, entry.derivative_of = text(op.derivative_of);
  entry.is_backward = op.is_backward(), entry.device = op.device;
  entry.path = op.path, entry.count_flops = tracing::flops_of(op.name);
  entries_.push_back(std::move(entry));
  const Profile::Entry& own = entries_.back();  // its names live as long as the profiler
  const auto position = std::uint32_t(entries_.size() - 1);
  positions_[{own.name.c_str(), own.is_backward ? own.derivative_of.c_str() : nullptr, own.path,
              clock}] = position;
  return position;
}

// ------------------------------------------------------------ ops

void Profiler::begin(const OpEvent& op) {
  const std::size_t clock = clock_of(op.device);
  const std::uint32_t entry = entry_of(op, clock);
  ops_.push_back({entry, std::uint32_t(clock), open_, clocks_[clock].clock->mark(), none});
  open_ = ops_.size() - 1;
}

void Profiler::end(const OpEvent& op) {
  Op& own = ops_[open_];
  open_ = own.outer;
  own.end = clocks_[own.clock].clock->mark();
  Profile::Entry& entry = entries_[own.entry];
  ++entry.calls;
  if (op.status != OpStatus::kernel) return;
  if (entry.count_flops) entry.flops += entry.count_flops(op);
  entry.bytes += tracing::bytes_of(op);
}

Profile Profiler::result() const {
  std::vector<std::vector<double>> times;
  for (auto& [device, clock] : clocks_) times.push_back(clock->seconds());
  auto entries = std::make_shared<std::vector<Profile::Entry>>(entries_.begin(), entries_.end());
  for (const Op& op : ops_) {
    if (op.end == none) continue;
    const double seconds = times[op.clock][op.end] - times[op.clock][op.begin];
    (*entries)[op.entry].seconds += seconds;
    const Op* outer = op.outer == none ? nullptr : &ops_[op.outer];
    if (outer && outer->end != none && outer->clock == op.clock)
      (*entries)[outer->entry].seconds -= seconds;
  }
  Profile profile;
  profile.entries_ = std::move(entries);
  profile.seconds_ = seconds_since(begun_);
  return profile;
}

ProfileScope::ProfileScope() : profiler_(new Profiler), scope_(*profiler_) {}
ProfileScope::~ProfileScope() = default;
Profile ProfileScope::result() const { return profiler_->result(); }

Profile profile(const InlineFunction<void(), 64>& f) {
  const ProfileScope scope;
  f();
  return scope.result();
}

}  // namespace tinygrad
