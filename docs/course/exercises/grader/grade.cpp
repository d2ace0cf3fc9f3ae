// SPDX-License-Identifier: MIT
// Runs an exercise, and prints what is wrong in English and Chinese.
#include "grader/grade.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sstream>

namespace {

Grade graded(Grader grader) {
  Grade g;
  try {
    grader(g);
  } catch (const NotBegun&) { g.begun = false; } catch (const std::exception& e) {
    g.error = e.what();
  }
  return g;
}

bool near(double a, double b, double tolerance) {
  return a == b || (std::isnan(a) && std::isnan(b)) ||
         std::fabs(a - b) <= tolerance * std::max(1., std::fabs(b));
}
/// The first element that differs; the number of elements if none does.
std::size_t first_difference(const Numbers& a, const Numbers& b, double tolerance) {
  std::size_t i = 0;
  while (i < b.values.size() && near(a.values[i], b.values[i], tolerance)) ++i;
  return i;
}
bool same(const Numbers& a, const Numbers& b, double tolerance) {
  return a.shape == b.shape && first_difference(a, b, tolerance) == b.values.size();
}
bool is_right(const Grade::Check& c) { return same(c.given, c.expected, c.tolerance); }

std::size_t first_wrong(const Grade& g) {
  return std::size_t(std::find_if_not(g.checks.begin(), g.checks.end(), is_right) -
                     g.checks.begin());
}
bool all_right(const Grade& g) {
  return g.begun && g.error.empty() && !g.checks.empty() && first_wrong(g) == g.checks.size();
}

std::string text_of(const std::vector<std::int64_t>& list) {
  std::string text = "[";
  for (auto n : list) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}
std::string text_of(double value) {
  std::ostringstream text;
  text.precision(8);
  text << (std::isnan(value) ? std::fabs(value) : value);  // not "-nan"
  return text.str();
}
/// The index of an element of an array of this shape, as in "[1, 2] "; nothing of a scalar.
std::string position(std::size_t flat, std::vector<std::int64_t> shape) {
  if (shape.empty()) return "";
  for (auto size = shape.rbegin(); size != shape.rend(); ++size) {
    const auto n = std::size_t(*size);
    *size = std::int64_t(flat % n), flat /= n;
  }
  return text_of(shape) + " ";
}

/// The number of elements that a mistake gives, too; 0 unless the first wrong element is among
/// them.
std::ptrdiff_t likeness(const Grade& g, const Grade& mistake) {
  std::ptrdiff_t count = 0;
  for (std::size_t i = 0; i < std::min(g.checks.size(), mistake.checks.size()); ++i) {
    const Grade::Check& c = g.checks[i];
    const Numbers& other = mistake.checks[i].given;
    const auto alike = [&](std::size_t k) {
      return c.given.shape == other.shape &&
             near(c.given.values[k], other.values[k], c.tolerance + 1e-12);
    };
    const std::size_t n = c.given.values.size(),
                      at = c.given.shape == c.expected.shape
                               ? first_difference(c.given, c.expected, c.tolerance)
                               : 0;
    if (i == first_wrong(g) && n && !alike(at)) return 0;
    for (std::size_t k = 0; k < n; ++k) count += alike(k);
  }
  return count;
}
/// The mistake that gives the same, if there is one.
const Exercise::Mistake* find_mistake(const Exercise& e, const Grade& g) {
  if (first_wrong(g) == g.checks.size()) return nullptr;
  std::ptrdiff_t most = 0;
  const Exercise::Mistake* found = nullptr;
  for (auto& mistake : e.mistakes)
    if (const auto n = likeness(g, graded(mistake.grade)); n > most) most = n, found = &mistake;
  return found;
}

void print_difference(const Grade::Check& c) {
  const auto& [what, given, expected, tolerance] = c;
  if (given.shape != expected.shape) {
    std::printf("  %1$s: the shape is %3$s, expected %4$s\n  %2$s：形状是 %3$s，应为 %4$s\n",
                what.en, what.zh, text_of(given.shape).c_str(), text_of(expected.shape).c_str());
    return;
  }
  const std::size_t i = first_difference(given, expected, tolerance), n = given.values.size();
  const double value = given.values[i], right = expected.values[i];
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < n; ++k)
    wrong += !near(given.values[k], expected.values[k], tolerance);
  std::printf(
      "  %1$s: %3$sis %4$s, expected %5$s, off by %6$s; %7$zu of %8$zu wrong\n"
      "  %2$s：%3$s是 %4$s，应为 %5$s，差 %6$s；%8$zu 个中错 %7$zu 个\n",
      what.en, what.zh, position(i, given.shape).c_str(), text_of(value).c_str(),
      text_of(right).c_str(), text_of(value - right).c_str(), wrong, n);
}

