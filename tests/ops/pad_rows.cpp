// SPDX-License-Identifier: MIT
// Rows of the table: padding.
#include "op_table.h"

namespace op_table {

namespace {

Row pad_mode(const char* name, PadMode mode, Dims padding) {
  return {.name = name,
          .call = [=](const Tensors& in) { return pad(in[0], padding, mode); },
          .inputs = {{{2, 3, 4}}},
          .dtypes = any_dtype,
          .no_golden = by_opinfo,
          .bad = {{with_marks("pad: padding {3, 0} is too large for dimension 1 of [2, 3]", {56}),
                   [] {
                     pad(ones({2, 3}), {3, 0}, PadMode::reflect);
                   }},
                  {with_marks("pad: padding {4, 0} is too large for dimension 1 of [2, 3]", {56}),
                   [] {
                     pad(ones({2, 3}), {4, 0}, PadMode::circular);
                   }},
                  {with_marks("pad: padding {-2, -2} is too large for dimension 1 of [2, 3]", {58}),
                   [] {
                     pad(ones({2, 3}), {-2, -2}, PadMode::replicate);
                   }}}};
}

}  // namespace

std::vector<Row> pad_rows() {
  return {
      pad_mode("pad_reflect", PadMode::reflect, {2, 3, 1, 0}),
      pad_mode("pad_replicate", PadMode::replicate, {1, 5, -1, 2}),
      pad_mode("pad_circular", PadMode::circular, {4, 0, 1, 3}),
      {.name = "pad",
       .call =
           [](const Tensors& in) {
             return pad(in[0], {1, 2, 0, 1}, 7);
           },
       .inputs = {{{2, 3, 2}}},
       .dtypes = numbers | storage,
       .also = {{{2, 3}}, {{0, 3}}, {{1, 2, 0}}},
       .large = {{60, 31, 40}},
       .bad = {{"pad: expected two values of padding for each of the last dimensions, got [1] for "
                "shape [2, 3]",
                [] {
                  pad(ones({2, 3}), {1});
                }},
               {"pad: expected two values of padding for each of the last dimensions, got [1, 1, "
                "1, 1] for "
                "shape [2]",
                [] {
                  pad(ones({2}), {1, 1, 1, 1});
                }},
               {with_marks("pad: cannot crop {-4, 0} from dimension 1 of [2, 3]", {49}),
                [] {
                  pad(ones({2, 3}), {-4, 0});
                }},
               {with_marks("pad: cannot crop {-2, -2} from dimension 1 of [2, 3]", {50}),
                [] {
                  pad(ones({2, 3}), {-2, -2});
                }},
               {with_marks("pad: cannot crop {-9223372036854775808, 0} from dimension 1 of [2, 3]",
                           {67}),
                [] {
                  pad(ones({2, 3}), {INT64_MIN, 0});
                }},
               {with_marks("pad: padding {9223372036854775807, 0} makes dimension 1 of [2, 3] "
                           "larger than 63 bits can count",
                           {63}),
                [] {
                  pad(ones({2, 3}), {INT64_MAX, 0});
                }}}},
      {.name = "pad_crops",
       .call =
           [](const Tensors& in) {
             return pad(in[0], {-1, 2, 1, -2});
           },
       .inputs = {{{4, 3}}},
       .dtypes = numbers | storage,
       .also = {{{2, 1}}, {{1, 3, 2}}},
       .bad = {{with_marks("pad: cannot crop {-9223372036854775808, -9223372036854775808} from "
                           "dimension 1 of [2, 3]",
                           {86}),
                [] {
                  pad(ones({2, 3}), {INT64_MIN, INT64_MIN});
                }}}},
  };
}

}  // namespace op_table
