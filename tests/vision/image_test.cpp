// SPDX-License-Identifier: MIT
// Tests that pictures are read as they were written, that damaged ones are refused at once, and
// that grids and data sets of pictures are arranged as torchvision's.
#include "tinygrad/vision/image.h"

#include <chrono>

#include "support/files.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::test {
namespace {

using namespace vision;

class Image : public Files {
 protected:
  static std::string corpus(const std::string& name) {
    return source("tests/corpus/image/" + name);
  }
  static void refuse(const std::string& path, const std::string& reason) {
    const auto start = std::chrono::steady_clock::now();
    expect_error<IoError>([&] { read_image(path); }, reason);
    expect_error<IoError>([&] { read_image(path); }, '"' + path + '"');
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  }
  /// A smooth picture, which JPEG keeps.
  static Tensor picture(std::int64_t channels) {
    const Tensor rows = arange(24).reshape({1, 24, 1}), columns = arange(40).reshape({1, 1, 40});
    return (rows * 3 + columns * 2 + arange(channels).reshape({-1, 1, 1}) * 40).to(uint8);
  }
};
std::vector<int> values(const Tensor& t) { return t.to_vector<int>(); }

TEST_F(Image, is_written_and_read) {
  for (const char* name : {"a.ppm", "a.png"}) {
    if (!has_png() && std::string(name) == "a.png") continue;
    for (std::int64_t channels : {1, 2, 3, 4}) {
      if (channels % 2 == 0 && std::string(name) == "a.ppm") continue;
      write_image(picture(channels), path(name));
      EXPECT_EQ(bits(read_image(path(name))), bits(picture(channels)));
    }
  }
}
TEST_F(Image, is_read_in_the_mode_that_is_asked_for) {
  write_image(tensor({10, 200, 30}).to(uint8).reshape({3, 1, 1}), path("a.ppm"));
  // (299 * 10 + 587 * 200 + 114 * 30) / 1000 = 123.81
  EXPECT_EQ(values(read_image(path("a.ppm"), ImageReadMode::gray)), std::vector<int>{124});
  EXPECT_EQ(values(read_image(corpus("rgb.ppm"))),
            (std::vector<int>{'a', 'd', 'b', 'e', 'c', 'f'}));
  EXPECT_EQ(
      bits(read_image(corpus("gray.pgm"), ImageReadMode::rgb)),
      bits(tensor({'a', 'b', 'c', 'd', 'e', 'f'}).to(uint8).reshape({1, 2, 3}).expand({3, 2, 3})));
}
TEST_F(Image, of_every_kind_of_png_is_read) {
  if (!has_png()) GTEST_SKIP() << "this build has no libpng";
  EXPECT_EQ(values(read_image(corpus("gray.png"))),
            (std::vector<int>{0, 3, 6, 9, 12, 7, 10, 13, 16, 19, 14, 17, 20, 23, 26}));
  EXPECT_EQ(read_image(corpus("gray_alpha.png")).shape(), Shape({2, 2, 4}));
  EXPECT_EQ(read_image(corpus("gray_alpha.png"), ImageReadMode::gray).shape(), Shape({1, 2, 4}));
  EXPECT_EQ(read_image(corpus("rgb.png")).shape(), Shape({3, 3, 5}));
  EXPECT_EQ(read_image(corpus("rgba.png")).shape(), Shape({4, 2, 3}));
  EXPECT_EQ(read_image(corpus("rgba.png"), ImageReadMode::rgb).shape(), Shape({3, 2, 3}));
  EXPECT_EQ(values(read_image(corpus("rgb16.png")))[0], 0);  // 0x0003
  EXPECT_EQ(values(read_image(corpus("bits.png"))),
            (std::vector<int>{255, 0, 255, 0, 255, 0, 255, 0, 255,  //
                              0, 255, 0, 255, 0, 255, 0, 255, 0}));
  EXPECT_EQ(values(read_image(corpus("palette.png"))),
            (std::vector<int>{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}));
  EXPECT_EQ(values(read_image(corpus("interlaced.png"))), (std::vector<int>{1, 2, 3, 4}));
}
TEST_F(Image, of_a_jpeg_is_nearly_the_same) {
  if (!has_jpeg()) GTEST_SKIP() << "this build has no libjpeg";
  for (std::int64_t channels : {1, 3}) {
    write_image(picture(channels), path("a.jpg"), 95);
    const Tensor again = read_image(path("a.jpg"));
    EXPECT_EQ(again.shape(), picture(channels).shape());
    EXPECT_LE(max(abs(again.to(int64) - picture(channels).to(int64))).item<int>(), 8);
  }
  const std::string whole = get("a.jpg");
  refuse(put("cut.jpg", whole.substr(0, whole.size() / 2)), "Premature end of JPEG file");
  const std::size_t at = whole.find("\xFF\xC0");
  std::string bomb = whole;
  bomb.replace(at + 5, 4, "\x7F\xFF\x7F\xFF");
  refuse(put("bomb.jpg", bomb), "32767 by 32767 pixels are none, or more than 2^26");
  bomb.replace(at + 5, 4, "\x1F\xFF\x1F\xFF");
  refuse(put("bomb.jpg", bomb), "8191 by 8191 pixels are more than");
}
TEST_F(Image, that_is_damaged_is_refused_at_once) {
  refuse(corpus("huge.ppm"), "1000000000 by 1 pixels are none, or more than 2^26");
  refuse(corpus("overflow.ppm"), "or more than 2^26");
  refuse(corpus("negative.pgm"), "-1 by -1 pixels are none");
  refuse(corpus("short.ppm"), "23 bytes are expected, there are 17");
  refuse(corpus("left_over.pgm"), "12 bytes are expected, there are 13");
  refuse(corpus("maximum.pgm"), "values up to 255 are expected, not 65535");
  refuse(corpus("web_page"), "is neither PNG nor JPEG nor PPM nor PGM");
  refuse(corpus("empty"), "is neither PNG");
  refuse(path("missing.png"), "is not a file");
  refuse(folder_, "is not a file");
  if (!has_png()) {
    refuse(corpus("gray.png"), "this build has no libpng (apt-get install libpng-dev)");
    return;
  }
  refuse(corpus("bomb.png"), "8192 by 16384 pixels are none, or more than 2^26");
  refuse(corpus("bomb_gigapixel.png"), "32768 by 32768 pixels");
  refuse(corpus("no_end.png"), "is cut short");
  refuse(corpus("too_few_rows.png"), "Not enough image data");
  refuse(corpus("no_palette.png"), "Missing PLTE");
  refuse(corpus("wrong_checksum.png"), "CRC error");
  EXPECT_EQ(read_image(corpus("bomb_of_text.png")).shape(), Shape({1, 3, 5}));
}
TEST_F(Image, that_cannot_be_written_is_refused) {
  expect_error<ArgumentError>([&] { write_image(picture(3), path("a.gif")); },
                              "must end in .png, .jpg, .jpeg, .ppm or .pgm");
  expect_error<ArgumentError>(
      [&] {
        write_image(ones({3, 2, 2}), path("a.ppm"));
      },
      "expected uint8 [1 to 4, H, W], got float32 [3, 2, 2]");
  expect_error<IoError>([&] { write_image(picture(3), path("no/a.ppm")); },
                        "cannot be written: no file can be made in its folder: No such file");
  expect_error<IoError>([&] { write_image(picture(4), path("a.ppm")); }, "a PPM has no alpha");
  EXPECT_EQ(count(), 0);
}

TEST_F(Image, joins_a_grid) {
  const Tensor x = arange(3).reshape({3, 1, 1, 1}).expand({3, 2, 1, 1});
  const Tensor row =
      tensor({{9, 9, 9, 9, 9}, {9, 0, 9, 1, 9}, {9, 9, 9, 9, 9}, {9, 2, 9, 9, 9}, {9, 9, 9, 9, 9}});
  EXPECT_EQ(bits(make_grid(x, {.nrow = 2, .padding = 1, .pad_value = 9})), bits(stack({row, row})));
  EXPECT_EQ(bits(make_grid(x.slice(0, 1, 2))), bits(x[1]));
  EXPECT_EQ(make_grid(ones({5, 1, 4, 6}), {.nrow = 3}).shape(), Shape({3, 14, 26}));
  EXPECT_EQ(make_grid(x, {.nrow = 3, .padding = 0, .normalize = true})[0].to_vector<float>(),
            (std::vector<float>{0, .5f, 1}));
  save_image(tensor({0., .25, .999, 2.}).reshape({1, 2, 2}), path("a.ppm"));
  EXPECT_EQ(values(read_image(path("a.ppm"), ImageReadMode::gray)),
            (std::vector<int>{0, 64, 255, 255}));
  expect_error<ShapeError>([] { make_grid(ones({2})); }, "expected pictures [N, C, H, W]");
}

TEST_F(Image, folders_are_classes) {
  for (const char* name : {"b", "a", "a/more"}) std::filesystem::create_directory(path(name));
  write_image(full({3, 2, 2}, 1, {.dtype = uint8}), path("a/more/2.ppm"));
  write_image(full({3, 2, 2}, 0, {.dtype = uint8}), path("a/1.PPM.ppm"));
  write_image(full({1, 2, 2}, 2, {.dtype = uint8}), path("b/3.pgm"));
  put("a/notes.txt", "no picture");
  const ImageFolder folder(folder_);
  EXPECT_EQ(folder.classes(), (std::vector<std::string>{"a", "b"}));
  for (auto [x, y] : data::DataLoader(folder, {.workers = 2})) {
    EXPECT_EQ(x.shape(), Shape({3, 3, 2, 2}));
    EXPECT_EQ(x.dtype(), uint8);
    EXPECT_EQ(values(x.slice(1, 0, 1).slice(2, 0, 1).slice(3, 0, 1)), (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(values(y), (std::vector<int>{0, 0, 1}));
  }
  for (auto [x, y] : data::DataLoader(ImageFolder(folder_, to_float())))
    EXPECT_EQ(x.dtype(), float32);
  put("b/4.ppm", "P6 2 2 255\n");
  expect_error<data::SampleError>(
      [&] {
        for (auto [x, y] : data::DataLoader(ImageFolder(folder_))) EXPECT_EQ(x.dim(), 4);
      },
      "sample 3: read_image: \"" + path("b/4.ppm"));
  std::filesystem::create_directory(path("c"));
  expect_error<IoError>([&] { ImageFolder{folder_}; }, path("c") + "\" contains no pictures");
  expect_error<IoError>([&] { ImageFolder{path("c")}; }, "contains no folders");
}

TEST_F(Image, cifar_is_read) {
  const auto record = [](const std::string& labels, char value) {
    return labels + std::string(1024, value) + std::string(1024, char(value + 1)) +
           std::string(1024, char(value + 2));
  };
  put("test_batch.bin", record("\3", 10) + record("\7", 20));
  const data::Dataset ten = cifar10(folder_, Split::test);
  EXPECT_EQ(ten.x.shape(), Shape({2, 3, 32, 32}));
  EXPECT_EQ(ten.x.dtype(), uint8);
  EXPECT_EQ(values(ten.y), (std::vector<int>{3, 7}));
  EXPECT_EQ(ten.classes[3], "cat");
  EXPECT_EQ(ten.x(1, 2, 31, 31).item<int>(), 22);
  std::filesystem::create_directory(path("cifar-100-binary"));
  put("cifar-100-binary/test.bin", record("\1c", 0));
  EXPECT_EQ(values(cifar100(folder_, Split::test).y), std::vector<int>{99});
  expect_error<IoError>([&] { cifar10(folder_, Split::train); }, "data_batch_1.bin is neither in");
  put("test_batch.bin", record("\x0A", 10));
  expect_error<IoError>([&] { cifar10(folder_, Split::test); },
                        "label 10 of record 0 is not in 0 ... 9");
  put("test_batch.bin", record("\1", 10) + "a");
  expect_error<IoError>([&] { cifar10(folder_, Split::test); },
                        "3074 bytes are not a multiple of 3073");
  for (auto [x, y] : data::DataLoader(
           with_transform(ten, compose({to_float(), normalize({0, 0, 0}, {1, 1, 2})})))) {
    EXPECT_EQ(x.dtype(), float32);
    EXPECT_FLOAT_EQ(x(0, 2, 0, 0).item<float>(), 12 / 255.f / 2);
  }
}

}  // namespace
}  // namespace tinygrad::test
