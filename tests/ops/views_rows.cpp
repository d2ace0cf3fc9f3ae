// SPDX-License-Identifier: MIT
// Rows: views, and copies in other dtypes and places. Moving elements is exact.
#include "core/check.h"
#include "op_table.h"

namespace op_table {

Row moved(const char* name, Shape x, std::function<Tensors(const Tensor&)> f,
          std::vector<BadCall> bad, std::vector<Shapes> also) {
  return {.name = name,
          .call = [f](const Tensors& in) { return f(in[0]); },
          .inputs = {{x}},
          .dtypes = any_dtype,
          .also = std::move(also),
          .bad = std::move(bad)};
}

namespace {

void copies(std::vector<Row>& rows) {
  const BadCall undefined = {std::string("tensor: an undefined tensor was used; ") + why_undefined,
                             [] { clone(Tensor()); }};
  rows.push_back(moved("clone", {2, 3, 4}, [](const Tensor& x) { return clone(x); }, {undefined},
                       {{{}}, {{0, 3}}, {{37}}}));
  rows.push_back(moved("contiguous", {2, 3, 4}, [](const Tensor& x) { return contiguous(x); },
                       {undefined}, {{{}}, {{0, 3}}, {{37}}}));
  rows.push_back(moved("contiguous_transposed", {2, 3, 4},
                       [](const Tensor& x) { return contiguous(x.transpose(0, 2)); }, {undefined},
                       {{{0, 3, 1}}}));
  rows.back().large = {{70, 3, 90}};
  rows.push_back(moved("to_float64", {2, 3, 4}, [](const Tensor& x) { return to(x, float64); },
                       {undefined}, {{{}}, {{0, 3}}, {{37}}}));
  rows.push_back(moved("to_integers", {2, 3, 4},
                       [](const Tensor& x) {
                         return Tensors{to(x, int64), to(x, int32), to(x, boolean)};
                       },
                       {undefined}, {{{}}, {{37}}}));
  rows.back().differentiable = false;
  rows.push_back(moved("to_storage", {2, 3, 4},
                       [](const Tensor& x) {
                         return Tensors{to(x, int8), to(x, int16), to(x, uint16), to(x, uint32)};
                       },
                       {undefined}, {{{}}, {{37}}}));
  rows.back().differentiable = false;
  rows.back().inputs = {{{2, 3, 4}, Kind::positive}};  // integers wrap, but reals saturate
  rows.back().no_golden = "PyTorch 1.13 has no uint16 and uint32";
  rows.push_back(moved("to_device", {2, 3, 4},
                       [](const Tensor& x) { return to(to(x, "cpu") * 1, x.device()); },
                       {{undefined.message, [] { to(Tensor(), "cpu"); }}}, {{{}}, {{0, 3}}}));
  rows.back().dtypes = numbers;
}

void shapes(std::vector<Row>& rows) {
  rows.push_back(moved(
      "reshape", {2, 3, 4},
      [](const Tensor& x) {
        return reshape(x, {4, -1});
      },
      {{"reshape: the -1 in [4, -1] cannot be inferred from the 6 elements of [2, 3]",
        [] {
          reshape(ones({2, 3}), {4, -1});
        }},
       {"reshape: [2, 3] has 6 elements, but [5] has 5",
        [] {
          reshape(ones({2, 3}), {5});
        }},
       {"reshape: only one size may be -1, got [-1, -1]",
        [] {
          reshape(ones({2, 3}), {-1, -1});
        }},
       {"reshape: the size -2 in [-2, 3] is negative; one size may be -1",
        [] {
          reshape(ones({2, 3}), {-2, 3});
        }},
       {"reshape: the -1 in [0, -1] cannot be inferred from the 0 elements of [0]",
        [] {
          reshape(ones({0}), {0, -1});
        }},
       {"reshape: the number of elements of [9223372036854775807, 4] does not fit into 63 bits",
        [] {
          reshape(ones({2}), {INT64_MAX, 4});
        }},
       {"shape: tensors have at most 8 dimensions; merge some with reshape",
        [] {
          reshape(ones({1}), {1, 1, 1, 1, 1, 1, 1, 1, 1});
        }}},
      {{{8}}, {{4, 0}}, {{2, 2, 1}}}));
  rows.push_back(
      moved("reshape_copies", {2, 3, 4},
            [](const Tensor& x) {
              return reshape(x.transpose(0, 2), {6, 4});
            },
            {{"reshape: [2] has 2 elements, but [3] has 3", [] { reshape(ones({2}), {3}); }}}));
  rows.push_back(moved("view", {2, 3, 4},
                       [](const Tensor& x) {
                         return view(contiguous(x), {6, 4});
                       },
                       {{"view: shape [3, 2] with strides [1, 3] cannot be viewed as [6] without a "
                         "copy; use reshape",
                         [] {
                           view(ones({2, 3}).t(), {6});
                         }},
                        {"view: [2, 3] has 6 elements, but [4] has 4", [] {
                           view(ones({2, 3}), {4});
                         }}}));
  rows.push_back(
      moved("flatten", {2, 3, 4},
            [](const Tensor& x) {
              return Tensors{flatten(x), flatten(x, 1), flatten(x, 0, 1), flatten(x, -2, -1)};
            },
            {{"flatten: dimension 1 comes after dimension 0 of shape [2, 3]",
              [] {
                flatten(ones({2, 3}), 1, 0);
              }},
             {"flatten: dimension 2 is not in [-2, 2) for shape [2, 3]",
              [] {
                flatten(ones({2, 3}), 2);
              }}},
            {{{2, 0, 1}}, {{3, 2}}}));
  rows.push_back(
      moved("flatten_number", {}, [](const Tensor& x) { return flatten(x); },
            {{"flatten: dimension 1 is not in [-1, 1) for shape []", [] { flatten(ones({}), 1); }}},
            {{{3}}}));
  rows.push_back(moved(
      "unflatten", {2, 6},
      [](const Tensor& x) {
        return unflatten(x, -1, {2, -1});
      },
      {{with_marks("unflatten: dimension 1 of [2, 6] does not split into [4, 2]", {30}),
        [] {
          unflatten(ones({2, 6}), 1, {4, 2});
        }},
       {with_marks("unflatten: dimension 1 of [2, 6] does not split into [-1, 4]", {30}),
        [] {
          unflatten(ones({2, 6}), 1, {-1, 4});
        }},
       {with_marks("unflatten: dimension 1 of [2, 6] does not split into [-1, -1]", {30}),
        [] {
          unflatten(ones({2, 6}), 1, {-1, -1});
        }},
       {"unflatten: a 0-d tensor has no dimension to split", [] { unflatten(ones({}), 0, {1}); }},
       {"unflatten: dimension 2 is not in [-2, 2) for shape [2, 6]",
        [] {
          unflatten(ones({2, 6}), 2, {6});
        }}},
      {{{6}}, {{0, 6}}}));
}

void orders(std::vector<Row>& rows) {
  rows.push_back(moved("transpose", {2, 3, 4}, [](const Tensor& x) { return transpose(x, 0, -1); },
                       {{"transpose: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           transpose(ones({2, 3}), 0, 2);
                         }}},
                       {{{2, 3}}, {{0, 3}}, {{3}}, {{}}}));
  rows.push_back(moved("permute", {2, 3, 4},
                       [](const Tensor& x) {
                         return permute(x, {2, 0, -2});
                       },
                       {{"permute: the order [0] has 1 dimensions, but shape [2, 3] has 2",
                         [] {
                           permute(ones({2, 3}), {0});
                         }},
                        {"permute: dimension 0 is named twice in [0, 0]",
                         [] {
                           permute(ones({2, 3}), {0, 0});
                         }},
                        {"permute: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           permute(ones({2, 3}), {0, 2});
                         }}},
                       {{{0, 1, 2}}}));
  rows.push_back(moved("squeeze", {2, 1, 3, 1}, [](const Tensor& x) { return squeeze(x); },
                       {{std::string("tensor: an undefined tensor was used; ") + why_undefined,
                         [] { squeeze(Tensor()); }}},
                       {{{}}, {{1}}, {{0, 1}}}));
  rows.push_back(moved("squeeze_dim", {2, 1, 3, 1},
                       [](const Tensor& x) {
                         return Tensors{squeeze(x, 1), squeeze(x, -1)};
                       },
                       {{"squeeze: dimension 2 is not in [-2, 2) for shape [2, 1]",
                         [] {
                           squeeze(ones({2, 1}), 2);
                         }}},
                       {{{2, 3}}, {{0, 1}}}));
  rows.push_back(moved("unsqueeze", {2, 3},
                       [](const Tensor& x) {
                         return Tensors{unsqueeze(x, 0), unsqueeze(x, -1), unsqueeze(x, 1)};
                       },
                       {{"unsqueeze: dimension 3 is not in [-3, 3) for shape [2, 3]",
                         [] {
                           unsqueeze(ones({2, 3}), 3);
                         }}},
                       {{{2}}, {{0, 2}}}));
  rows.push_back(
      moved("expand", {3, 1},
            [](const Tensor& x) {
              return expand(x, {2, -1, 4});
            },
            {{"expand: shape [2, 3] does not broadcast to [2, 4]; only sizes of 1 can be repeated",
              [] {
                expand(ones({2, 3}), {2, 4});
              }},
             {"expand: shape [3] has fewer dimensions than [2, 3]",
              [] {
                expand(ones({2, 3}), {3});
              }},
             {"expand: the size -1 in [-1, 2, 3] is negative; -1 keeps an existing size",
              [] {
                expand(ones({2, 3}), {-1, 2, 3});
              }},
             {"shape: the number of elements of [4611686018427387904, 4] does not fit into 63 bits",
              [] {
                expand(ones({1}), {std::int64_t(1) << 62, 4});
              },
              false}},
            {{{1, 1}}, {{0, 1}}, {{2, 4}}}));
}

