// SPDX-License-Identifier: MIT
// Rows: reading and writing by index.
#include "op_table.h"

namespace op_table {
namespace {

Tensor indices(const Shape& shape, std::int64_t value) {
  return full(shape, value, {.dtype = int64});
}

Row scatter_row(const char* op, const char* name, Tensor (*f)(In, int, In, In), int dim, Shape x,
                Shape index, double ulps, unsigned dtypes, std::vector<Shapes> also) {
  const std::string n = op;
  return {
      .name = name,
      .call = [f, dim](const Tensors& in) { return f(in[0], dim, in[1], in[2]); },
      .inputs = {{x}, {index, Kind::index, x[dim]}, {index}},
      .ulps = ulps,
      .reason = ulps > 0 ? "sums of few numbers" : "exact",
      .dtypes = dtypes,
      .also = std::move(also),
      .large = {{200, 130}, {200, 130}, {200, 130}},
      .bad = {{n + ": index 3 at position 0 is not in [0, 3)",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, 3), ones({2, 1}));
               }},
              {n + ": index -1 at position 0 is not in [0, 3)",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, -1), ones({2, 1}));
               }},
              {n + ": index 9223372036854775807 at position 0 is not in [0, 3)",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, INT64_MAX), ones({2, 1}));
               }},
              {n + ": dimension 2 is not in [-2, 2) for shape [2, 3]",
               [f] {
                 f(ones({2, 3}), 2, indices({2, 1}, 0), ones({2, 1}));
               }},
              {n + ": x and index have different ranks: [2, 3] and [2]",
               [f] {
                 f(ones({2, 3}), 1, indices({2}, 0), ones({2}));
               }},
              {with_marks(n + ": along dimension 0 index is larger than x: [3, 1] and [2, 3]",
                          {int(n.size()) + 45, int(n.size()) + 56}),
               [f] {
                 f(ones({2, 3}), 1, indices({3, 1}, 0), ones({3, 1}));
               }},
              {with_marks(n + ": along dimension 1 index is larger than source: [2, 2] and [2, 1]",
                          {int(n.size()) + 53, int(n.size()) + 64}),
               [f] {
                 f(ones({2, 3}), 1, indices({2, 2}, 0), ones({2, 1}));
               }},
              {n + ": x is float32, source float64; convert one with to()",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, 0), ones({2, 1}, {.dtype = float64}));
               }},
              {n + ": expected integer indices, got float32; convert with to(int64)", [f] {
                 f(ones({2, 3}), 1, ones({2, 1}), ones({2, 1}));
               }}}};
}

/// index_add, index_copy or index_fill.
Row slices_row(const char* op, Tensor (*f)(In, int, In, In), double ulps, unsigned dtypes) {
  const std::string n = op;
  return {.name = op,
          .call = [f](const Tensors& in) { return f(in[0], 1, in[1], in[2]); },
          .inputs = {{{2, 3, 2}}, {{5}, Kind::index, 3}, {{2, 5, 2}}},
          .ulps = ulps,
          .reason = ulps > 0 ? "sums of few numbers" : "exact",
          .dtypes = dtypes,
          .also = {{{2, 3}, {2}, {2, 2}}, {{2, 3}, {0}, {2, 0}}, {{2, 3}, {}, {2, 1}}},
          .large = {{200, 130}, {300}, {200, 300}},
          .bad = {{n + ": index 3 at position 1 is not in [0, 3)",
                   [f] {
                     f(ones({2, 3}), 1, tensor({0, 3}), ones({2, 2}));
                   }},
                  {n + ": dimension 2 is not in [-2, 2) for shape [2, 3]",
                   [f] {
                     f(ones({2, 3}), 2, indices({2}, 0), ones({2, 2}));
                   }},
                  {n + ": expected an index of shape [K], got [2, 1]",
                   [f] {
                     f(ones({2, 3}), 1, indices({2, 1}, 0), ones({2, 2}));
                   }},
                  {n + ": expected a source of shape [2, 2], got [2, 3]",
                   [f] {
                     f(ones({2, 3}), 1, indices({2}, 0), ones({2, 3}));
                   }},
                  {n + ": x is float32, source float64; convert one with to()",
                   [f] {
                     f(ones({2, 3}), 1, indices({2}, 0), ones({2, 2}, {.dtype = float64}));
                   }},
                  {n + ": expected integer indices, got float32; convert with to(int64)", [f] {
                     f(ones({2, 3}), 1, ones({2}), ones({2, 2}));
                   }}}};
}

