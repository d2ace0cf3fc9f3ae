// SPDX-License-Identifier: MIT
// Compares the elementwise ops with PyTorch at extreme points: value, first and second derivatives
// at zeros, infinities, NaN, subnormals, huge values and the edges of the formulas, in float32 and
// float64. tests/golden/make_extremes.py wrote the golden values. Also run on other devices.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "backends/common/required_kernels_only.h"
#include "reference.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

using std::string;

// ---------------------------------------------------------------- the ops
// Those whose arguments are not their inputs alone.
Tensor clamp(const Tensor& x) { return tinygrad::clamp(x, -1, 1); }
Tensor clamp_tensor(const Tensor& x, const Tensor& low, const Tensor& high) {
  return tinygrad::clamp(x, low, high);
}
Tensor trunc_divide(const Tensor& a, const Tensor& b) { return div(a, b, Rounding::trunc); }
Tensor where(const Tensor& a, const Tensor& b, const Tensor& c) {
  return tinygrad::where(a > 0, b, c);
}

struct Op {
  const char* name;
  int inputs;
  Tensor (*call)(const Tensors& in);
};
/// Those of reals.
const std::vector<Op> ops = [] {
  const string integer = "integer";
  std::vector<Op> all;
  auto append_row = [&](const string& domain, const Op& op) {
    if (domain != integer) all.push_back(op);
  };
#define UNARY(name, domain, ...) \
  append_row(#domain, {#name, 1, [](const Tensors& in) -> Tensor { return name(in[0]); }});
#define BINARY(name, domain, ...) \
  append_row(#domain, {#name, 2, [](const Tensors& in) -> Tensor { return name(in[0], in[1]); }});
#define COMPARE(name, ...) \
  append_row("any", {#name, 2, [](const Tensors& in) -> Tensor { return name(in[0], in[1]); }});
#define TERNARY(name, domain, ...) \
  append_row(#domain,              \
             {#name, 3, [](const Tensors& in) -> Tensor { return name(in[0], in[1], in[2]); }});
#include "tinygrad/elementwise.def"
  return all;
}();

/// The result "y" and its derivatives by name: "a", "b", "c", and the second ones "aa", "ab", ...,
/// of which "ab" and "ba" are both called "ab".
std::vector<std::pair<string, Tensor>> quantities(const Op& op, const Tensors& leaves) {
  const Tensor y = op.call(leaves);
  std::vector<std::pair<string, Tensor>> found = {{"y", y}};
  if (!y.requires_grad()) return found;
  const Tensors ones = {ones_like(y)};
  const Tensors firsts =
      grad(y, leaves, {.grad_outputs = ones, .create_graph = true, .allow_unused = true});
  for (int i = 0; i < op.inputs; ++i) {
    if (!firsts[i].defined()) continue;
    found.emplace_back(string(1, "abc"[i]), firsts[i]);
    if (!firsts[i].requires_grad()) continue;
    const Tensors seconds =
        grad(firsts[i], leaves, {.grad_outputs = ones, .retain_graph = true, .allow_unused = true});
    for (int j = 0; j < op.inputs; ++j)
      if (seconds[j].defined())
        found.emplace_back(string{"abc"[std::min(i, j)], "abc"[std::max(i, j)]}, seconds[j]);
  }
  return found;
}

// ---------------------------------------------------------------- the golden file
struct GoldenValue {
  double value;
  double in_float32;  ///< what PyTorch gives in float32; `value` if that is near
};
using GoldenValues = std::vector<GoldenValue>;

/// The values of a line; see make_extremes.py.
GoldenValues read_values(std::istream& line) {
  GoldenValues values;
  for (string word; line >> word;) {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    const double other = *end == '~' ? std::strtod(end + 1, &end) : value;
    values.resize(values.size() + std::size_t(*end == '*' ? std::atoi(end + 1) : 1),
                  {value, other});
  }
  return values;
}
/// The lines of the golden file by their first three words.
const std::map<string, GoldenValues>& golden_file() {
  static const std::map<string, GoldenValues> file = [] {
    std::map<string, GoldenValues> all;
    std::ifstream lines(TINYGRAD_SOURCE_DIR "/tests/golden/extremes.txt");
    for (string line, a, b, c; std::getline(lines, line);) {
      std::istringstream words(line);
      words >> a >> b >> c;
      all[a + " " + b + " " + c] = read_values(words);
    }
    return all;
  }();
  return file;
}

/// All tuples of the values that ops of n inputs are called with, as one tensor for each input.
Tensors inputs_of(int n, DType dtype, const Device& device) {
  const GoldenValues& golden =
      golden_file().at("inputs " + std::to_string(n) + " " + to_string(dtype));
  std::vector<double> values;
  for (const GoldenValue& g : golden) values.push_back(g.value);
  const auto size = std::int64_t(values.size());
  Tensors inputs;
  for (int i = 0; i < n; ++i) {
    Shape shape = Dims::filled(n, 1), all = Dims::filled(n, size);
    shape[i] = size;
    inputs.push_back(from_data(values.data(), float64, shape, {.dtype = dtype})
                         .expand(all)
                         .flatten()
                         .to(device));
  }
  return inputs;
}

// ---------------------------------------------------------------- what differs
struct Point {
  std::vector<double> x;  ///< the inputs
  double found, golden;
  bool single;  ///< in float32, not float64
  double epsilon() const { return single ? 0x1p-23 : 0x1p-52; }
  bool any_nan() const { return std::any_of(x.begin(), x.end(), is_nan); }
  bool any_equal() const { return std::set<double>(x.begin(), x.end()).size() < x.size(); }
  static bool is_nan(double value) { return std::isnan(value); }
};
bool close(double a, double b) { return a == b || std::abs(a - b) <= 1e-6 * std::abs(b); }

/// A difference from PyTorch that is kept. The names in `ops` and `quantities` are words. `topic`
/// is that of docs/coming-from-pytorch.md which has the reason.
struct Kept {
  const char *ops, *quantities;
  bool (*holds)(const Point& p);
  const char* topic;
};
const Kept kept[] = {
    {"sign", "y", [](const Point& p) { return p.any_nan(); }, "The sign of NaN"},
    {"abs leaky_relu elu selu clamp maximum minimum clamp_tensor", "a b c aa",
     [](const Point& p) { return p.any_nan(); }, "Gradients at NaN"},
    {"clamp", "a", [](const Point& p) { return std::abs(p.x[0]) == 1; }, "Gradients at bounds"},
    {"clamp_tensor", "a b c", [](const Point& p) { return p.any_equal(); }, "Gradients at bounds"},
    {"maximum minimum", "y", [](const Point& p) { return p.x[0] == 0 && p.x[1] == 0; },
     "The larger of 0 and -0"},
    {"elu selu", "aa", [](const Point& p) { return p.x[0] == 0; }, "Second derivatives at kinks"},
    {"softplus", "aa", [](const Point& p) { return p.x[0] == 20; }, "Second derivatives at kinks"},
    {"tanh mish", "a aa",
     [](const Point& p) { return std::abs(p.found - p.golden) <= 4 * p.epsilon(); },
     "Derivatives computed from results"},
    {"sigmoid silu softplus mish log10", "y a aa",
     [](const Point& p) {
       const double normal = p.single ? 0x1p-126 : 0x1p-1022;
       return std::abs(p.found) < normal && std::abs(p.golden) < normal;
     },
     "Subnormal results"},
    {"erf erfc gelu mish", "aa",
     [](const Point& p) { return p.found == 0 && Point::is_nan(p.golden); },
     "Overflow in PyTorch's formulas"},
    {"addcdiv", "y",
     [](const Point& p) { return std::isinf(p.x[0]) && std::abs(p.x[1] / p.x[2]) > 3.4e38; },
     "Infinite sums"},
    {"addcdiv", "c", [](const Point& p) { return close(p.found, -p.x[1] / p.x[2] / p.x[2]); },
     "Overflow in PyTorch's formulas"},
    {"addcdiv", "cc",
     [](const Point& p) { return close(p.found, 2 * p.x[1] / p.x[2] / p.x[2] / p.x[2]); },
     "Overflow in PyTorch's formulas"},
    {"trunc_divide floor_divide", "y", [](const Point& p) { return p.found == 0 && p.golden == 0; },
     "The sign of a quotient of 0"},
    {"trunc_divide", "y", [](const Point& p) { return std::isinf(p.x[0]); },
     "Quotients that are rounded down"},
    {"fmod", "b", [](const Point& p) { return std::isinf(p.x[0]); },
     "Derivatives where there is no value"},
    {"fmod remainder", "y", [](const Point& p) { return !std::isfinite(p.x[0] / p.x[1]); },
     "Overflow in PyTorch's formulas"},
    {"pow", "ab bb", [](const Point& p) { return p.x[0] == 0 || p.x[1] == 0; },
     "Second derivatives of powers"},
    {"pow", "aa",
     [](const Point& p) {  // 0, or b - 2 and the square of 1 / a
       return p.x[1] == 0 || (std::abs(p.x[0]) < 1e-29 && std::abs(p.x[1]) < 1e-29);
     },
     "Second derivatives of powers"},
    {"pow", "ab",
     [](const Point& p) {  // a^b log(a) overflows or underflows first
       const double y = std::pow(p.x[0], p.x[1]);
       return p.single ? !std::isnormal(float(y)) : !std::isnormal(y);
     },
     "Second derivatives of powers"},
};
bool has_word(const string& words, const string& word) {
  return (" " + words + " ").find(" " + word + " ") != string::npos;
}

/// Returns whether a value is right: NaN, infinities and the sign of a result 0 exactly; otherwise
/// within 8 units in the last place, or 4 times as far from the golden value as PyTorch's float32.
bool is_right(const Point& p, const string& quantity, double in_float32) {
  const double expected = p.single ? double(float(p.golden)) : p.golden;
  if (std::isnan(expected)) return std::isnan(p.found);
  if (std::isinf(expected)) return p.found == expected;
  if (p.golden == 0 && p.found == 0)
    return quantity != "y" || std::signbit(p.golden) == std::signbit(p.found);
  const double least = p.single ? 0x1p-149 : 0x1p-1074, other = std::abs(in_float32 - p.golden);
  double allowed =
      std::max(8 * p.epsilon() * std::abs(p.golden), std::isfinite(other) ? 4 * other : 0);
  // Golden values of float64 are rounded as well, and so are the terms that cancel in them.
  const double size = std::abs(p.x[0]);
  if (!p.single && size >= 1e-3 && size <= 1000) allowed += 8 * p.epsilon() * std::max(1., size);
  return std::abs(p.found - p.golden) <= allowed + 4 * least;
}

class Comparison {
 public:
  Comparison(const Op& op, DType dtype, const Device& device)
      : op_(op), name_(string(op.name) + " " + to_string(dtype)), dtype_(dtype) {
    for (Tensor& x : inputs_ = inputs_of(op.inputs, dtype, device)) x.requires_grad_();
  }
  /// Adds the differences that were found to `used`.
  void run(std::set<const Kept*>& used) {
    std::set<string> compared;
    for (auto& [quantity, values] : quantities(op_, inputs_))
      compare(quantity, values.to_vector<double>(), used), compared.insert(quantity);
    // What has no gradient here has zeros there.
    for (const char* quantity : {"a", "b", "c", "aa", "ab", "ac", "bb", "bc", "cc"})
      if (!compared.count(quantity) && golden_file().count(name_ + " " + quantity))
        compare(quantity, std::vector<double>(std::size_t(inputs_[0].numel()), 0), used);
  }

 private:
  void compare(const string& quantity, const std::vector<double>& found,
               std::set<const Kept*>& used) {
    const auto golden = golden_file().find(name_ + " " + quantity);
    ASSERT_NE(golden, golden_file().end())
        << name_ << " " << quantity << " is missing; run tests/golden/make_extremes.py";
    ASSERT_EQ(found.size(), golden->second.size());
    int wrong = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Point point = point_at(i, found[i], golden->second[i].value);
      if (is_right(point, quantity, golden->second[i].in_float32)) continue;
      if (const Kept* difference = find(quantity, point)) used.insert(difference);
      else if (++wrong <= 8) ADD_FAILURE() << name_ << " " << quantity << describe(point);
    }
    EXPECT_LE(wrong, 8) << "points of " << name_ << " " << quantity << " differ";
  }
  Point point_at(std::size_t i, double found, double golden) {
    if (values_.empty())
      for (const Tensor& x : inputs_) values_.push_back(x.to_vector<double>());
    Point point = {{}, found, golden, dtype_ == float32};
    for (const auto& x : values_) point.x.push_back(x[i]);
    return point;
  }
  const Kept* find(const string& quantity, const Point& point) const {
    for (const Kept& k : kept)
      if (has_word(k.ops, op_.name) && has_word(k.quantities, quantity) && k.holds(point))
        return &k;
    return nullptr;
  }
  static string describe(const Point& p) {
    std::ostringstream text;
    text.precision(9);
    text << " at";
    for (double x : p.x) text << " " << x;
    text << ": " << p.found << ", PyTorch " << p.golden;
    return text.str();
  }

  const Op& op_;
  string name_;
  DType dtype_;
  Tensors inputs_;
  std::vector<std::vector<double>> values_;
};

std::vector<Device> devices() {
  if (std::getenv("TINYGRAD_TESTED_DEVICE")) return {tested_device("")};
  static Backend& required =
      register_backend(std::make_unique<RequiredKernelsOnly>(backend("cpu"), Device("required")));
  return {"cpu", required.device(), reference::register_reference_backend().device()};
}

/// The page that gives the reasons.
string page() {
  std::ifstream file(TINYGRAD_SOURCE_DIR "/docs/coming-from-pytorch.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ElementwiseExtremes, AreThoseOfPyTorch) {
  std::set<const Kept*> used;
  for (const Device& device : devices()) {
    SCOPED_TRACE(to_string(device));
    for (const Op& op : ops)
      for (DType dtype : {float32, float64}) Comparison(op, dtype, device).run(used);
  }
  if (std::getenv("TINYGRAD_TESTED_DEVICE")) return;  // one device need not have them all
  for (const Kept& k : kept) {
    EXPECT_TRUE(used.count(&k)) << "no difference: " << k.ops << ": " << k.topic;
    EXPECT_NE(page().find(string("- **") + k.topic + "**"), string::npos) << k.topic;
  }
}

}  // namespace
}  // namespace tinygrad