void parts(std::vector<Row>& rows) {
  rows.push_back(moved(
      "select", {2, 3, 4},
      [](const Tensor& x) {
        return Tensors{select(x, 1, 2), select(x, -1, -1)};
      },
      {{with_marks("select: index 3 is not in [-3, 3) of dimension 1 of [2, 3]", {56}),
        [] {
          select(ones({2, 3}), 1, 3);
        }},
       {with_marks("select: index -4 is not in [-3, 3) of dimension 1 of [2, 3]", {57}),
        [] {
          select(ones({2, 3}), 1, -4);
        }},
       {with_marks("select: index -9223372036854775808 is not in [-3, 3) of dimension 1 of [2, 3]",
                   {75}),
        [] {
          select(ones({2, 3}), 1, INT64_MIN);
        }},
       {"select: a 0-d tensor has no elements to select; use item()",
        [] { select(ones({}), 0, 0); }},
       {"select: dimension 2 is not in [-2, 2) for shape [2, 3]",
        [] {
          select(ones({2, 3}), 2, 0);
        }}},
      {{{0, 3, 2}}, {{1, 3, 1}}}));
  rows.push_back(moved("slice", {7, 5},
                       [](const Tensor& x) {
                         return Tensors{slice(x, 0, 1, -1, 2), slice(x, 1, -3), slice(x, 0, 3, 2),
                                        slice(x, -1, 0, 100, 3)};
                       },
                       {{"slice: the step must be positive, got 0",
                         [] {
                           slice(ones({2, 3}), 0, 0, 2, 0);
                         }},
                        {"slice: the step must be positive, got -1",
                         [] {
                           slice(ones({2, 3}), 0, 0, 2, -1);
                         }},
                        {"slice: a 0-d tensor cannot be sliced", [] { slice(ones({}), 0, 0); }},
                        {"slice: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           slice(ones({2, 3}), 2, 0);
                         }}},
                       {{{1, 1}}, {{0, 3}}}));
  rows.push_back(
      moved("narrow", {2, 5},
            [](const Tensor& x) {
              return Tensors{narrow(x, 1, 1, 3), narrow(x, -2, 0, 0)};
            },
            {{with_marks("narrow: 3 elements from 1 on do not lie in dimension 1 of [2, 3]", {62}),
              [] {
                narrow(ones({2, 3}), 1, 1, 3);
              }},
             {with_marks("narrow: 2 elements from -1 on do not lie in dimension 1 of [2, 3]", {63}),
              [] {
                narrow(ones({2, 3}), 1, -1, 2);
              }},
             {with_marks("narrow: 1 elements from -4 on do not lie in dimension 1 of [2, 3]", {63}),
              [] {
                narrow(ones({2, 3}), 1, -4, 1);
              }},
             {with_marks("narrow: 0 elements from 4 on do not lie in dimension 1 of [2, 3]", {62}),
              [] {
                narrow(ones({2, 3}), 1, 4, 0);
              }},
             {with_marks("narrow: -1 elements from 1 on do not lie in dimension 1 of [2, 3]", {63}),
              [] {
                narrow(ones({2, 3}), 1, 1, -1);
              }},
             {with_marks("narrow: 9223372036854775807 elements from 9223372036854775807 on do not "
                         "lie in dimension 1 of [2, 3]",
                         {98}),
              [] {
                narrow(ones({2, 3}), 1, INT64_MAX, INT64_MAX);
              }}},
            {{{0, 4}}}));
  rows.push_back(moved(
      "windows", {1, 2, 5, 6},
      [](const Tensor& x) {
        return windows(x, 2, 3, {2, 1}, {1, 2});
      },
      {{"windows: expected shape [N, C, ...] with 2 spatial dimensions, got [2, 3]",
        [] {
          windows(ones({2, 3}), 1, 1, {1, 1}, {1, 1});
        }},
       {with_marks("windows: windows of [3, 1] do not fit into [1, 1, 2, 3]", {50}),
        [] {
          windows(ones({1, 1, 2, 3}), 3, 1, {1, 1}, {1, 1});
        }},
       {with_marks("windows: windows of [2, 2] do not fit into [1, 1, 2, 3]", {53}),
        [] {
          windows(ones({1, 1, 2, 3}), 2, 2, {1, 1}, {1, 3});
        }},
       {"windows: kernel, stride and dilation must be positive",
        [] {
          windows(ones({1, 1, 2, 3}), 0, 1, {1, 1}, {1, 1});
        }},
       {"windows: kernel, stride and dilation must be positive",
        [] {
          windows(ones({1, 1, 2, 3}), 1, 1, {0, 1}, {1, 1});
        }},
       {"windows: stride and dilation must have 2 values each",
        [] {
          windows(ones({1, 1, 2, 3}), 1, 1, {1}, {1, 1});
        }},
       {with_marks("windows: windows of [9223372036854775807, 1] do not fit into [1, 1, 2, 3]",
                   {68}),
        [] {
          windows(ones({1, 1, 2, 3}), INT64_MAX, 1, {1, 1}, {2, 1});
        }}},
      {{{0, 1, 2, 5}}, {{2, 1, 2, 5}}}));
  rows.push_back(
      moved("windows_1d", {2, 2, 7}, [](const Tensor& x) { return windows(x, {3}, {2}, {2}); },
            {{"windows: expected shape [N, C, ...] with 1 spatial dimensions, got [2, 3]", [] {
                windows(ones({2, 3}), {1}, {1}, {1});
              }}}));
  rows.back().no_golden = "tests/opinfo compares unfold with PyTorch";
}

