// SPDX-License-Identifier: MIT
// The pictures of examples/text_to_image: coloured digits on black, as captions say.
#pragma once
#include <tinygrad/data.h>
#include <tinygrad/ops.h>

#include "text_to_image_grammar.h"

namespace text_to_image {

inline constexpr std::int64_t side = 48, half = side / 2;

/// The middle [24, 24] of a digit [1, 28, 28], in this color: [3, 24, 24].
inline tg::Tensor colored(const tg::Tensor& digit, int color) {
  const auto& rgb = colors[std::size_t(color)].rgb;
  return digit.slice(1, 2, 26).slice(2, 2, 26) *
         tg::tensor({rgb[0], rgb[1], rgb[2]}, {.device = "cpu"}).reshape({3, 1, 1});
}

/// Row and column of the thing at place 0 or 1; a single thing is in the middle.
inline std::array<std::int64_t, 2> corner(const Caption& c, int place) {
  const std::int64_t middle = half / 2, along = place * half;
  if (c.relation == none) return {middle, middle};
  return c.is_vertical() ? std::array{along, middle} : std::array{middle, along};
}

struct Sample {
  tg::Tensor x;       ///< the picture [3, side, side] in 0 ... 1
  tg::Tensor tokens;  ///< of the caption, int64 [text_length]
  tg::Tensor label;   ///< int64 [5]: the relation, then color and digit of each place
};

inline tg::Tensor label_of(const Caption& c) {
  const auto [a, b] = c.things();
  return tg::tensor({int(c.relation), a.color, a.digit, b.color, b.digit}, {.device = "cpu"});
}
inline tg::Tensor tokens_of(const std::string& text) {
  return tg::from_vector(tokens(text), {std::int64_t(text_length)}, "cpu");
}

/// n pictures, whose captions and digits are drawn from these with the epoch's seed. With
/// `in_order`, sample i has caption i.
class Pictures {
 public:
  Pictures(const tg::data::Dataset& digits, std::vector<Caption> captions, std::int64_t n,
           bool in_order = false)
      : x_(digits.x), captions_(std::move(captions)), n_(n), in_order_(in_order) {
    const auto labels = digits.y.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < labels.size(); ++i)
      of_class_.at(std::size_t(labels[i])).push_back(std::int64_t(i));
    for (const auto& own : of_class_)
      tg::require(!own.empty(), "--samples", "a digit does not occur; raise it");
  }
  std::int64_t size() const { return n_; }
  /// The same with n pictures.
  Pictures first(std::int64_t n) const {
    Pictures some = *this;
    some.n_ = n;
    return some;
  }
  const Caption& caption(std::int64_t i, std::uint64_t seed) const {
    if (in_order_) return captions_.at(std::size_t(i));
    return captions_[tg::philox_integer(seed, std::uint64_t(i), 0, captions_.size())];
  }
  Sample get(std::int64_t i, std::uint64_t seed) const {
    const Caption& c = caption(i, seed);
    const tg::Tensor x = tg::zeros({3, side, side}, {.device = "cpu"});
    for (int place = 0; place < (c.relation == none ? 1 : 2); ++place) {
      const Thing thing = c.things()[std::size_t(place)];
      const auto& own = of_class_[std::size_t(thing.digit)];
      const std::int64_t digit =
          own[tg::philox_integer(seed, std::uint64_t(i), std::uint64_t(1 + place), own.size())];
      const auto [row, column] = corner(c, place);
      tg::Tensor(x.slice(1, row, row + half).slice(2, column, column + half))
          .copy_(colored(x_[digit], thing.color));
    }
    return {x, tokens_of(to_string(c)), label_of(c)};
  }

 private:
  tg::Tensor x_;
  std::vector<Caption> captions_;
  std::int64_t n_;
  bool in_order_;
  std::array<std::vector<std::int64_t>, 10> of_class_;
};

}  // namespace text_to_image
