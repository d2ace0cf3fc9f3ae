// SPDX-License-Identifier: MIT
// Tests the calls of the operating system that files need, on each system: paths in UTF-8, bytes as
// they are, a file that is replaced while another reads it, temporary files of processes that
// ended.
#include "io/system_file.h"

#include "io/file.h"
#include "support/files.h"

namespace tinygrad {
namespace {

struct SystemFile : test::Files {
  std::string in_folder(const std::string& name) const { return path("数 ä") + "/" + name; }
  SystemFile() { std::filesystem::create_directory(io::as_path(path("数 ä"))); }
};

std::string text(const FileBytes& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST_F(SystemFile, PathsAreUtf8AndBytesStayAsTheyAre) {
  const std::string file = in_folder("模型.bin"), bytes = "one\r\ntwo\n\x1a three";
  write_file(file, bytes);
  EXPECT_EQ(text(FileBytes(file)), bytes);
  EXPECT_EQ(text(FileBytes(file, false)), bytes);
  EXPECT_TRUE(std::filesystem::exists(io::as_path(file)));
  EXPECT_EQ(io::as_text(io::as_path(file)), file);
  test::expect_error<IoError>([&] { FileBytes(path("数 ä")); }, "is a folder");
}

TEST_F(SystemFile, AFileIsReplacedOnlyByAWholeOne) {
  const std::string file = in_folder("f");
  write_file(file, "first");
  { NewFile(file).write("half"); }
  EXPECT_EQ(text(FileBytes(file)), "first");
  const FileBytes read(file, false);
  write_file(file, "second");
  EXPECT_EQ(text(FileBytes(file)), "second");
  EXPECT_EQ(text(read), "first");
  const FileBytes mapped(file);
#if defined(_WIN32)  // a file that is mapped cannot be replaced
  test::expect_error<IoError>([&] { write_file(file, "third"); }, "Permission denied");
#else
  write_file(file, "third");
#endif
  EXPECT_EQ(text(mapped), "second");
}

TEST_F(SystemFile, TemporaryFilesOfProcessesThatEndedAreRemoved) {
  EXPECT_TRUE(io::process_exists(io::process_id()));
  constexpr long long ended = 99'999'999;  // beyond the identifiers that systems give
  ASSERT_FALSE(io::process_exists(ended));
  const auto temporary = [&](long long process) {
    return in_folder(".tinygrad-" + std::to_string(process) + "-0.tmp");
  };
  write_file(temporary(ended), "x");
  write_file(temporary(io::process_id()), "x");
  io::remove_abandoned(path("数 ä"));
  io::FileStatus status;
  EXPECT_FALSE(io::status_of(temporary(ended), status));
  EXPECT_TRUE(io::status_of(temporary(io::process_id()), status));
}

}  // namespace
}  // namespace tinygrad
