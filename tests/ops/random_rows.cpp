// SPDX-License-Identifier: MIT
// Rows: random numbers. PyTorch's CPU generator is another one, so there are no golden values;
// random_test.cpp has the published vectors. Each bad call is one line of a table.
#include <limits>

#include "op_table.h"

namespace op_table {
namespace {

constexpr const char* other_generator = "PyTorch draws other numbers";

/// A row without inputs: the values of one call of the generator.
Row drawn(const char* name, std::function<Tensors()> draw, double ulps, const char* reason,
          std::vector<BadCall> bad) {
  return {.name = name,
          .call =
              [draw](const Tensors&) {
                manual_seed(7);
                return draw();
              },
          .ulps = ulps,
          .reason = reason,
          .no_golden = other_generator,
          .differentiable = false,
          .bad = std::move(bad)};
}

}  // namespace

std::vector<Row> random_rows() {
  return {
      {.name = "dropout",
       .call =
           [](const Tensors& in) {
             return dropout(in[0], 0.4, Generator{11, 3});
           },
       .inputs = {{{3, 7}}},
       .ulps = 2,
       .reason = "a product with 1 / (1 - p)",
       .dtypes = floats,
       .also = {{{}}, {{0, 3}}, {{37}}},
       .large = {{130, 1111}},
       .no_golden = other_generator,
       .own_numbers = true,
       .bad = {{"dropout: the probability p must be in [0, 1], got 1.5",
                [] { dropout(ones({2}), 1.5); }},
               {"dropout: the probability p must be in [0, 1], got -0.5",
                [] { dropout(ones({2}), -0.5, Generator{}); }},
               {"dropout: the probability p must be in [0, 1], got nan",
                [] { dropout(ones({2}), std::numeric_limits<double>::quiet_NaN()); }},
               {"dropout: expected a floating dtype, got int64; convert with to(float32)",
                [] { dropout(ones({2}, {.dtype = int64})); }}}},
      {.name = "dropout_of_thread",
       .call =
           [](const Tensors& in) {
             manual_seed(7);
             return Tensors{dropout(in[0], 0.5), dropout(in[0], 0.25), dropout(in[0], 0.5, false),
                            dropout(in[0], 1), dropout(in[0], 0)};
           },
       .inputs = {{{3, 7}}},
       .ulps = 2,
       .reason = "a product with 1 / (1 - p)",
       .large = {{130, 1111}},
       .no_golden = other_generator,
       .own_numbers = true,
       .bad = {{"dropout: the probability p must be in [0, 1], got 2",
                [] { dropout(ones({2}), 2); }}}},
      {.name = "dropout_of_channels",
       .call =
           [](const Tensors& in) {
             manual_seed(7);
             return Tensors{dropout1d(in[0], 0.4), dropout2d(in[0], 0.4),
                            dropout3d(in[0], 0.4, false), alpha_dropout(in[0], 0.4),
                            feature_alpha_dropout(in[0], 0.4)};
           },
       .inputs = {{{3, 7, 2}}},
       .ulps = 4,
       .reason = "a product with 1 / (1 - p), or a scale and a shift",
       .no_golden = other_generator,
       .own_numbers = true,
       .bad = {{"dropout2d: the probability p must be in [0, 1], got 2",
                [] {
                  dropout2d(ones({2, 2}), 2);
                }},
               {"dropout2d: expected x of shape [N, C, ...], got [2]",
                [] { dropout2d(ones({2}), 0.5); }}}},
      drawn("rand",
            [] {
              return Tensors{rand({3, 7}), rand({5}, {.dtype = float64}), rand({}), rand({0})};
            },
            0, "exact",
            {{"rand: expected a floating dtype, got int64; use randint",
              [] { rand({2}, {.dtype = int64}); }},
             {"rand: the size -1 in shape [-1] is negative", [] { rand({-1}); }}}),
      drawn("randn",
            [] {
              return Tensors{randn({3, 7}), randn({5}, {.dtype = float64}), randn({})};
            },
            8, "log, sin and cos of the mathematical library",
            {{"randn: expected a floating dtype, got bool; use randint",
              [] { randn({2}, {.dtype = boolean}); }}}),
      drawn("randint",
            [] {
              return Tensors{randint(-3, 9, {3, 7}), randint(0, 1, {2}),
                             randint(0, 200, {9}, {.dtype = uint8})};
            },
            0, "exact", {{"randint: there is no integer in [3, 3)", [] { randint(3, 3, {2}); }}}),
      drawn("randperm",
            [] {
              return Tensors{randperm(37), randperm(1), randperm(0)};
            },
            0, "exact",
            {{"randperm: the number of elements must not be negative, got -1",
              [] { randperm(-1); }}}),
      drawn("bernoulli",
            [] {
              const Tensor p = linspace(-0.5, 1.5, 37);
              return Tensors{bernoulli(p), bernoulli(p.to(float64)), bernoulli(p.to(int64), 0.25),
                             bernoulli(p.to(float16), 1)};
            },
            0, "exact",
            {{"bernoulli: the probability p must be in [0, 1], got 1.5",
              [] { bernoulli(ones({2}), 1.5); }},
             {"bernoulli: expected a floating dtype, got int64; convert with to(float32)",
              [] {
                bernoulli(tensor({0, 1}));
              }}}),
      drawn("normal",
            [] {
              const Tensor mean = linspace(-2, 2, 5), std = linspace(0, 3, 4).unsqueeze(-1);
              return Tensors{normal(mean, std), normal(mean, 2), normal(1, std),
                             normal(1, 2, {3, 7}), uniform(-3, 5, {3, 7})};
            },
            16, "log, sin and cos of the mathematical library, and a sum",
            {{"normal: the standard deviation must not be negative, got -1",
              [] { normal(0, -1, {2}); }},
             {"normal: the standard deviation must not be negative, got -1",
              [] { normal(ones({2}), -1); }},
             {with_marks("normal: cannot broadcast shapes [2] and [3]", {33, 41}),
              [] { normal(ones({2}), ones({3})); }},
             {"normal: expected a floating dtype, got int64; convert with to(float32)",
              [] {
                normal(0, tensor({1, 2}));
              }},
             {"uniform: low 2 is above high 1", [] { uniform(2, 1, {2}); }}}),
      drawn("exponential",
            [] {
              return Tensors{exponential(2, {3, 7}), exponential(0.5, {5}, {.dtype = float64}),
                             geometric(0.25, {3, 7}), cauchy(1, 2, {3, 7}),
                             log_normal(0.5, 0.75, {3, 7})};
            },
            64, "functions of the mathematical library, and a division by a cosine",
            {{"exponential: the rate must be positive, got 0", [] { exponential(0, {2}); }},
             {"geometric: the probability p must be in (0, 1), got 1", [] { geometric(1, {2}); }},
             {"cauchy: sigma must be positive, got -1", [] { cauchy(0, -1, {2}); }},
             {"log_normal: the standard deviation must be positive, got 0",
              [] { log_normal(0, 0, {2}); }}}),
      drawn("multinomial",
            [] {
              const Tensor weights = tensor({{0., 1., 2., 4.}, {3., 0., 0., 1.}});
              return Tensors{multinomial(weights, 2), multinomial(weights, 9, true),
                             multinomial(weights[0], 3), randint_like(weights, -3, 9)};
            },
            0, "exact",
            {{"multinomial: needs 3 positive weights in each row, found 2",
              [] {
                multinomial(tensor({3., 0., 1.}), 3);
              }},
             {"multinomial: weights must be finite and not negative, got -1",
              [] {
                multinomial(tensor({3., -1.}), 1);
              }},
             {"multinomial: expected weights [C] or [N, C], got shape []",
              [] { multinomial(ones({}), 1); }},
             {"multinomial: the number of samples must be positive, got 0",
              [] { multinomial(ones({2}), 0); }}}),
  };
}

}  // namespace op_table
