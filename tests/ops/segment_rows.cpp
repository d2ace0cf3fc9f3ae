// SPDX-License-Identifier: MIT
// Rows of the table: segments and bags of different lengths.
#include "op_table.h"

namespace op_table {
namespace {

Row segments(const char* name, ScatterReduce reduce, double ulps) {
  return {.name = name,
          .call =
              [reduce](const Tensors& in) {
                const Tensor lengths = tensor({2, 1, 3}).to(in[0].device());
                return Tensors{segment_reduce(in[0], reduce, lengths)};
              },
          .inputs = {{{6, 2}, Kind::distinct}},
          .ulps = ulps,
          .reason = ulps > 0 ? "reductions of up to 3 values" : "exact",
          .no_golden = by_opinfo,
          .bad = {{with_marks("segment_reduce: the lengths sum to 3, but x has [4, 2]", {49}),
                   [] {
                     segment_reduce(ones({4, 2}), ScatterReduce::sum, tensor({1, 2}));
                   }},
                  {"segment_reduce: expected integer indices, got float32; convert with to(int64)",
                   [] { segment_reduce(ones({4}), ScatterReduce::sum, ones({2})); }}}};
}

Row bags(const char* name, std::function<Tensor(const Tensors&)> f, std::vector<Input> inputs) {
  return {
      .name = name,
      .call = [f](const Tensors& in) { return f(in); },
      .inputs = std::move(inputs),
      .ulps = 8,
      .reason = "sums of a few products",
      .no_golden = by_opinfo,
      .bad = {{"embedding_bag: expected weight [V, D] and index [B, N], or index [n] and offsets "
               "[B], got [4, 2] and [3]",
               [] {
                 embedding_bag(tensor({0, 1, 2}), ones({4, 2}));
               }},
              {"embedding_bag: per_sample_weights are for sums", [] {
                 embedding_bag(tensor({{0, 1}}), ones({4, 2}), {},
                               {.per_sample_weights = ones({1, 2})});
               }}}};
}

}  // namespace

std::vector<Row> segment_rows() {
  return {
      segments("segment_reduce", ScatterReduce::sum, 4),
      segments("segment_reduce_mean", ScatterReduce::mean, 4),
      segments("segment_reduce_max", ScatterReduce::amax, 0),
      bags("embedding_bag", [](const Tensors& in) { return embedding_bag(in[0], in[1]); },
           {{{3, 2}, Kind::index, 5}, {{5, 4}}}),
      bags("embedding_bag_sum",
           [](const Tensors& in) {
             return embedding_bag(
                 in[0], in[1], {},
                 {.mode = ScatterReduce::sum, .per_sample_weights = in[2], .padding_idx = 1});
           },
           {{{3, 2}, Kind::index, 5}, {{5, 4}}, {{3, 2}}}),
      bags("embedding_bag_offsets",
           [](const Tensors& in) {
             const Tensor offsets = tensor({0, 2, 2}).to(in[0].device());
             return embedding_bag(in[0], in[1], offsets, {.mode = ScatterReduce::amax});
           },
           {{{6}, Kind::index, 5}, {{5, 4}, Kind::distinct}}),
  };
}

}  // namespace op_table