/// Views whose strides are those of no part of x.
void strided(std::vector<Row>& rows) {
  rows.push_back(moved("movedim", {2, 3, 4},
                       [](const Tensor& x) {
                         return Tensors{movedim(x, 0, -1), movedim(x, {2, 0}, {0, 1}),
                                        moveaxis(x, -1, 0), swapaxes(x, 0, 2)};
                       },
                       {{"movedim: expected as many dimensions in [0, 1] as in [0]",
                         [] {
                           movedim(ones({2, 3}), {0, 1}, {0});
                         }},
                        {"movedim: a dimension is named twice in [0, 0] or [0, 1]",
                         [] {
                           movedim(ones({2, 3}), {0, 0}, {0, 1});
                         }},
                        {"movedim: a dimension is named twice in [0, 1] or [1, -1]",
                         [] {
                           movedim(ones({2, 3}), {0, 1}, {1, -1});
                         }},
                        {"movedim: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           movedim(ones({2, 3}), 0, 2);
                         }}},
                       {{{0, 2, 1}}}));
  rows.push_back(moved("atleast", {2, 3},
                       [](const Tensor& x) {
                         return Tensors{atleast_1d(x), atleast_2d(x), atleast_3d(x)};
                       },
                       {{std::string("tensor: an undefined tensor was used; ") + why_undefined,
                         [] { atleast_2d(Tensor()); }}},
                       {{{}}, {{3}}, {{0}}, {{2, 1, 2}}}));
  rows.push_back(moved(
      "diagonal", {2, 3, 4},
      [](const Tensor& x) {
        return Tensors{diagonal(x), diagonal(x, 1, -1, 0), diagonal(x, -1, 1, 2), diagonal(x, 9)};
      },
      {{"diagonal: expected at least two dimensions, got shape [3]", [] { diagonal(ones({3})); }},
       {"diagonal: dimension 1 is named twice",
        [] {
          diagonal(ones({2, 3}), 0, 1, -1);
        }},
       {"diagonal: dimension 2 is not in [-2, 2) for shape [2, 3]",
        [] {
          diagonal(ones({2, 3}), 0, 0, 2);
        }}},
      {{{3, 3, 1}}, {{2, 0, 3}}}));
  rows.push_back(moved("unfold", {4, 7},
                       [](const Tensor& x) {
                         return Tensors{unfold(x, 1, 3, 2), unfold(x, -1, 2, 3), unfold(x, 0, 1, 1),
                                        unfold(x, 0, 0, 2)};
                       },
                       {{"unfold: windows of 4 elements do not fit into dimension 1 of [2, 3]",
                         [] {
                           unfold(ones({2, 3}), 1, 4, 1);
                         }},
                        {"unfold: windows of -1 elements do not fit into dimension 1 of [2, 3]",
                         [] {
                           unfold(ones({2, 3}), 1, -1, 1);
                         }},
                        {"unfold: the step must be positive, got 0",
                         [] {
                           unfold(ones({2, 3}), 1, 2, 0);
                         }},
                        {"unfold: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           unfold(ones({2, 3}), 2, 1, 1);
                         }}},
                       {{{1, 3}}}));
  rows.push_back(moved("unfold_number", {}, [](const Tensor& x) { return unfold(x, 0, 1, 1); },
                       {{"unfold: windows of 2 elements do not fit into dimension 0 of []",
                         [] { unfold(ones({}), 0, 2, 1); }}}));
  rows.push_back(moved(
      "as_strided", {2, 3, 4},
      [](const Tensor& x) {
        const Tensor y = clone(x);
        return Tensors{as_strided(y, {3, 3}, {1, 1}, 2), as_strided(y, {2, 2}, {12, 5}),
                       as_strided(y.transpose(0, 2), {6, 3}, {1, 0}, 3),
                       as_strided(y.select(0, 1), {4}, {3}), as_strided(y, {0, 2}, {1, 1})};
      },
      {{"as_strided: expected a stride for each dimension of [2, 2], got [1]",
        [] {
          as_strided(ones({2, 3}), {2, 2}, {1});
        }},
       {"as_strided: sizes and strides must not be negative, got [2, 2] and [1, -1]",
        [] {
          as_strided(ones({2, 3}), {2, 2}, {1, -1});
        }},
       {"as_strided: shape [2, 3] with strides [3, 1] from element 1 on does not lie in the memory "
        "of x, which has 6 elements",
        [] {
          as_strided(ones({2, 3}), {2, 3}, {3, 1}, 1);
        }},
       {"as_strided: shape [2] with strides [1] from element -1 on does not lie in the memory of "
        "x, which has 6 elements",
        [] {
          as_strided(ones({2, 3}), {2}, {1}, -1);
        }},
       {"as_strided: shape [3, 3] with strides [9223372036854775807, 1] from element 0 on does not "
        "lie in the memory of x, which has 6 elements",
        [] {
          as_strided(ones({2, 3}), {3, 3}, {INT64_MAX, 1});
        }}}));
  rows.push_back(moved("as_strided_of_shared", {3, 1},
                       [](const Tensor& x) {
                         return as_strided(expand(clone(x), {3, 4}), {2, 2}, {1, 1});
                       },
                       {{"as_strided: expected a stride for each dimension of [2], got []",
                         [] { as_strided(ones({3}), {2}, {}); }}}));
  rows.push_back(
      {.name = "broadcast_tensors",
       .call = [](const Tensors& in) { return Tensors(broadcast_tensors(in)); },
       .inputs = {{{2, 1}}, {{3}}, {{1, 1, 1}}},
       .dtypes = any_dtype,
       .bad = {{with_marks("broadcast_tensors: cannot broadcast shapes [2] and [3]", {44, 52}), [] {
                  broadcast_tensors({ones({2}), ones({3})});
                }}}});
}

}  // namespace

std::vector<Row> views_rows() {
  std::vector<Row> rows;
  copies(rows);
  shapes(rows);
  orders(rows);
  parts(rows);
  strided(rows);
  return rows;
}

}  // namespace op_table