void of_slices(std::vector<Row>& rows) {
  rows.push_back(slices_row(
      "index_add",
      [](In x, int dim, In i, In s) {
        return index_add({*x, x.location}, dim, *i, *s);
      },
      8, numbers));
  rows.push_back(slices_row(
      "index_add_scaled",
      [](In x, int dim, In i, In s) {
        return index_add({*x, x.location}, dim, *i, *s, -2);
      },
      8, numbers));
  for (auto& bad : rows.back().bad) bad.message.erase(9, 7);  // "_scaled"
  rows.push_back(slices_row("index_copy", index_copy, 0, any_dtype));
  rows.push_back(
      {.name = "index_fill",
       .call =
           [](const Tensors& in) {
             return Tensors{index_fill(in[0], 1, in[1], 3), index_fill(in[0], -1, in[1], in[2])};
           },
       .inputs = {{{2, 3, 3}}, {{5}, Kind::index, 3}, {{}}},
       .dtypes = any_dtype,
       .also = {{{2, 3}, {1}, {}}, {{3, 3}, {}, {}}, {{2, 3}, {0}, {}}},
       .bad = {{"index_fill: index 3 at position 1 is not in [0, 3)",
                [] {
                  index_fill(ones({2, 3}), 1, tensor({0, 3}), 1);
                }},
               {"index_fill: dimension 2 is not in [-2, 2) for shape [2, 3]",
                [] {
                  index_fill(ones({2, 3}), 2, indices({2}, 0), 1);
                }},
               {"index_fill: expected a 0-d value, got shape [1]; use index_copy", [] {
                  index_fill(ones({2, 3}), 1, indices({2}, 0), ones({1}));
                }}}});
}

/// The two forms of a reduction: with the elements of x, and without.
using Reduction = Tensor (*)(In x, int dim, In index, In source, ScatterReduce how, bool self);

/// Means of integers are rounded down; the check of dtypes expects them of reals.
unsigned dtypes_of(ScatterReduce how) {
  if (how == ScatterReduce::mean) return floats;
  return how == ScatterReduce::sum ? numbers : everything;
}
Row reduction_row(const std::string& op, const char* suffix, Reduction f, ScatterReduce how,
                  const Shapes& shapes) {
  const bool is_exact = how == ScatterReduce::amax || how == ScatterReduce::amin;
  return {.name = op + suffix,
          .call =
              [=](const Tensors& in) {
                return Tensors{f(in[0], 1, in[1], in[2], how, true),
                               f(in[0], 1, in[1], in[2], how, false)};
              },
          .inputs = {{shapes[0], Kind::distinct},
                     {shapes[1], Kind::index, 3},
                     {shapes[2], Kind::distinct}},
          .ulps = is_exact ? 0. : 8,
          .reason = is_exact ? "exact" : "sums and products of few numbers",
          .dtypes = dtypes_of(how),
          .bad = {{op + ": index 3 at position 1 is not in [0, 3)",
                   [=] {
                     f(ones({3}), 0, tensor({0, 3}), ones({2}), how, true);
                   }},
                  {op + ": dimension 1 is not in [-1, 1) for shape [3]",
                   [=] {
                     f(ones({3}), 1, tensor({0, 1}), ones({2}), how, true);
                   }},
                  {op + ": x is float32, source float64; convert one with to()",
                   [=] {
                     const Tensor source = ones({2}, {.dtype = float64});
                     f(ones({3}), 0, tensor({0, 1}), source, how, true);
                   }},
                  {op + ": int8 is a storage dtype; convert with .to(int32)",
                   [=] {
                     const Tensor x = ones({2}, {.dtype = int8});
                     f(x, 0, tensor({0, 1}), x, how, true);
                   }},
                  {op + ": expected integer indices, got float32; convert with to(int64)",
                   [=] { f(ones({3}), 0, ones({2}), ones({2}), how, true); }}}};
}

