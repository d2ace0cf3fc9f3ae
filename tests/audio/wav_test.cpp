// SPDX-License-Identifier: MIT
// Tests WAV files against Python's module wave and NumPy, which wrote the files of this folder
// (make_wav.py), and that damaged files are refused.
#include "tinygrad/audio/wav.h"

#include <chrono>
#include <cmath>
#include <cstring>

#include "support/files.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {
namespace {

using namespace audio;

class Wav : public Files {
 protected:
  void SetUp() override {
    if (!has_wav()) GTEST_SKIP() << "this build has no libsndfile";
  }
  static std::string folder(const std::string& name) { return source("tests/audio/" + name); }
  /// The values that NumPy computed.
  static Tensor expected(const std::string& name, const Shape& shape) {
    const std::string bytes = bytes_of(folder(name));
    EXPECT_EQ(bytes.size(), std::size_t(shape.count()) * 4);
    return from_data(bytes.data(), DType::float32, shape, {.dtype = DType::float32});
  }
  void refuse(const std::string& bytes, const std::string& reason) {
    const auto start = std::chrono::steady_clock::now();
    expect_error<IoError>([&] { load_wav(put("x.wav", bytes)); },
                          "load_wav: \"" + path("x.wav") + "\"" + reason);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  }
};

TEST_F(Wav, HasTheValuesThatNumpyComputes) {
  struct {
    std::string name;
    Shape shape;
    int rate;
  } files[] = {{"stereo16", {2, 50}, 44100},
               {"mono8", {1, 40}, 8000},
               {"mono24", {1, 30}, 48000},
               {"float32", {3, 25}, 16000}};
  for (const auto& file : files) {
    const Sound sound = load_wav(folder(file.name + ".wav"));
    EXPECT_EQ(sound.rate, file.rate);
    EXPECT_EQ(bits(sound.samples), bits(expected(file.name + ".f32", file.shape))) << file.name;
  }
}

TEST_F(Wav, WritesTheBytesThatPythonWrites) {
  save_wav(load_wav(folder("stereo16.wav")), path("x.wav"));
  EXPECT_EQ(get("x.wav"), bytes_of(folder("stereo16.wav")));
}

TEST_F(Wav, FloatsComeBackWithTheirBits) {
  const Sound sound = load_wav(folder("float32.wav"));
  save_wav(sound, path("x.wav"), WavFormat::float32);
  EXPECT_EQ(bits(load_wav(path("x.wav")).samples), bits(sound.samples));
  EXPECT_EQ(load_wav(path("x.wav")).rate, 16000);
  const std::string first = get("x.wav");
  save_wav(sound, path("x.wav"), WavFormat::float32);
  EXPECT_EQ(get("x.wav"), first);
}

TEST_F(Wav, SixteenBitsSaturateAndRound) {
  const float step = 1.f / 32768;
  save_wav({tensor({{2.f, -2.f, 1.f, 0.4f * step, 0.6f * step, NAN}}), 8000}, path("x.wav"));
  EXPECT_EQ(load_wav(path("x.wav")).samples.to_vector<float>(),
            (std::vector<float>{1 - step, -1, 1 - step, 0, step, 0}));
}

TEST_F(Wav, ASoundMayBeEmpty) {
  save_wav({zeros({2, 0}), 8000}, path("x.wav"));
  EXPECT_EQ(load_wav(path("x.wav")).samples.shape(), Shape({2, 0}));
}

TEST_F(Wav, RefusesOtherSounds) {
  const std::string x = path("x.wav");
  expect_error<ShapeError>([&] { save_wav({zeros({5}), 8000}, x); }, "expected rank 2");
  expect_error<ShapeError>(
      [&] {
        save_wav({zeros({0, 5}), 8000}, x);
      },
      "save_wav: expected 1 to 1024 channels");
  expect_error<DTypeError>(
      [&] {
        save_wav({zeros({1, 5}).to(int32), 8000}, x);
      },
      "expected floating samples, got int32");
  expect_error<ArgumentError>([&] { save_wav({zeros({1, 5}), 0}, x); }, "a rate of at least 1");
  expect_error<IoError>([&] { save_wav({zeros({1, 5}), 1}, path("none/x.wav")); }, "no file can");
  EXPECT_EQ(count(), 0);
}

TEST_F(Wav, RefusesDamagedFiles) {
  const std::string whole = bytes_of(folder("stereo16.wav"));
  for (std::size_t size = 1; size < whole.size(); ++size) refuse(whole.substr(0, size), ": ");
  refuse(whole.substr(0, 100), ": cut short: 236 bytes are announced, and 92 are left");
  refuse("fLaC" + whole.substr(4), ": is not a WAV file");
  std::string channels = whole;
  channels.replace(22, 2, "\xFF\xFF");
  refuse(channels, ": ");
  std::string encoding = whole;
  encoding.replace(20, 2, "\x99\x99");
  refuse(encoding, ": ");
}

}  // namespace
}  // namespace tinygrad::test
