// SPDX-License-Identifier: MIT
// The tables of a profile.
#include <fmt/format.h>

#include <algorithm>

#include "profiler.h"

namespace tinygrad {
namespace {

using Rows = std::vector<ProfileRow>;

/// Adds a row to the one of the same name.
void add(Rows& rows, const ProfileRow& row) {
  const auto same = std::find_if(rows.begin(), rows.end(), [&](const ProfileRow& r) {
    return r.name == row.name && r.derivative_of == row.derivative_of &&
           r.is_backward == row.is_backward && r.device == row.device;
  });
  if (same == rows.end()) return rows.push_back(row);
  same->calls += row.calls, same->seconds += row.seconds;
  same->flops += row.flops, same->bytes += row.bytes;
}
Rows sorted(Rows rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](auto& a, auto& b) { return a.seconds > b.seconds; });
  return rows;
}

std::string named(const ProfileRow& row) {
  if (!row.derivative_of.empty())
    return row.name + (row.derivative_of == "backward" ? ", sum of gradients"
                                                       : ", derivative of " + row.derivative_of);
  const std::string name = row.name.empty() ? "outside modules" : row.name;
  return row.is_backward ? name + ", backward" : name;
}
/// "encoder.0 (Linear)", or the type alone of the outermost module.
std::string name_of(const ModulePath& path) {
  return path.text.empty() ? path.type : path.text + " (" + path.type + ")";
}
/// "12.3", or "-" for 0.
std::string rate(double count, double seconds) {
  return count > 0 && seconds > 0 ? fmt::format("{:.1f}", 1e-9 * count / seconds) : "-";
}

/// The devices of the rows, with their limits.
struct Limits {
  std::vector<std::pair<Device, DeviceLimits>> all;
  explicit Limits(const Rows& rows) {
    for (auto& row : rows)
      if (std::none_of(all.begin(), all.end(), [&](auto& l) { return l.first == row.device; }))
        all.emplace_back(row.device, device_limits(row.device));
  }
  double reached(const ProfileRow& row) const {
    const auto own = [&](auto& limits) { return limits.first == row.device; };
    return limit_reached(row, std::find_if(all.begin(), all.end(), own)->second);
  }
};

constexpr std::size_t most_rows = 20;
constexpr const char* line = "{:<48.48} {:>6} {:>11} {:>7} {:>9} {:>7} {:>6}\n";

std::string table(const char* head, const Rows& rows, const Limits& limits) {
  double total = 0, rest = 0;
  for (auto& row : rows) total += row.seconds;
  std::string text = fmt::format(line, head, "calls", "time", "part", "GFLOP/s", "GB/s", "limit");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ProfileRow& row = rows[i];
    if (i >= most_rows) {
      rest += row.seconds;
      continue;
    }
    const double limit = limits.reached(row);
    const std::string name =
        named(row) + (limits.all.size() > 1 ? " on " + to_string(row.device) : "");
    text += fmt::format(line, name, row.calls, fmt::format("{:.3f} ms", 1e3 * row.seconds),
                        fmt::format("{:.1f} %", total > 0 ? 100 * row.seconds / total : 0),
                        rate(row.flops, row.seconds), rate(row.bytes, row.seconds),
                        limit > 0 ? fmt::format("{:.0f} %", 100 * limit) : "-");
  }
  if (rows.size() > most_rows)
    text += fmt::format("{} more rows: {:.3f} ms\n", rows.size() - most_rows, 1e3 * rest);
  return text;
}

}  // namespace

Rows Profile::by_op() const {
  Rows rows;
  for (const Entry& entry : entries_ ? *entries_ : std::vector<Entry>()) add(rows, entry);
  return sorted(std::move(rows));
}

Rows Profile::by_module() const {
  Rows rows;
  for (const Entry& entry : entries_ ? *entries_ : std::vector<Entry>()) {
    ProfileRow row = entry;
    row.derivative_of.clear();
    row.name = entry.path ? name_of(*entry.path) : "";
    add(rows, row);
  }
  return sorted(std::move(rows));
}

double limit_reached(const ProfileRow& row, const DeviceLimits& limits) {
  if (row.seconds <= 0) return 0;
  return std::max(row.flops / limits.flops_per_second, row.bytes / limits.bytes_per_second) /
         row.seconds;
}

std::string to_string(const Profile& profile) {
  const Rows ops = profile.by_op();
  const Limits limits(ops);
  double seconds = 0;
  for (auto& row : ops) seconds += row.seconds;
  std::string text =
      fmt::format("{:.3f} ms, {:.3f} ms of them in ops\n", 1e3 * profile.seconds(), 1e3 * seconds);
  for (auto& [device, limit] : limits.all)
    text += fmt::format("{} reaches {:.1f} GFLOP/s and {:.1f} GB/s\n", to_string(device),
                        1e-9 * limit.flops_per_second, 1e-9 * limit.bytes_per_second);
  return text + "\n" + table("op", ops, limits) + "\n" +
         table("module", profile.by_module(), limits);
}

}  // namespace tinygrad
