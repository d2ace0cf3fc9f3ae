// SPDX-License-Identifier: MIT
// Tests the parts of examples/text_to_image: captions and their tokens, which are held out, the
// pictures of captions, the scale of latents, guidance, and the judge.
#include <gtest/gtest.h>
#include <tinygrad/vision/datasets.h>

#include <set>

#include "text_to_image_judge.h"

namespace text_to_image {
namespace {

using tg::Tensor;

std::vector<Caption> all_captions() {
  std::vector<Caption> all = captions(false);
  for (const Caption& c : captions(true)) all.push_back(c);
  return all;
}

// ---------------------------------------------------------------- captions

TEST(TextToImageGrammar, EachCaptionHasItsOwnTextAndTokens) {
  std::set<std::string> texts;
  std::set<std::vector<std::int64_t>> ids;
  for (const Caption& c : all_captions()) {
    const std::string text = to_string(c);
    if (!texts.insert(text).second) continue;  // those of one thing count several times
    EXPECT_TRUE(ids.insert(tokens(text)).second) << text;
    EXPECT_EQ(parse_caption(text), c) << text;
  }
  EXPECT_EQ(texts.size(), 2u * 60 + 2 * 4 * 60 * 60);
}

TEST(TextToImageGrammar, TokensBeginEndAndAreFilledUp) {
  const auto words = [](const std::string& text) {
    Words all;
    for (const std::int64_t id : tokens(text)) all.push_back(vocabulary()[std::size_t(id)]);
    return all;
  };
  EXPECT_EQ(words("a red 3 left of a blue 7"),
            (Words{"<start>", "a", "red", "3", "left", "of", "a", "blue", "7", "<end>"}));
  EXPECT_EQ(words("红色的3在蓝色的7上面"),
            (Words{"<start>", "红色", "的", "3", "在", "蓝色", "的", "7", "上面", "<end>"}));
  EXPECT_EQ(words("a red 3"), (Words{"<start>", "a", "red", "3", "<end>", "<end>", "<end>", "<end>",
                                     "<end>", "<end>"}));
  EXPECT_EQ(words("")[1], "<end>");
  std::set<std::string> distinct(vocabulary().begin(), vocabulary().end());
  EXPECT_EQ(distinct.size(), vocabulary().size());
}

TEST(TextToImageGrammar, SpacesDoNotMatter) {
  EXPECT_EQ(parse_caption("  a red  3 "), parse_caption("a red 3"));
  EXPECT_EQ(parse_caption("红色的 3 在 蓝色的 7 上面"), parse_caption("红色的3在蓝色的7上面"));
}

TEST(TextToImageGrammar, WhatItDoesNotKnowIsRefused) {
  const auto refused = [](const std::string& text) -> std::string {
    try {
      parse_caption(text);
    } catch (const tg::ArgumentError& e) { return e.what(); }
    return "accepted";
  };
  EXPECT_EQ(refused("a pink 3"),
            "caption: the word \"pink\" is not known; known are: a of 的 在 red 红色 green 绿色 "
            "blue 蓝色 yellow 黄色 purple 紫色 white 白色 above 上面 below 下面 left 左边 right "
            "右边 0 1 2 3 4 5 6 7 8 9");
  for (const char* word : {"12", "<end>", "Red", "redd", "橙", "\xff"})
    EXPECT_NE(refused(std::string("a red ") + word).find("is not known"), std::string::npos)
        << word << ": " << refused(std::string("a red ") + word);
  for (const char* text :
       {"", "a red", "3", "a red 3 above", "a red 3 a blue 7", "red 3", "a red 3 left a blue 7",
        "a red 3 above of a blue 7", "a red 3 above below a blue 7", "a red 3在a blue 7上面",
        "红色3", "红色的3上面蓝色的7", "a red 3 above a blue 7 above a white 1"})
    EXPECT_NE(refused(text).find("is not a caption; such are: a red 3"), std::string::npos)
        << text << ": " << refused(text);
}

/// A pair of things is held out in each order, place and language, or in none.
TEST(TextToImageSplit, PairsAreHeldOutAsAWhole) {
  std::set<std::pair<int, int>> trained, held_out;
  std::set<int> seen;
  for (const Caption& c : all_captions()) {
    const int a = 10 * c.subject.color + c.subject.digit, b = 10 * c.object.color + c.object.digit;
    if (c.relation != none) (is_held_out(c) ? held_out : trained).insert(std::minmax({a, b}));
    else EXPECT_FALSE(is_held_out(c));
    if (!is_held_out(c) && c.relation != none) seen.insert(a);
  }
  std::vector<std::pair<int, int>> both;
  std::ranges::set_intersection(trained, held_out, std::back_inserter(both));
  EXPECT_TRUE(both.empty());
  EXPECT_EQ(trained.size() + held_out.size(), 60u * 61 / 2);
  EXPECT_EQ(seen.size(), 60u);  // each thing is trained on, beside others
  // Five standard deviations of 1830 draws with probability 0.1.
  EXPECT_NEAR(double(held_out.size()), 183, 5 * 12.9);
  EXPECT_GE(captions(true).size(), 2000u);  // what --draws allows
}

// ---------------------------------------------------------------- pictures

/// The mean of each color channel of a part of a picture.
std::vector<float> color_of(const Tensor& x, int dim, std::int64_t from) {
  return mean(x.slice(dim, from, from + half), {1, 2}).to_vector<float>();
}

TEST(TextToImagePictures, ThingsAreWhereTheCaptionSays) {
  tg::data::Dataset digits = tg::vision::digits(200, 1);
  const auto draw = [&](const char* text) {
    return Pictures(digits, {parse_caption(text)}, 1).get(0, 9);
  };
  const Sample s = draw("a red 3 below a green 7");
  ASSERT_EQ(s.x.shape(), tg::Shape({3, side, side}));
  const auto upper = color_of(s.x, 1, 0), lower = color_of(s.x, 1, half);
  EXPECT_GT(upper[1], 0.01);
  EXPECT_EQ(upper[0], 0);
  EXPECT_GT(lower[0], 0.01);
  EXPECT_EQ(lower[1], 0);
  EXPECT_EQ(s.label.to_vector<std::int64_t>(), (std::vector<std::int64_t>{below, 1, 7, 0, 3}));
  const auto left = color_of(draw("绿色的7在红色的3左边").x, 2, 0);
  EXPECT_GT(left[1], 0.01);
  EXPECT_EQ(left[0], 0);
  const Tensor one = draw("a red 3").x;  // nothing outside the middle
  EXPECT_EQ(count_nonzero(one).item<std::int64_t>(),
            count_nonzero(one.slice(1, 12, 36).slice(2, 12, 36)).item<std::int64_t>());
}

TEST(TextToImagePictures, DigitsAreThoseOfTheirClassAndDependOnTheSeed) {
  tg::data::Dataset digits = tg::vision::digits(200, 1);
  digits.x = reshape(digits.y.to(tg::float32) / 10, {200, 1, 1, 1}) + tg::zeros({200, 1, 28, 28});
  const Pictures pictures(digits, captions(false), 50);
  for (std::int64_t i = 0; i < 50; ++i) {
    const Sample s = pictures.get(i, 3);
    const Caption& c = pictures.caption(i, 3);
    EXPECT_FALSE(is_held_out(c));
    const auto [row, column] = corner(c, 0);
    const Thing first = c.things()[0];
    EXPECT_NEAR(
        max(s.x.slice(1, row, row + half).slice(2, column, column + half)).item<double>(),
        double(first.digit) / 10 * *std::ranges::max_element(colors[std::size_t(first.color)].rgb),
        1e-6);
  }
  EXPECT_NE(to_string(pictures.caption(0, 3)), to_string(pictures.caption(0, 4)));
}

// ---------------------------------------------------------------- the model

constexpr Sizes small = {.channels = 8, .text = 8, .autoencoder = 8};

TEST(TextToImageAutoencoder, MeasuredLatentsHaveVarianceOneAndDecodeAsBefore) {
  tg::manual_seed(1);
  Autoencoder net(small.autoencoder);
  net.eval();
  const tg::NoGrad off;
  const Tensor x = tg::rand({4, 3, 16, 16}), before = net.encode(x), y = net.decode(before);
  const Tensor z = net.measure(before);
  EXPECT_LT(max(abs(mean(z, {0, 2, 3}))).item<double>(), 1e-5);
  EXPECT_NEAR(mean(square(z)).item<double>(), 1, 1e-5);
  EXPECT_LT(max(abs(net.encode(x) - z)).item<double>(), 1e-4);
  EXPECT_LT(max(abs(net.decode(z) - y)).item<double>(), 1e-5);
}

/// A guided draw follows its caption; with the weight 0 it reads none.
TEST(TextToImageDraw, GuidanceFollowsTheCaption) {
  tg::manual_seed(2);
  Model model(small);
  const auto scheduler = make_scheduler(3);
  const auto drawn = [&](const char* text, double w) {
    tg::manual_seed(5);
    const Tensor ids = tokens_of(text).expand({2, std::int64_t(text_length)});
    return draw(model, *scheduler, ids, w).to_vector<float>();
  };
  const char *one = "a red 3 above a blue 7", *other = "白色的1在绿色的5左边";
  EXPECT_EQ(drawn(one, 3), drawn(one, 3));
  EXPECT_NE(drawn(one, 3), drawn(other, 3));
  EXPECT_NE(drawn(one, 1), drawn(other, 1));
  EXPECT_NE(drawn(one, 3), drawn(one, 1));
  EXPECT_EQ(drawn(one, 0), drawn(other, 0));  // no caption at all
  EXPECT_EQ(drawn("", 1), drawn("", 3));      // nothing to be guided to
}

TEST(TextToImageDenoiser, ThePlaceOfAPatternMatters) {
  tg::manual_seed(3);
  Denoiser net(small);
  const Tensor x = tg::ones({1, 4, 12, 12}), t = tg::tensor({500}),
               states = net.text(tokens_of("a red 3").unsqueeze(0));
  const Tensor v = net(x, t, states);
  EXPECT_GT(max(abs(v - flip(v, {2}))).item<double>(), 1e-3);
}

// ---------------------------------------------------------------- the judge

TEST(TextToImageJudge, ReadsTruePicturesAndNotOthers) {
  tg::manual_seed(4);
  const tg::data::Dataset digits = tg::vision::digits(1200, 1);
  Judge judge(Pictures(digits, captions(false), 600), /*epochs=*/4, /*seed=*/1);
  tg::Tensors x, label;
  const Pictures tests(tg::vision::digits(300, 2), captions(true), 100);
  for (std::int64_t i = 0; i < tests.size(); ++i)
    x.push_back(tests.get(i, 1).x), label.push_back(tests.get(i, 1).label);
  const Verdict right = judge(tg::stack(x), tg::stack(label)),
                wrong = judge(tg::stack(x), roll(tg::stack(label), 1, 0)),
                black = judge(tg::zeros_like(tg::stack(x)), tg::stack(label));
  EXPECT_GT(right.colors, 0.95);
  EXPECT_GT(right.digits, 0.4);
  EXPECT_LT(wrong.halves, 0.1);
  EXPECT_LT(black.halves, 0.1);  // chance: 1 / 60
  for (const Verdict& v : {right, wrong, black}) {
    EXPECT_LE(v.pictures, v.halves);
    EXPECT_GE(v.pictures, 2 * v.halves - 1 - 1e-6);  // as many as there must be
    EXPECT_LE(v.halves, std::min(v.digits, v.colors));
  }
}

}  // namespace
}  // namespace text_to_image