void print_wrong(const Exercise& e, const Grade& g) {
  const std::size_t first = first_wrong(g);
  for (std::size_t i = 0; i < first; ++i)
    std::printf("  right / 正确: %s / %s\n", g.checks[i].what.en, g.checks[i].what.zh);
  if (first < g.checks.size()) {
    print_difference(g.checks[first]);
    if (const auto* mistake = find_mistake(e, g))
      std::printf("  hint: %s\n  提示：%s\n", mistake->hint.en, mistake->hint.zh);
    else std::printf("  no hint: this is none of the common mistakes / 没有提示：不是常见错误\n");
  } else if (g.begun) std::printf("  exception / 异常: %s\n", g.error.c_str());
  else std::printf("  the rest is not begun / 其余尚未开始\n");
}

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
/// The best rates of a second, in turn, so that what else the machine does disturbs both.
void print_rate(const Grade& g, const Grade& answer) {
  double own = 0, given = 0;
  const auto run = [](const Grade& one, double& best) {
    const double begin = seconds();
    one.timed();
    best = std::max(best, one.work / (seconds() - begin) / 1e9);
  };
  for (const double end = seconds() + 1; seconds() < end;) run(g, own), run(answer, given);
  std::printf("  %1$.1f GFLOP/s, %2$.0f %% of the answer's %3$.1f / 答案速度的 %2$.0f %%\n", own,
              100 * own / given, given);
}

int grade_skeleton(const Exercise& e) {
  const Grade g = graded(e.skeleton);
  const bool right = all_right(g), begun = g.begun || !g.checks.empty();
  const char* state = right ? "right / 正确" : begun ? "wrong / 有错" : "not begun / 尚未开始";
  if (begun && !g.begun && first_wrong(g) == g.checks.size()) state = "not finished / 未完成";
  std::printf("%s: %s\n", e.name, state);
  if (begun && !right) print_wrong(e, g);
  if (right && g.timed) print_rate(g, graded(e.answer));
  return right ? 0 : 1;
}

constexpr int skipped = 77;  // as ctest is told

/// Whoever does the exercises has skeletons that are begun, which is a fault only in CI.
int check(const Exercise& e) {
  int failed = 0;
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) std::printf("FAILED: %s\n", what), failed = 1;
  };
  const Grade skeleton = graded(e.skeleton), answer = graded(e.answer);
  const bool untouched = !skeleton.begun && skeleton.checks.empty();
  expect(untouched || !std::getenv("CI"), "the skeleton is no longer untouched");
  expect(all_right(answer), "the answer is not right");
  if (!all_right(answer)) print_wrong(e, answer);
  expect(e.mistakes.size() == 5, "there are not five mistakes");
  for (auto& mistake : e.mistakes) {
    const Grade g = graded(mistake.grade);
    std::printf("%s with mistake %td\n", e.name, &mistake - e.mistakes.data() + 1);
    print_wrong(e, g);
    expect(find_mistake(e, g) == &mistake, "the mistake does not get its own hint");
  }
  if (!untouched) std::printf("%s is begun: scripts/exercise.sh grades it\n", e.name);
  return failed ? 1 : untouched ? 0 : skipped;
}

}  // namespace

Numbers::Numbers(const Tensor& t)
    : shape(t.shape().begin(), t.shape().end()), values(t.to_vector<double>()) {}

void Grade::expect(Text what, Numbers given, Numbers expected, double tolerance) {
  checks.push_back({what, std::move(given), std::move(expected), tolerance});
}

Values sample(int n, unsigned seed) {
  std::mt19937 bits(seed);
  Values v;
  for (int i = 0; i < n; ++i) v.push_back(double(bits()) / 2147483648. - 1);
  return v;
}
Tensor tensor_of(const Values& values, const tg::Shape& shape) {
  return reshape(tg::tensor(values, {.dtype = tg::float64}), shape);
}
Tensor sample(const tg::Shape& shape, unsigned seed) {
  return tensor_of(sample(int(shape.count()), seed), shape);
}

Values slopes(const std::function<double(const Values&)>& f, Values x) {
  Values slope;
  for (double& v : x) {
    const double old = v, h = 1e-5;
    v = old + h;
    const double more = f(x);
    v = old - h;
    slope.push_back((more - f(x)) / (2 * h));
    v = old;
  }
  return slope;
}
Tensor slopes(const std::function<double(const Values&)>& f, const Tensor& x) {
  return tensor_of(slopes(f, x.to_vector<double>()), x.shape());
}

int run(const Exercise& exercise, int argc, char** argv) {
  return argc > 1 && std::string(argv[1]) == "--check" ? check(exercise) : grade_skeleton(exercise);
}