Row scatter_reduction_row(const char* suffix, ScatterReduce how) {
  Row row = reduction_row("scatter_reduce", suffix, scatter_reduce, how, {{2, 3}, {2, 7}, {2, 7}});
  row.also = {
      {{2, 3}, {1, 3}, {2, 4}}, {{2, 3}, {2, 0}, {2, 0}}, {{3, 3, 2}, {2, 9, 1}, {2, 10, 2}}};
  row.bad.push_back({"scatter_reduce: x and index have different ranks: [2, 3] and [2]", [how] {
                       scatter_reduce(ones({2, 3}), 1, tensor({0, 1}), ones({2}), how);
                     }});
  row.bad.push_back({"scatter_reduce: bool cannot be added; convert with to(int64)", [] {
                       const Tensor x = ones({1}, {.dtype = boolean});
                       scatter_reduce(x, 0, tensor({0}), x, ScatterReduce::mean);
                     }});
  return row;
}

Row index_reduction_row(const char* suffix, ScatterReduce how) {
  Row row = reduction_row("index_reduce", suffix, index_reduce, how, {{2, 3, 2}, {5}, {2, 5, 2}});
  row.also = {{{2, 3}, {2}, {2, 2}}, {{2, 3}, {0}, {2, 0}}, {{2, 3}, {}, {2, 1}}};
  row.bad.push_back({"index_reduce: expected a source of shape [2, 2], got [2, 3]", [how] {
                       index_reduce(ones({2, 3}), 1, tensor({0, 1}), ones({2, 3}), how);
                     }});
  row.bad.push_back({"index_reduce: expected a source of shape [2], got [3]", [how] {
                       index_reduce(ones({}), 0, tensor({0, 0}), ones({3}), how);
                     }});
  row.bad.push_back({"index_reduce: sums are those of index_add; use it", [] {
                       index_reduce(ones({3}), 0, tensor({0}), ones({1}), ScatterReduce::sum);
                     }});
  return row;
}

void of_reductions(std::vector<Row>& rows) {
  using enum ScatterReduce;
  const std::pair<const char*, ScatterReduce> ways[] = {
      {"_sum", sum}, {"_prod", prod}, {"_mean", mean}, {"_amax", amax}, {"_amin", amin}};
  for (const auto& [suffix, how] : ways) {
    rows.push_back(scatter_reduction_row(suffix, how));
    if (how != sum) rows.push_back(index_reduction_row(suffix, how));
  }
}

void of_elements(std::vector<Row>& rows) {
  rows.push_back(
      {.name = "take_along_dim",
       .call =
           [](const Tensors& in) {
             return Tensors{take_along_dim(in[0], in[1], 1), take_along_dim(in[0], in[1])};
           },
       .inputs = {{{2, 3, 1}}, {{2, 5, 2}, Kind::index, 3}},
       .dtypes = any_dtype,
       .also = {{{3, 3}, {1, 2}}, {{1, 3}, {2, 0}}},
       .bad = {
           {"take_along_dim: index 3 at position 1 is not in [0, 3)",
            [] {
              take_along_dim(ones({2, 3}), tensor({{0, 3}}), 1);
            }},
           {"take_along_dim: x and index have different ranks: [2, 3] and [2]",
            [] {
              take_along_dim(ones({2, 3}), indices({2}, 0), 1);
            }},
           {with_marks("take_along_dim: cannot broadcast shapes [2, 1] and [3, 1]", {41, 52}), [] {
              take_along_dim(ones({2, 3}), indices({3, 2}, 0), 1);
            }}}});
  rows.push_back(
      {.name = "take",
       .call =
           [](const Tensors& in) {
             return Tensors{take(in[0], in[1]), take(in[0], in[1] - in[0].numel())};
           },
       .inputs = {{{2, 3}}, {{2, 2}, Kind::index, 6}},
       .dtypes = any_dtype,
       .also = {{{7}, {}}, {{6}, {0, 2}}},
       .bad = {{"take: index 6 at position 1 is not in [0, 6)",
                [] {
                  take(ones({2, 3}), tensor({-6, 6}));
                }},
               {"take: index -7 at position 0 is not in [0, 6)",
                [] {
                  take(ones({2, 3}), tensor({-7, 6}));
                }},
               {"take: expected integer indices, got float32; convert with to(int64)", [] {
                  take(ones({2, 3}), ones({2}));
                }}}});
  const auto put_row = [&](const char* name, bool accumulate) {
    rows.push_back({.name = name,
                    .call =
                        [=](const Tensors& in) {
                          return Tensors{put(in[0], in[1], in[2], accumulate),
                                         put(in[0], in[1] - in[0].numel(), in[2], accumulate)};
                        },
                    .inputs = {{{2, 3}}, {{2, 4}, Kind::index, 6}, {{4, 2}}},
                    .ulps = accumulate ? 8. : 0,
                    .reason = accumulate ? "sums of few numbers" : "exact",
                    .dtypes = accumulate ? unsigned(numbers) : any_dtype,
                    .also = {{{7}, {}, {1}}, {{6}, {0, 2}, {0}}},
                    .bad = {{"put: index 6 at position 1 is not in [0, 6)",
                             [=] {
                               put(ones({2, 3}), tensor({0, 6}), ones({2}), accumulate);
                             }},
                            {"put: expected a value for each index, got [3] for [2]",
                             [=] {
                               put(ones({2, 3}), tensor({0, 1}), ones({3}), accumulate);
                             }},
                            {"put: x is float32, source int64; convert one with to()", [=] {
                               put(ones({2, 3}), tensor({0, 1}), tensor({3, 4}), accumulate);
                             }}}});
  };
  put_row("put", false), put_row("put_accumulated", true);
}

