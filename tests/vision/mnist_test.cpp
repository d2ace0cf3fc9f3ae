// SPDX-License-Identifier: MIT
// Tests that the files of MNIST are found, checked, and converted to floats. The files are made by
// hand; the real ones are tested if TINYGRAD_DATA names them.
#include "support/files.h"
#include "support/idx_files.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::test {
namespace {

using namespace vision;
namespace fs = std::filesystem;

class Mnist : public Files {
 protected:
  std::string images(std::uint32_t n) const {
    return idx(8, {n, 28, 28}, std::string(n * 784, char(255)));
  }
  std::string labels(const std::string& values) const {
    return idx(8, {std::uint32_t(values.size())}, values);
  }
  void write(const std::string& folder, const std::string& start, const std::string& images,
             const std::string& labels, bool packed) {
    fs::create_directories(path(folder));
    put(folder + "/" + start + "-images-idx3-ubyte" + (packed ? ".gz" : ""),
        packed ? gzip(images) : images);
    put(folder + "/" + start + "-labels-idx1-ubyte" + (packed ? ".gz" : ""),
        packed ? gzip(labels) : labels);
  }
  void write_all(const std::string& folder, bool packed = false) {
    write(folder, "train", images(3), labels({0, 9, 5}), packed);
    write(folder, "t10k", images(2), labels({1, 2}), packed);
  }
  void check(const std::string& folder) {
    const data::Dataset train = mnist(path(folder), Split::train),
                        test = mnist(path(folder), Split::test);
    EXPECT_EQ(train.x.shape(), Shape({3, 1, 28, 28}));
    EXPECT_EQ(train.x.dtype(), float32);
    EXPECT_EQ(train.x.min().item<float>(), 1.f);
    EXPECT_EQ(train.y.dtype(), int64);
    EXPECT_EQ(train.y.to_vector<std::int64_t>(), (std::vector<std::int64_t>{0, 9, 5}));
    EXPECT_EQ(train.classes.size(), 10u);
    EXPECT_EQ(test.size(), 2);
  }
  void refuse(const std::string& images, const std::string& labels, const std::string& reason) {
    write("bad", "train", images, labels, false);
    expect_error<IoError>([&] { mnist(path("bad"), Split::train); }, reason);
  }
};

TEST_F(Mnist, is_found_plain) {
  write_all("plain");
  check("plain");
}
TEST_F(Mnist, is_found_packed_and_one_folder_down) {
  write_all("data/mnist", true);
  check("data");
  check("data/mnist");
}
TEST_F(Mnist, is_found_under_names_with_a_dot) {
  namespace fs = std::filesystem;
  write_all("dots", true);
  for (const fs::path& file : fs::directory_iterator(path("dots"))) {
    std::string name = file.filename();
    name[name.find("-idx")] = '.';
    fs::rename(file, file.parent_path() / name);
  }
  EXPECT_TRUE(fs::exists(path("dots/train-images.idx3-ubyte.gz")));
  check("dots");
  EXPECT_EQ(data_folder(path("dots"), "mnist"), path("dots"));
  fs::remove(path("dots/t10k-labels.idx1-ubyte.gz"));
  expect_error<IoError>([&] { data_folder(path("dots"), "mnist"); }, "has t10k-labels-idx1-ubyte");
}
TEST_F(Mnist, has_a_sister) {
  write_all("data/fashion");
  EXPECT_EQ(fashion_mnist(path("data"), Split::test).classes[9], "boot");
  expect_error<IoError>([&] { mnist(path("data"), Split::test); },
                        "neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz");
}
TEST_F(Mnist, is_refused_where_it_does_not_fit) {
  refuse(images(3), labels({1, 2}), "3 images");
  refuse(images(2), labels({1, 10}), "label 10 at position 1");
  refuse(idx(8, {1, 20, 28}, std::string(560, 0)), labels({1}),
         "expected uint8 images of 28 by 28");
  refuse(labels({1}), labels({1}), "expected uint8 images");
  refuse(images(1), images(1), "expected uint8 labels");
  refuse(idx(0x0C, {0, 28, 28}, ""), labels(""), "got int32");
}

TEST_F(Mnist, folder_is_the_one_that_was_named) {
  write_all("named/mnist");
  EXPECT_EQ(data_folder(path("named"), "mnist"), path("named"));
  expect_error<IoError>([&] { data_folder(path("named"), "fashion"); }, "holds no fashion");
  expect_error<ArgumentError>([&] { data_folder("", "imagenet"); }, "imagenet");
}
TEST_F(Mnist, folder_comes_from_the_environment_next) {
  write_all("here");
  const char* before = std::getenv("TINYGRAD_DATA");
  const std::string saved = before ? before : "";
  setenv("TINYGRAD_DATA", path("here").c_str(), 1);
  EXPECT_EQ(data_folder("", "mnist"), path("here"));
  setenv("TINYGRAD_DATA", saved.c_str(), 1);
}

TEST_F(Mnist, real_files_are_read) {
  const std::string folder = data_folder("", "mnist");
  if (folder.empty()) return;  // not on this machine; the files made here said the rest
  const data::Dataset train = mnist(folder, Split::train), test = mnist(folder, Split::test);
  EXPECT_EQ(train.x.shape(), Shape({60000, 1, 28, 28}));
  EXPECT_EQ(test.size(), 10000);
  EXPECT_NEAR(train.x.mean().item<float>(), .1307, 1e-4);
  EXPECT_EQ(train.y[0].item<int>(), 5);
}

}  // namespace
}  // namespace tinygrad::test
