// SPDX-License-Identifier: MIT
// Tests einsum against a loop over all values of all letters, for random equations.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tinygrad/tinygrad.h"
#include "tinygrad/trace/gradcheck.h"

namespace tinygrad {
namespace {

/// Σ over all letters of the product of the operands' elements, added to the output's element.
std::vector<double> loop(const std::vector<std::string>& terms, const std::string& output,
                         const std::vector<Tensor>& xs, std::map<char, std::int64_t> sizes) {
  std::string letters;
  for (auto& [letter, size] : sizes) letters += letter;
  const auto offset = [&](const std::string& term, const std::map<char, std::int64_t>& at) {
    std::int64_t i = 0;
    for (char c : term) i = i * sizes[c] + at.at(c);
    return std::size_t(i);
  };
  std::vector<std::vector<double>> values;
  for (const Tensor& x : xs) values.push_back(x.to_vector<double>());
  std::int64_t count = 1;
  for (char c : output) count *= sizes[c];
  std::vector<double> result(std::size_t(count), 0);
  std::map<char, std::int64_t> at;
  const std::function<void(std::size_t)> step = [&](std::size_t k) {
    if (k < letters.size()) {
      for (at[letters[k]] = 0; at[letters[k]] < sizes[letters[k]]; ++at[letters[k]]) step(k + 1);
      return;
    }
    double product = 1;
    for (std::size_t t = 0; t < terms.size(); ++t) product *= values[t][offset(terms[t], at)];
    result[offset(output, at)] += product;
  };
  step(0);
  return result;
}

TEST(Einsum, AgreesWithALoop) {
  std::mt19937 random(11);
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int run = 0; run < 150; ++run) {
    std::map<char, std::int64_t> sizes;
    std::vector<std::string> terms(1 + below(4));
    std::string used;
    for (std::string& term : terms)
      for (std::size_t i = 0, rank = below(4); i < rank; ++i) {
        term += char('a' + below(5));
        used += term.back();
        sizes.try_emplace(term.back(), 1 + std::int64_t(below(3)));
      }
    std::string output;
    for (auto& [letter, size] : sizes)
      if (below(2))
        output.insert(output.begin() + std::ptrdiff_t(below(output.size() + 1)), letter);
    std::string equation;
    std::vector<Tensor> xs;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      Shape shape;
      for (char c : terms[t]) shape.push_back(sizes[c]);
      xs.push_back(randint(-3, 4, shape).to(float64));
      equation += (t ? "," : "") + terms[t];
    }
    equation += "->" + output;
    ASSERT_EQ(einsum(equation, xs).to_vector<double>(), loop(terms, output, xs, sizes)) << equation;
  }
}

TEST(Einsum, EllipsesBroadcast) {
  const Tensor a = randn({2, 1, 3, 4}, {.dtype = float64}),
               b = randn({5, 4, 2}, {.dtype = float64});
  const Tensor y = einsum("...ij, ...jk -> ...ik", {a, b});
  EXPECT_EQ(y.shape(), (Shape{2, 5, 3, 2}));
  EXPECT_LT(max(abs(y - matmul(a, b))).item<double>(), 1e-14);
  EXPECT_EQ(einsum("i...->...", a).shape(), (Shape{1, 3, 4}));
  EXPECT_EQ(einsum("...ii->...i", randn({2, 3, 3})).shape(), (Shape{2, 3}));
}

TEST(Einsum, HasGradients) {
  manual_seed(4);
  const Tensors xs{randn({2, 3}, {.dtype = float64}).requires_grad_(),
                   randn({3, 3, 2}, {.dtype = float64}).requires_grad_(),
                   randn({2}, {.dtype = float64}).requires_grad_()};
  const auto result =
      gradcheck([](const Tensors& in) -> Tensor { return einsum("ij,jjk,k->ik", in); }, xs);
  EXPECT_TRUE(result) << result.message;
}

/// The order is that of the smallest results: the chain never has 300 x 300 elements.
TEST(Einsum, ContractsTheSmallestFirst) {
  const Tensor a = ones({300, 2}), b = ones({2, 300}), v = ones({300});
  const auto before = memory_stats().peak;
  EXPECT_EQ(einsum("ij,jk,k->i", {a, b, v})[0].item<float>(), 600);
  EXPECT_LT(memory_stats().peak - before, 300 * 300 * sizeof(float));
}

}  // namespace
}  // namespace tinygrad