void by_several_indices(std::vector<Row>& rows) {
  const auto add = [&](const char* name, bool accumulate) {
    rows.push_back(
        {.name = name,
         .call =
             [=](const Tensors& in) {
               const Tensor &x = in[0], &i = in[1], &k = in[2], &values = in[3];
               return Tensors{index_put(x, {i, k}, values, accumulate),
                              index_put(x, {i - 3}, select(flatten(values), 0, 0), accumulate)};
             },
         .inputs = {{{3, 3, 2}}, {{4, 1}, Kind::index, 3}, {{5}, Kind::index, 3}, {{2}}},
         .ulps = accumulate ? 8. : 0,
         .reason = accumulate ? "sums of few numbers" : "exact",
         .dtypes = accumulate ? unsigned(numbers) : any_dtype,
         .also = {{{3, 3}, {2}, {2, 2}, {2, 2}},
                  {{3, 3}, {}, {}, {}},
                  {{3, 3, 1}, {0, 1}, {3}, {1}}},
         .bad = {{"index_put: index 3 at position 1 is not in [0, 3)",
                  [=] {
                    index_put(ones({3, 3}), {tensor({0, 3})}, ones({}), accumulate);
                  }},
                 {"index_put: index -4 at position 0 is not in [0, 3)",
                  [=] {
                    index_put(ones({3, 3}), {tensor({0}), tensor({-4})}, ones({}), accumulate);
                  }},
                 {"index_put: expected at least one index",
                  [=] { index_put(ones({3}), {}, ones({}), accumulate); }},
                 {"index_put: more indices than dimensions of [3]",
                  [=] {
                    index_put(ones({3}), {tensor({0}), tensor({0})}, ones({}), accumulate);
                  }},
                 {with_marks("index_put: a mask of shape [2] for dimension 0 of [3, 2]", {51}),
                  [=] {
                    index_put(ones({3, 2}), {ones({2}, {.dtype = boolean})}, ones({}), accumulate);
                  }},
                 {"index_put: x is float32, source float64; convert one with to()", [=] {
                    index_put(ones({3}), {tensor({0})}, ones({}, {.dtype = float64}), accumulate);
                  }}}});
  };
  add("index_put", false), add("index_put_accumulated", true);
  rows.push_back({.name = "index_put_mask",
                  .call = [](const Tensors& in) { return index_put(in[0], {in[1]}, in[2]); },
                  .inputs = {{{2, 3, 2}}, {{2, 3}, Kind::boolean}, {{2}}},
                  .dtypes = any_dtype,
                  .also = {{{2, 3}, {2}, {3}}, {{2, 3}, {2, 3}, {}}},
                  .bad = {{"index_put: more indices than dimensions of [3]", [] {
                             index_put(ones({3}), {ones({3, 1}, {.dtype = boolean})}, ones({}));
                           }}}});
}

