// SPDX-License-Identifier: MIT
// Judges drawn pictures: a network reads color and digit of each half of a picture, which the
// relation of its caption divides.
#pragma once
#include <tinygrad/train/train.h>

#include "text_to_image_model.h"

namespace text_to_image {

/// relu(norm(conv(x))).
inline nn::Sequential layer(int in, int out) {
  return nn::Sequential(nn::Conv2d(in, out, 3, {.padding = 1}), nn::BatchNorm2d(out), nn::ReLU());
}

/// Pictures x [N, 3, h, w] of one thing, of any size -> scores of 6 colors and 10 digits [N, 16].
struct Reader : nn::Module {
  nn::Sequential fine = add("fine", layer(3, 16)), middle = add("middle", layer(16, 32)),
                 coarse = add("coarse", nn::Sequential(layer(32, 64), layer(64, 128)));
  nn::Linear fc = add("fc", nn::Linear(128, 16));

  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor h = coarse(max_pool2d(middle(max_pool2d(fine(x), 2)), 2));
    return fc(amax(h, {2, 3}));  // wherever the thing is
  }
};

/// The parts of what was asked for that are read in pictures.
struct Verdict {
  double digits = 0, colors = 0;  ///< of all halves
  double halves = 0;              ///< of all halves: digit and color
  double pictures = 0;            ///< of all pictures: digit and color of both halves
};

class Judge {
 public:
  /// Trains a reader on n true pictures.
  Judge(const Pictures& pictures, std::int64_t epochs, std::uint64_t seed)
      : adam_(reader_.parameters(), {.lr = 2e-3}),
        loader_(pictures, {.batch_size = 64, .seed = seed}),
        schedule_(adam_, 2e-3, epochs * loader_.size(), {.pct_start = 0.1}) {
    reader_.to(tg::default_device());
    tg::train::Trainer trainer(reader_, adam_,
                               {.epochs = epochs,
                                .schedule = &schedule_,
                                .schedule_every = tg::train::ScheduleEvery::step});
    trainer.fit(loader_, [&](const Sample& s) { return loss_of(s); });
    reader_.eval();
  }

  /// Reads pictures [N, 3, side, side] with labels [N, 5], none of which has a single thing.
  Verdict operator()(const tg::Tensor& x, const tg::Tensor& label) {
    const tg::NoGrad off;
    Verdict v;
    const double n = double(x.size(0));
    const tg::Tensor all = label.to(tg::default_device());
    for (const auto& [rows, halves] : halves_of(x.to(tg::default_device()), all)) {
      tg::Tensor both = tg::ones(rows.shape(), {.dtype = tg::boolean});
      for (int place : {0, 1}) {
        const auto [color, digit] = read(halves[std::size_t(place)]);
        const tg::Tensor own = index_select(all, 0, rows),
                         right_color = color == own.select(1, 1 + 2 * place),
                         right_digit = digit == own.select(1, 2 + 2 * place),
                         right_half = logical_and(right_color, right_digit);
        const auto part = [&](const tg::Tensor& right) {
          return sum(right.to(tg::float32)).template item<double>() / n;
        };
        v.colors += part(right_color) / 2, v.digits += part(right_digit) / 2;
        v.halves += part(right_half) / 2;
        both = logical_and(both, right_half);
      }
      v.pictures += sum(both.to(tg::float32)).item<double>() / n;
    }
    return v;
  }

 private:
  struct Halves {
    tg::Tensor rows;  // the positions of the pictures in the batch
    std::array<tg::Tensor, 2> halves;
  };
  /// The upper and lower halves of the pictures whose relation is vertical, and the left and right
  /// halves of the others.
  static std::vector<Halves> halves_of(const tg::Tensor& x, const tg::Tensor& label) {
    std::vector<Halves> all;
    const tg::Tensor relation = label.select(1, 0);
    for (const int dim : {2, 3}) {
      const tg::Tensor is_meant = dim == 2
                                      ? logical_and(relation >= int(above), relation <= int(below))
                                      : relation >= int(left_of);
      const tg::Tensor rows = tg::nonzero(is_meant).select(1, 0);
      if (rows.size(0) == 0) continue;
      const tg::Tensor own = index_select(x, 0, rows);
      all.push_back({rows, {own.slice(dim, 0, half), own.slice(dim, half, side)}});
    }
    return all;
  }
  std::array<tg::Tensor, 2> read(const tg::Tensor& x) {
    const tg::Tensor scores = reader_(x);
    return {scores.slice(1, 0, 6).argmax(1), scores.slice(1, 6, 16).argmax(1)};
  }
  tg::Tensor loss_of(const Sample& s) {
    tg::Tensor loss = tg::zeros({});
    for (const auto& [rows, halves] : halves_of(s.x, s.label))
      for (int place : {0, 1}) {
        const tg::Tensor own = index_select(s.label, 0, rows),
                         scores = reader_(halves[std::size_t(place)]);
        loss = loss + cross_entropy(scores.slice(1, 0, 6), own.select(1, 1 + 2 * place)) +
               cross_entropy(scores.slice(1, 6, 16), own.select(1, 2 + 2 * place));
      }
    return loss;
  }

  Reader reader_;
  tg::optim::Adam adam_;
  tg::data::Loader<Sample> loader_;
  tg::optim::OneCycleLR schedule_;
};

}  // namespace text_to_image
