// SPDX-License-Identifier: MIT
// Tests load_npy() and load_npz() on files that NumPy wrote and on damaged ones
// (tests/golden/make_npy.py), and that save_npy() writes NumPy's bytes. judge.sh lets NumPy itself
// read what WritesFilesForNumpy writes.
#include "tinygrad/io/npy.h"

#include <gtest/gtest.h>

#include <map>

#include "fuzz/memory_file.h"
#include "io/zip_writer.h"
#include "support/files.h"
#include "tinygrad/io.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {
namespace {

class Npy : public Files {
 protected:
  static std::string npy(const std::string& name) {
    return source("tests/corpus/npy/" + name + ".npy");
  }
  static std::string npz(const std::string& name) {
    return source("tests/corpus/npz/" + name + ".npz");
  }
  /// Writes an archive in which 4 GB are 250 bytes: what is above is written as ZIP64.
  static void save_zip64(const NamedTensors& tensors, const std::string& path) {
    NewFile file(path);
    io::ZipWriter zip(file, 250);
    for (auto& [name, tensor] : tensors) {
      save_npy(tensor, path);
      const std::string array = bytes_of(path);
      zip.add(name + ".npy", std::vector{std::as_bytes(std::span(array))}, tensor.dim() == 1);
    }
    zip.finish();
    file.commit();
  }
  const std::map<std::string, Tensor> expected = [] {
    std::map<std::string, Tensor> all;
    for (auto& [name, t] : load_safetensors(source("tests/golden/npy.safetensors"))) all[name] = t;
    return all;
  }();
};
/// The files whose names begin so.
std::vector<std::string> files(const std::string& folder, const std::string& beginning) {
  std::vector<std::string> paths;
  for (auto& file :
       std::filesystem::directory_iterator(TINYGRAD_SOURCE_DIR "/tests/corpus/" + folder))
    if (file.path().filename().string().starts_with(beginning)) paths.push_back(file.path());
  return paths;
}

TEST_F(Npy, LoadsWhatNumpyWrites) {
  for (auto& [name, tensor] : expected)
    for (bool map : {true, false})
      EXPECT_EQ(bits(load_npy(npy(name), {.map = map, .raw = bfloat16})), bits(tensor)) << name;
  for (const char* name : {"fortran_2", "fortran_3"})
    EXPECT_EQ(bits(load_npy(npy(name))), bits(expected.at("fortran")));
  EXPECT_EQ(load_npy(npy("python2")).shape(), Shape({2}));
  EXPECT_TRUE(load_npy(npy("fortran")).is_contiguous());
}
TEST_F(Npy, LoadsArchives) {
  for (const char* name : {"stored", "deflated"}) {
    const NamedTensors loaded = load_npz(npz(name));
    EXPECT_EQ(loaded.size(), expected.size() - 1);  // without bfloat16
    EXPECT_EQ(loaded[0].first, "bool");             // in the order of the file
    for (auto& [key, tensor] : loaded) EXPECT_EQ(bits(tensor), bits(expected.at(key))) << key;
  }
  EXPECT_TRUE(load_npz(npz("nothing")).empty());
  EXPECT_EQ(load_npz(npz("names"))[0].first, "a/b");
  EXPECT_EQ(load_npz(npz("names"))[1].first, "\u03c3");
  EXPECT_EQ(load_npz(npz("zip64"))[1].second.shape(), Shape({2}));
}
TEST_F(Npy, LoadChoosesByContent) {
  for (const char* name : {"float32.npy", "fortran.npy"})
    std::filesystem::copy(source(std::string("tests/corpus/npy/") + name),
                          path(name + std::string(".x")));
  EXPECT_EQ(load(path("float32.npy.x"))[0].first, "");
  EXPECT_EQ(bits(load(path("float32.npy.x"))[0].second), bits(expected.at("float32")));
  EXPECT_EQ(bits(load(npz("stored"))), bits(load_npz(npz("stored"))));
  EXPECT_TRUE(load(npz("nothing")).empty());
}
TEST_F(Npy, TakesRawElementsOnlyByName) {
  expect_error<IoError>([&] { load_npy(npy("bfloat16")); }, "NpyOptions::raw");
  expect_error<IoError>([&] { load_npy(npy("bfloat16"), {.raw = float32}); }, "raw bytes");
  EXPECT_EQ(load_npy(npy("bfloat16"), {.raw = float16}).dtype(), float16);
}

// ------------------------------------------------------------ saving

TEST_F(Npy, SavesTheBytesOfNumpy) {
  for (auto& [name, tensor] : expected) {
    const std::string theirs = bytes_of(npy(name));
    if (theirs.find("True") != theirs.npos || theirs.find("'>") != theirs.npos || name == "uint64")
      continue;  // column-major, big-endian, or of a dtype that tensors do not have
    save_npy(tensor, path("ours"));
    EXPECT_EQ(get("ours"), theirs) << name;
  }
}
TEST_F(Npy, SavesViewsRowByRow) {
  const Tensor x = arange(24).reshape({2, 3, 4}).permute({2, 0, 1});
  save_npy(x, path("x.npy"));
  EXPECT_EQ(bits(load_npy(path("x.npy"))), bits(x.contiguous()));
}
TEST_F(Npy, SavesArchives) {
  NamedTensors tensors(expected.begin(), expected.end());
  tensors.emplace_back("a/\u03c3", zeros({1000}));
  for (bool compressed : {false, true}) {
    save_npz(tensors, path("all.npz"), compressed);
    EXPECT_EQ(bits(load_npz(path("all.npz"), {.raw = bfloat16})), bits(tensors));
    EXPECT_EQ(std::filesystem::file_size(path("all.npz")) < 8000, compressed);
  }
  save({{"x", ones(2)}}, path("x.npz"));
  save({{"x", ones(2)}}, path("x.npy"));
  EXPECT_EQ(bits(load(path("x.npz"))[0].second), bits(load(path("x.npy"))[0].second));
  save({}, path("none.npz"));
  EXPECT_TRUE(load(path("none.npz")).empty());
}
TEST_F(Npy, RefusesToSave) {
  const Tensor x = ones(2);
  expect_error<ArgumentError>([&] { save_npz({{"x", x}, {"x", x}}, path("a")); }, "two tensors");
  for (const char* name : {"../x", "/x", "a/../../x", "a\\b"})
    expect_error<ArgumentError>([&] { save_npz({{name, x}}, path("a")); }, "leads out");
  expect_error<ArgumentError>([&] { save_npz({{"\xff", x}}, path("a")); }, "not valid UTF-8");
  expect_error<ArgumentError>([&] { save_npz({{"x", Tensor()}}, path("a")); }, "undefined");
  expect_error<ArgumentError>([&] { save_npy({}, path("a")); }, "undefined");
  expect_error<ArgumentError>([&] { save({{"x", x}, {"y", x}}, path("a.npy")); }, "one tensor");
  expect_error<ArgumentError>([&] { save({}, path("a.npz"), {{"k", "v"}}); }, "no metadata");
  expect_error<ArgumentError>([&] { save({}, path("a.txt")); }, ".safetensors");
  EXPECT_EQ(count(), 0);
}
TEST_F(Npy, WritesZip64) {
  const NamedTensors tensors = {{"x", ones({10, 10})}, {"y", rand(100)}, {"z", tensor(1.)}};
  save_zip64(tensors, path("large"));
  EXPECT_EQ(bits(load_npz(path("large"))), bits(tensors));
  EXPECT_NE(get("large").find("PK\6\6"), std::string::npos);
}

// ------------------------------------------------------------ damaged files

TEST_F(Npy, RefusesBadFiles) {
  const auto npy_files = files("npy", "bad_"), npz_files = files("npz", "bad_");
  EXPECT_GT(npy_files.size(), 20u);
  EXPECT_GT(npz_files.size(), 15u);
  for (auto& path : npy_files) EXPECT_THROW(load_npy(path), IoError) << path;
  for (auto& path : npz_files) EXPECT_THROW(load_npz(path), IoError) << path;
}
TEST_F(Npy, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> reasons[] = {
      {"objects", "Python objects, which are pickled"},
      {"texts", "texts"},
      {"dates", "dates"},
      {"complex", "complex numbers"},
      {"structure", "structures"},
      {"long_double", "\"<f16\", which no dtype"},
      {"wide_uint64", "does not fit into int64"},
      {"two_arrays", "136 bytes are left over"},
      {"short", "cut short: the data needs 36 bytes, and 35 are left"},
      {"version_4", "version 4.0"},
      {"overflow", "more bytes than fit into 63 bits"},
      {"rank_9", "more than 8 dimensions"},
      {"twice", "two fields"},
      {"nesting", "not an integer"},
      {"bool_of_2", "neither 0 nor 1"},
  };
  for (auto& [name, reason] : reasons)
    expect_error<IoError>([&, name = name] { load_npy(npy(std::string("bad_") + name)); }, reason);
  const std::pair<const char*, const char*> archives[] = {
      {"wrong_check_sum", "check sum"},
      {"another_name", "another name in its local header"},
      {"encrypted", "encrypted"},
      {"lzma", "method 14"},
      {"no_end", "no end record"},
      {"overlap", "two members are named"},
      {"same_bytes", "two members are named"},
      {"more_members", "has 1 members, its end record says 2"},
      {"no_zip64", "ZIP64 record is missing"},
      {"bomb", "claims 4294967280 bytes, which"},
      {"claims_less", "deflated bytes"},
      {"claims_more", "deflated bytes"},
      {"other_size", "has 172 bytes, its header says 168"},
      {"not_an_array", "does not end in .npy"},
      {"objects", "npz/x.npy\": the elements of dtype \"|O\""},
  };
  for (auto& [name, reason] : archives)
    expect_error<IoError>([&, name = name] { load_npz(npz(std::string("bad_") + name)); }, reason);
  expect_error<IoError>([&] { load_npy(npz("stored")); }, "load_npz()");
  expect_error<IoError>([&] { load_npz(npy("int8")); }, "a NumPy array, which load_npy() reads");
}

/// The path of a file in memory, where thousands are written quickly.
std::string in_memory(MemoryFile& file, const std::string& bytes) {
  file.set(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return file.path();
}
/// Loads all beginnings of a file. None of them is a whole file.
template <class F> void check_cuts(const std::string& whole, F load) {
  MemoryFile file;
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(load(in_memory(file, whole.substr(0, size))), IoError) << size;
}
TEST_F(Npy, RefusesEveryCut) {
  check_cuts(bytes_of(npy("fortran")), [](const std::string& p) { load_npy(p); });
  for (const char* name : {"zip64", "names"})
    check_cuts(bytes_of(npz(name)), [](const std::string& p) { load_npz(p); });
}
TEST_F(Npy, NoticesEveryChangedByteThatMatters) {
  save_npz({{"x", arange(50)}}, path("x.npz"), true);
  const std::string whole = get("x.npz"), good = bits(load_npz(path("x.npz")));
  MemoryFile file;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] = char(bad[i] ^ 0x55);
    try {
      EXPECT_EQ(bits(load_npz(in_memory(file, bad))), good) << i;  // the time, for example
    } catch (const IoError&) {}
  }
}

TEST_F(Npy, WritesFilesForNumpy) {
  const char* folder = std::getenv("TINYGRAD_JUDGED");
  const std::string out = folder ? folder : folder_;
  NamedTensors all(expected.begin(), expected.end());
  save_npz(all, out + "/stored.npz");
  save_npz(all, out + "/deflated.npz", true);
  save_zip64(all, out + "/zip64.npz");
  for (auto& [name, tensor] : all) save_npy(tensor, out + "/" + name + ".npy");
  EXPECT_EQ(load(out + "/scalar.npy").size(), 1u);
}

}  // namespace
}  // namespace tinygrad::test