void of_views(std::vector<Row>& rows) {
  const auto add = [&](const char* name, Tensor (*f)(In, In), Shape source,
                       std::vector<BadCall> bad) {
    rows.push_back({.name = name,
                    .call = [f](const Tensors& in) { return f(in[0], in[1]); },
                    .inputs = {{{3, 4}}, {source}},
                    .dtypes = any_dtype,
                    .bad = std::move(bad)});
  };
  add("select_scatter",
      [](In x, In source) {
        return select_scatter({*x, x.location}, *source, 1, -2);
      },
      {3},
      {{"select_scatter: source has shape [4], expected [3]",
        [] {
          select_scatter(ones({3, 4}), ones({4}), 1, 0);
        }},
       {"select_scatter: x is float32, source int64; convert one with to()",
        [] {
          select_scatter(ones({3, 4}), tensor({1, 2, 3}), 1, 0);
        }},
       {with_marks("select: index 4 is not in [-4, 4) of dimension 1 of [3, 4]", {56}), [] {
          select_scatter(ones({3, 4}), ones({3}), 1, 4);
        }}});
  add("slice_scatter",
      [](In x, In source) {
        return slice_scatter({*x, x.location}, *source, 1, 1, 4, 2);
      },
      {3, 2}, {{"slice_scatter: source has shape [3], expected [3, 4]", [] {
                  slice_scatter(ones({3, 4}), ones({3}));
                }}});
  add("diagonal_scatter",
      [](In x, In source) {
        return diagonal_scatter({*x, x.location}, *source, 1);
      },
      {3}, {{"diagonal_scatter: source has shape [4], expected [3]", [] {
               diagonal_scatter(ones({3, 4}), ones({4}));
             }}});
}

}  // namespace

