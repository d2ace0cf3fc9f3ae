// SPDX-License-Identifier: MIT
// Rows: normalization.
#include "op_table.h"

namespace op_table {
namespace {

constexpr const char* moments = "a mean and a variance, and a division by its root";

/// Training mode; w and b as far as inputs are given.
Row batch(const char* name, Shape x, int parameters, std::vector<Shapes> also, Shapes large) {
  Row row{
      .name = name,
      .call =
          [](const Tensors& in) {
            const BatchNormResult r = batch_norm(in[0], in.size() > 1 ? in[1] : Tensor(),
                                                 in.size() > 2 ? in[2] : Tensor());
            return Tensors{r.y, r.mean, r.var};
          },
      .inputs = {{x, Kind::distinct}},
      .ulps = 64,
      .reason = moments,
      .also = std::move(also),
      .large = std::move(large),
      .bad = {
          {"batch_norm: expected x of shape [N, C, ...], got [3]", [] { batch_norm(ones({3})); }},
          {with_marks("batch_norm: the weight has shape [2], x has 3 channels: [2, 3]", {60}),
           [] {
             batch_norm(ones({2, 3}), ones({2}));
           }},
          {with_marks("batch_norm: the bias has shape [3, 1], x has 3 channels: [2, 3]", {61}),
           [] {
             batch_norm(ones({2, 3}), ones({3}), ones({3, 1}));
           }},
          {"batch_norm: expected a floating dtype, got int64; convert with to(float32)", [] {
             batch_norm(ones({2, 3}, {.dtype = int64}));
           }}}};
  for (int i = 0; i < parameters; ++i) row.inputs.push_back({{x[1]}});
  return row;
}

Row layer(const char* name, Shape x, Shape over, int parameters, std::vector<Shapes> also,
          Shapes large) {
  Row row{
      .name = name,
      .call =
          [over](const Tensors& in) {
            const int rank = over.rank();
            Shape shape(in[0].shape().end() - rank, rank);
            return layer_norm(in[0], shape, in.size() > 1 ? in[1] : Tensor(),
                              in.size() > 2 ? in[2] : Tensor());
          },
      .inputs = {{x, Kind::distinct}},
      .ulps = 64,
      .reason = moments,
      .also = std::move(also),
      .large = std::move(large),
      .bad = {{with_marks("layer_norm: the last sizes of x must be the given shape: [2, 3] and [4]",
                          {61, 69}),
               [] {
                 layer_norm(ones({2, 3}), {4});
               }},
              {"layer_norm: expected the sizes of the last dimensions of x [2, 3], got []",
               [] {
                 layer_norm(ones({2, 3}), {});
               }},
              {"layer_norm: expected the sizes of the last dimensions of x [3], got [2, 3]",
               [] {
                 layer_norm(ones({3}), {2, 3});
               }},
              {"layer_norm: expected weight and bias of shape [3], got [2]",
               [] {
                 layer_norm(ones({2, 3}), {3}, ones({2}));
               }},
              {"layer_norm: expected weight and bias of shape [3], got [1]",
               [] {
                 layer_norm(ones({2, 3}), {3}, ones({3}), ones({1}));
               }},
              {"layer_norm: expected a floating dtype, got int64; convert with to(float32)", [] {
                 layer_norm(ones({2, 3}, {.dtype = int64}), {3});
               }}}};
  for (int i = 0; i < parameters; ++i) row.inputs.push_back({over});
  return row;
}

}  // namespace

std::vector<Row> norm_rows() {
  return {
      batch("batch_norm", {3, 2, 2, 2}, 2, {{{5, 2}, {2}, {2}}, {{4, 3, 2}, {3}, {3}}},
            {{8, 16, 28, 28}, {16}, {16}}),
      batch("batch_norm_plain", {3, 2, 2}, 0, {{{4, 2}}}, {{8, 16, 28, 28}}),
      batch("batch_norm_weight", {4, 2}, 1, {}, {{300, 16}, {16}}),
      {.name = "batch_norm_inference",
       .call =
           [](const Tensors& in) {
             return batch_norm_inference(in[0], in[1], in[2], in[3], in[4]);
           },
       .inputs = {{{2, 3, 2}}, {{3}}, {{3}, Kind::positive}, {{3}}, {{3}}},
       .ulps = 16,
       .reason = "a root, a division and few operations",
       .also = {{{2, 3}, {3}, {3}, {3}, {3}},
                {{0, 3}, {3}, {3}, {3}, {3}},
                {{1, 2, 2, 2}, {2}, {2}, {2}, {2}}},
       .large = {{8, 16, 28, 28}, {16}, {16}, {16}, {16}},
       .bad = {{with_marks("batch_norm_inference: the mean has shape [2], x has 3 channels: [2, 3]",
                           {68}),
                [] {
                  batch_norm_inference(ones({2, 3}), ones({2}), ones({3}), {}, {});
                }},
               {with_marks(
                    "batch_norm_inference: the variance has shape [2], x has 3 channels: [2, 3]",
                    {72}),
                [] {
                  batch_norm_inference(ones({2, 3}), ones({3}), ones({2}), {}, {});
                }},
               {with_marks(
                    "batch_norm_inference: the weight has shape [1], x has 3 channels: [2, 3]",
                    {70}),
                [] {
                  batch_norm_inference(ones({2, 3}), ones({3}), ones({3}), ones({1}), {});
                }},
               {"batch_norm_inference: expected x of shape [N, C, ...], got [3]",
                [] { batch_norm_inference(ones({3}), ones({3}), ones({3}), {}, {}); }}}},
      layer("layer_norm", {3, 5}, {5}, 2,
            {{{2, 2, 5}, {5}, {5}}, {{5}, {5}, {5}}, {{0, 5}, {5}, {5}}},
            {{300, 130}, {130}, {130}}),
      layer("layer_norm_dims", {2, 2, 3}, {2, 3}, 2, {}, {{70, 13, 40}, {13, 40}, {13, 40}}),
      layer("layer_norm_plain", {3, 5}, {5}, 0, {{{2, 2, 5}}}, {{300, 130}}),
      layer("layer_norm_weight", {3, 5}, {5}, 1, {}, {{300, 130}, {130}}),
      {.name = "group_norm",
       .call = [](const Tensors& in) { return group_norm(in[0], 2, in[1], in[2]); },
       .inputs = {{{2, 4, 3}, Kind::distinct}, {{4}}, {{4}}},
       .ulps = 64,
       .reason = moments,
       .also = {{{3, 4}, {4}, {4}}, {{2, 6, 2, 2}, {6}, {6}}, {{0, 4}, {4}, {4}}},
       .no_golden = by_opinfo,
       .bad = {{with_marks("group_norm: 2 groups do not divide the channels of x [2, 3]", {57}),
                [] {
                  group_norm(ones({2, 3}), 2);
                }},
               {"group_norm: expected samples that have elements, got shape [2, 3, 0]",
                [] {
                  group_norm(ones({2, 3, 0}), 3);
                }},
               {"group_norm: expected x of shape [N, C, ...], got [3]",
                [] { group_norm(ones({3}), 1); }}}},
      {.name = "instance_norm",
       .call = [](const Tensors& in) { return instance_norm(in[0], in[1], in[2]); },
       .inputs = {{{2, 3, 5}, Kind::distinct}, {{3}}, {{3}}},
       .ulps = 64,
       .reason = moments,
       .also = {{{1, 2, 3, 3}, {2}, {2}}},
       .no_golden = by_opinfo,
       .bad = {{"instance_norm: expected x of shape [N, C, ...], got [3]",
                [] { instance_norm(ones({3})); }}}},
      {.name = "rms_norm",
       .call = [](const Tensors& in) { return rms_norm(in[0], {in[0].shape()[-1]}, in[1], 1e-5); },
       .inputs = {{{3, 5}, Kind::distinct}, {{5}}},
       .ulps = 32,
       .reason = "a mean of squares, and a division by its root",
       .also = {{{5}, {5}}, {{0, 5}, {5}}, {{2, 2, 3}, {3}}},
       .large = {{300, 130}, {130}},
       .no_golden = by_opinfo,
       .bad = {{"rms_norm: expected weight and bias of shape [3], got [2]",
                [] {
                  rms_norm(ones({2, 3}), {3}, ones({2}));
                }},
               {"rms_norm: eps must not be negative, got -1",
                [] {
                  rms_norm(ones({2, 3}), {3}, {}, -1.0);
                }}}},
      {.name = "local_response_norm",
       .call = [](const Tensors& in) { return local_response_norm(in[0], 3, 0.5, 0.6, 2); },
       .inputs = {{{2, 4, 3}}},
       .ulps = 16,
       .reason = "a mean of squares, and a power",
       .also = {{{1, 2, 2, 2}}},
       .no_golden = by_opinfo,
       .bad = {{"local_response_norm: expected x of shape [N, C, L, ...], got [2, 3]",
                [] {
                  local_response_norm(ones({2, 3}), 2);
                }},
               {"local_response_norm: size must be positive, got 0",
                [] {
                  local_response_norm(ones({2, 3, 4}), 0);
                }}}},
      {.name = "normalize",
       .call = [](const Tensors& in) { return normalize(in[0]); },
       .inputs = {{{3, 4}}},
       .ulps = 16,
       .reason = "a root of a sum of squares, and a division",
       .also = {{{2, 2, 3}}},
       .no_golden = by_opinfo,
       .bad = {{"normalize: expected a floating dtype, got int64; convert with to(float32)",
                [] {
                  normalize(ones({2, 3}, {.dtype = int64}));
                }}}},
  };
}

}  // namespace op_table
