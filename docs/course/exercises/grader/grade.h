// SPDX-License-Identifier: MIT
// Grades an exercise: compares what it gives with what is expected, says which element is wrong
// first and by how much, and finds the common mistake that gives the same.
#pragma once
#include "grader/exercise.h"

/// The elements of a scalar, a vector, a matrix or a tensor.
struct Numbers {
  std::vector<std::int64_t> shape;
  Values values;
  Numbers(double value) : values{value} {}
  Numbers(Values v) : shape{std::ssize(v)}, values(std::move(v)) {}
  Numbers(const Matrix& m) : shape{m.rows, m.columns}, values(m.values) {}
  Numbers(const Tensor& t);
};

struct Text {
  const char *en, *zh;
};

/// The results of one try: of the exercise itself, its answer, or the answer with a mistake.
struct Grade {
  struct Check {
    Text what;
    Numbers given, expected;
    double tolerance;
  };
  std::vector<Check> checks;
  std::function<void()> timed;  ///< what is timed once it is right, if anything is
  double work = 0;              ///< its floating-point operations
  bool begun = true;
  std::string error;  ///< what() of an exception

  /// An element is right if |given - expected| <= tolerance max(1, |expected|).
  void expect(Text what, Numbers given, Numbers expected, double tolerance = 1e-9);
};

/// Values in [-1, 1), the same on each machine; also as a float64 tensor.
Values sample(int n, unsigned seed);
Tensor sample(const tg::Shape& shape, unsigned seed);
/// ∂f/∂x by central differences; of a tensor, in its shape.
Values slopes(const std::function<double(const Values&)>& f, Values x);
Tensor slopes(const std::function<double(const Values&)>& f, const Tensor& x);
Tensor tensor_of(const Values& values, const tg::Shape& shape);

using Grader = void (*)(Grade&);
struct Exercise {
  const char* name;
  Grader skeleton, answer;
  struct Mistake {
    Grader grade;
    Text hint;
  };
  std::vector<Mistake> mistakes;
};
/// The program of an exercise. Without arguments it grades the skeleton: exit code 0 if it is
/// right. With --check the skeleton must not be begun, the answer must be right, and each mistake
/// wrong with its own hint.
int run(const Exercise& exercise, int argc, char** argv);