std::vector<Row> index_rows() {
  std::vector<Row>
      rows =
          {
              {.name = "gather",
               .call = [](const Tensors& in) { return gather(in[0], 1, in[1]); },
               .inputs = {{{2, 3, 2}}, {{2, 5, 2}, Kind::index, 3}},
               .ulps = 0,
               .dtypes = any_dtype,
               .also = {{{3, 3}, {2, 3}}, {{2, 3}, {2, 0}}, {{2, 3}, {0, 1}}, {{2, 3}, {1, 1}}},
               .large = {{200, 130}, {200, 300}},
               .bad = {{"gather: index 3 at position 0 is not in [0, 3)",
                        [] {
                          gather(ones({2, 3}), 1, indices({2, 1}, 3));
                        }},
                       {"gather: index -1 at position 0 is not in [0, 3)",
                        [] {
                          gather(ones({2, 3}), 1, indices({2, 1}, -1));
                        }},
                       {"gather: index -9223372036854775808 at position 0 is not in [0, 3)",
                        [] {
                          gather(ones({2, 3}), 1, indices({2, 1}, INT64_MIN));
                        }},
                       {"gather: dimension 2 is not in [-2, 2) for shape [2, 3]",
                        [] {
                          gather(ones({2, 3}), 2, indices({2, 1}, 0));
                        }},
                       {with_marks(
                            "gather: along dimension 0 index is larger than x: [3, 1] and [2, 3]",
                            {51, 62}),
                        [] {
                          gather(ones({2, 3}), 1, indices({3, 1}, 0));
                        }},
                       {"gather: x and index have different ranks: [2, 3] and [2]",
                        [] {
                          gather(ones({2, 3}), 1, indices({2}, 0));
                        }},
                       {"gather: expected integer indices, got float32; convert with to(int64)",
                        [] {
                          gather(ones({2, 3}), 1, ones({2, 1}));
                        }}}},
              {.name = "gather_first",
               .call = [](const Tensors& in) { return gather(in[0], 0, in[1]); },
               .inputs = {{{4}}, {{6}, Kind::index, 4}},
               .dtypes = any_dtype,
               .also = {{{4, 2}, {3, 2}}, {{4}, {0}}},
               .bad = {{"gather: index 0 at position 0 is not in [0, 0)",
                        [] { gather(zeros({0}), 0, indices({2}, 0)); }}}},
              scatter_row("scatter", "scatter", scatter, 1, {2, 3}, {2, 2}, 0, any_dtype,
                          {{{2, 3}, {1, 3}, {1, 3}}, {{2, 3}, {2, 0}, {2, 0}}}),
              scatter_row("scatter", "scatter_repeated", scatter, 1, {2, 3}, {2, 7}, 0, any_dtype,
                          {{{2, 3}, {2, 7}, {3, 8}}}),
              scatter_row("scatter", "scatter_first", scatter, 0, {3, 2}, {4, 2}, 0, any_dtype,
                          {{{3}, {5}, {5}}}),
              scatter_row("scatter_add", "scatter_add", scatter_add, 1, {2, 3}, {2, 7}, 8, numbers,
                          {{{2, 3}, {1, 3}, {1, 3}}, {{2, 3}, {2, 0}, {2, 0}}}),
              scatter_row("scatter_add", "scatter_add_first", scatter_add, 0, {3, 2}, {4, 2}, 8,
                          numbers, {{{3}, {5}, {5}}, {{3, 2}, {4, 1}, {5, 2}}}),
              {.name = "index_select",
               .call = [](const Tensors& in) { return index_select(in[0], 1, in[1]); },
               .inputs = {{{2, 3, 2}}, {{5}, Kind::index, 3}},
               .dtypes = any_dtype,
               .also = {{{2, 3}, {2}}, {{2, 3}, {0}}, {{0, 3}, {2}}},
               .large = {{200, 130}, {300}},
               .bad =
                   {{"index_select: index 3 at position 0 is not in [0, 3)",
                     [] {
                       index_select(ones({2, 3}), 1, indices({2}, 3));
                     }},
                    {"index_select: index 7 at position 2 is not in [0, 3)",
                     [] {
                       index_select(ones({3, 5}), 0, tensor({0, 1, 7}));
                     }},
                    {"index_select: expected an index of shape [K], got [2, 1]; use gather, or "
                     "embedding "
                     "for rows by any index",
                     [] {
                       index_select(ones({2, 3}), 1, indices({2, 1}, 0));
                     }},
                    {"index_select: dimension 2 is not in [-2, 2) for shape [2, 3]",
                     [] {
                       index_select(ones({2, 3}), 2, indices({2}, 0));
                     }},
                    {"index_select: a 0-d tensor has no slices",
                     [] { index_select(ones({}), 0, indices({1}, 0)); }},
                    {"index_select: expected integer indices, got float32; convert with to(int64)",
                     [] {
                       index_select(ones({2, 3}), 1, ones({2}));
                     }}}},
              {.name = "one_hot",
               .call = [](const Tensors& in) { return one_hot(in[0], 4); },
               .inputs = {{{2, 3}, Kind::index, 4}},
               .also = {{{}}, {{0}}},
               .large = {{300, 70}},
               .differentiable = false,
               .bad = {{"one_hot: index 4 at position 0 is not in [0, 4)",
                        [] { one_hot(indices({2}, 4), 4); }},
                       {"one_hot: classes must be positive, or -1 for the largest index + 1; "
                        "got 0",
                        [] { one_hot(indices({2}, 0), 0); }},
                       {"one_hot: classes must be positive, or -1 for the largest index + 1; "
                        "got -2",
                        [] { one_hot(indices({2}, 0), -2); }},
                       {"one_hot: the number of classes cannot be inferred from an empty "
                        "index; pass it",
                        [] { one_hot(indices({0}, 0)); }},
                       {"one_hot: the largest index is -1, which is not a class",
                        [] { one_hot(indices({2}, -1)); }},
                       {"one_hot: expected integer indices, got float32; convert with to(int64)",
                        [] { one_hot(ones({2})); }}}},
              {.name = "one_hot_counted",
               .call = [](const Tensors& in) { return one_hot(in[0]); },
               .inputs = {{{5}, Kind::index, 4}},
               .differentiable = false,
               .bad = {{"one_hot: the largest index is 9223372036854775807, which is not a class",
                        [] { one_hot(indices({2}, INT64_MAX)); }}}},
              {.name = "embedding",
               .call = [](const Tensors& in) { return embedding(in[0], in[1]); },
               .inputs = {{{2, 3}, Kind::index, 4}, {{4, 2}}},
               .dtypes = any_dtype,
               .also = {{{}, {4, 2}}, {{0}, {4, 2}}, {{5}, {4, 1}}, {{2}, {4, 0}}},
               .large = {{300, 7}, {4, 50}},
               .bad = {{"embedding: index 4 at position 0 is not in [0, 4)",
                        [] { embedding(indices({2}, 4), ones({4, 2})); }},
                       {"embedding: index 9 at position 3 is not in [0, 4)",
                        [] { embedding(tensor({{0, 1}, {2, 9}}), ones({4, 3})); }},
                       {"embedding: expected a weight of shape [num_embeddings, "
                        "embedding_dim], got [4]",
                        [] { embedding(indices({2}, 0), ones({4})); }},
                       {"embedding: expected integer indices, got float32; convert with to(int64)",
                        [] {
                          embedding(ones({2}), ones({4, 2}));
                        }}}},
          };
  of_slices(rows);
  of_reductions(rows);
  of_elements(rows);
  by_several_indices(rows);
  of_views(rows);
  return rows;
}

}  // namespace op_table
