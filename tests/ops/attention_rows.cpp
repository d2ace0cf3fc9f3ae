// SPDX-License-Identifier: MIT
// Rows: attention and rotary embeddings.
#include "op_table.h"

namespace op_table {
namespace {

Row attention(const char* name, std::vector<Input> inputs, const AttentionOptions& options,
              Shapes large = {}, std::vector<Shapes> also = {}, std::vector<BadCall> bad = {}) {
  bad.push_back(
      {"scaled_dot_product_attention: expected q [..., L, E], k [..., S, E] and v [..., S, "
       "Ev], got [4], [5, 4] and [5, 4]",
       [options] {
         scaled_dot_product_attention(ones({4}), ones({5, 4}), ones({5, 4}), {}, options);
       }});
  return {.name = name,
          .call =
              [options](const Tensors& in) {
                return scaled_dot_product_attention(in[0], in[1], in[2],
                                                    in.size() > 3 ? in[3] : Tensor(), options);
              },
          .inputs = std::move(inputs),
          .ulps = 32,
          .reason = "a softmax between two products",
          .also = std::move(also),
          .large = std::move(large),
          .no_golden = by_opinfo,
          .bad = std::move(bad)};
}
/// Query i sees the keys from 3 i on: some no key, some none of the first tiles.
Row attention_to_later_keys() {
  Row row = attention("attention_later_keys", {{{2, 3, 4}}, {{2, 5, 4}}, {{2, 5, 2}}}, {},
                      {{3, 110, 4}, {3, 330, 4}, {3, 330, 2}});
  row.call = [](const Tensors& in) {
    const Tensor mask = unsqueeze(arange(in[0].shape()[-2]) * 3, 1) <= arange(in[1].shape()[-2]);
    return scaled_dot_product_attention(in[0], in[1], in[2], mask);
  };
  return row;
}

Row rotary(const char* name, const RotaryOptions& options) {
  return {.name = name,
          .call = [options](const Tensors& in) { return rotary_embedding(in[0], options); },
          .inputs = {{{2, 3, 4}}},
          .ulps = 8,
          .reason = "two products and a sum",
          .also = {{{3, 2}}, {{0, 4}}},
          .no_golden = "PyTorch has no such op; core/attention_test computes it otherwise",
          .bad = {{"rotary_embedding: expected x [..., L, E] with an even E, got [2, 3]", [] {
                     rotary_embedding(ones({2, 3}));
                   }}}};
}

}  // namespace

std::vector<Row> attention_rows() {
  return {
      attention(
          "attention", {{{2, 3, 4}}, {{2, 5, 4}}, {{2, 5, 2}}}, {},
          {{2, 70, 4}, {2, 83, 4}, {2, 83, 2}},
          {{{3, 4}, {2, 4}, {2, 2}},
           {{0, 4}, {2, 4}, {2, 3}},
           {{3, 4}, {2, 4}, {2, 0}},
           {{2, 0, 3, 4}, {2, 0, 5, 4}, {2, 0, 5, 2}}},
          {{with_marks("scaled_dot_product_attention: q and k have different features: [3, 4] "
                       "and [5, 2]",
                       {67, 78}),
            [] {
              scaled_dot_product_attention(ones({3, 4}), ones({5, 2}), ones({5, 2}));
            }},
           {with_marks("scaled_dot_product_attention: k and v have different lengths: [5, 4] "
                       "and [6, 4]",
                       {63, 74}),
            [] {
              scaled_dot_product_attention(ones({3, 4}), ones({5, 4}), ones({6, 4}));
            }},
           {"scaled_dot_product_attention: is_causal makes a mask; no other may be given",
            [] {
              scaled_dot_product_attention(ones({3, 4}), ones({5, 4}), ones({5, 4}), ones({3, 5}),
                                           {.is_causal = true});
            }},
           {"scaled_dot_product_attention: q is float32, k float64, v float32; convert with "
            "to()",
            [] {
              scaled_dot_product_attention(ones({3, 4}), ones({5, 4}, {.dtype = float64}),
                                           ones({5, 4}));
            }}}),
      attention("attention_causal", {{{2, 4, 4}}, {{2, 4, 4}}, {{2, 4, 4}}}, {.is_causal = true},
                {{2, 70, 4}, {2, 83, 4}, {2, 83, 4}},
                {{{2, 5, 4}, {2, 3, 4}, {2, 3, 4}}, {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}}}),
      attention("attention_mask", {{{2, 3, 4}}, {{2, 5, 4}}, {{2, 5, 2}}, {{3, 5}, Kind::boolean}},
                {.scale = 0.5}, {{1, 70, 130}, {1, 83, 130}, {1, 83, 70}, {70, 83}}),
      attention("attention_bias", {{{2, 3, 4}}, {{2, 5, 4}}, {{2, 5, 2}}, {{3, 5}}}, {},
                {{2, 70, 4}, {2, 83, 4}, {2, 83, 2}, {70, 83}}),
      attention_to_later_keys(),
      attention("attention_groups", {{{4, 3, 4}}, {{2, 5, 4}}, {{2, 5, 2}}}, {.enable_gqa = true},
                {{4, 40, 128}, {2, 70, 128}, {2, 70, 64}}, {},
                {{with_marks("scaled_dot_product_attention: the heads of [3, 3, 2] do not divide "
                             "q's 4",
                             {44}),
                  [] {
                    scaled_dot_product_attention(ones({4, 3, 2}), ones({3, 3, 2}), ones({3, 3, 2}),
                                                 {}, {.enable_gqa = true});
                  }}}),
      rotary("rotary_embedding", {.offset = 2}),
      rotary("rotary_embedding_interleaved", {.base = 100, .interleaved = true}),
  };
}

}  // namespace op_table
