// SPDX-License-Identifier: MIT
// Tests SummaryWriter: its records and their checks, each kind of summary, prefixes of a file, bad
// input. tensorboard.sh lets TensorBoard itself read what WritesEveryKind writes.
#include "tinygrad/trace/tensorboard.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>

#include "shared/protobuf.h"
#include "support/files.h"
#include "tinygrad/graph.h"
#include "tinygrad/nn.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/image.h"

namespace tinygrad {
namespace {

namespace fs = std::filesystem;
using protobuf::Reader;
using test::expect_error;

// ------------------------------------------------------------ records

/// By the definition: division of polynomials, bit after bit.
std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t rest = ~0u;
  for (const char byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const bool odd = (rest ^ std::uint32_t(std::uint8_t(byte)) >> bit) & 1;
      rest = rest >> 1 ^ (odd ? 0x82F63B78u : 0);
    }
  return ~rest;
}
std::uint64_t number(std::string_view bytes) {
  std::uint64_t n = 0;
  std::memcpy(&n, bytes.data(), bytes.size());
  return n;
}
bool is_checked(std::string_view bytes, std::string_view check) {
  const std::uint32_t crc = crc32c(bytes);
  return std::uint32_t((crc >> 15 | crc << 17) + 0xA282EAD8) == number(check);
}

/// The data of the whole records at the beginning.
std::vector<std::string> records(std::string_view file) {
  std::vector<std::string> all;
  while (file.size() >= 12) {
    const std::uint64_t size = number(file.substr(0, 8));
    EXPECT_TRUE(is_checked(file.substr(0, 8), file.substr(8, 4)));
    if (file.size() < 16 + size) break;
    const std::string_view data = file.substr(12, size);
    EXPECT_TRUE(is_checked(data, file.substr(12 + size, 4)));
    all.emplace_back(data);
    file.remove_prefix(16 + size);
  }
  return all;
}

/// The field of a message at a path of numbers; empty if there is none.
std::optional<Reader> at(std::string_view message, std::initializer_list<int> path) {
  std::optional<Reader> found;
  for (const int number : path) {
    Reader in("test", found ? found->text() : message);
    found.reset();
    while (!found && in.next())
      if (in.field() == number) found = in;
    if (!found) return found;
  }
  return found;
}
std::string text(std::string_view message, std::initializer_list<int> path) {
  const auto found = at(message, path);
  return found ? std::string(found->text()) : "none";
}
template <class T> T value(std::string_view message, std::initializer_list<int> path) {
  const auto found = at(message, path);
  return found ? found->number<T>() : T(-1);
}

class TensorBoard : public test::Files {
 protected:
  /// The events of the writer's file after the first one.
  std::vector<std::string> events() const {
    auto all = records(bytes_of(writer.path()));
    EXPECT_EQ(text(all.at(0), {3}), "brain.Event:2");
    all.erase(all.begin());
    return all;
  }
  std::string event() const { return events().at(0); }
  SummaryWriter writer = SummaryWriter(path("runs/1"));
};

TEST_F(TensorBoard, ChecksEachRecord) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283);
  const std::string name = fs::path(writer.path()).filename();
  EXPECT_EQ(name.find("events.out.tfevents."), 0u) << name;
  writer.add_scalar("loss", 0.25, 3);
  const std::string e = event();
  EXPECT_EQ(value<std::int64_t>(e, {2}), 3);
  EXPECT_GT(value<double>(e, {1}), 1.6e9);  // seconds since 1970
  EXPECT_EQ(text(e, {5, 1, 1}), "loss");
  EXPECT_EQ(value<float>(e, {5, 1, 2}), 0.25f);
}

TEST_F(TensorBoard, LeavesAllRecordsBeforeItIsKilled) {
  for (int i = 0; i < 5; ++i) {
    writer.add_text("text", std::string(std::size_t(i * 100), 'x'), i);
    EXPECT_EQ(events().size(), std::size_t(i + 1));  // nothing waits to be written
  }
  const std::string file = bytes_of(writer.path());
  std::size_t end = 0;
  std::vector<std::size_t> ends;
  for (auto& data : records(file)) ends.push_back(end += 16 + data.size());
  EXPECT_EQ(end, file.size());
  for (std::size_t size = 0; size <= file.size(); ++size)
    ASSERT_EQ(records(std::string_view(file).substr(0, size)).size(),
              std::size_t(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin()));
}

TEST_F(TensorBoard, FilesOfTwoWritersAreTwo) {
  SummaryWriter other(path("runs/1"));
  EXPECT_NE(other.path(), writer.path());
  other.add_scalar("a", 1);
  EXPECT_TRUE(events().empty());
}

// ------------------------------------------------------------ kinds

TEST_F(TensorBoard, WritesCurvesOfOneDiagramIntoFolders) {
  for (int i = 0; i < 2; ++i) writer.add_scalars("loss/both", {{"train", 1. + i}, {"test", 2.}}, i);
  EXPECT_TRUE(events().empty());
  for (const char* name : {"train", "test"}) {
    const fs::path folder = path("runs/1/loss_both_") + name;
    ASSERT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
    const auto all = records(bytes_of(fs::directory_iterator(folder)->path()));
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(text(all[2], {5, 1, 1}), "loss/both");
    EXPECT_EQ(value<float>(all[2], {5, 1, 2}), 2);
  }
}

std::vector<double> numbers(std::string_view event, int field) {
  std::vector<double> values;
  at(event, {5, 1, 5, field})->append_to(values);
  return values;
}
TEST_F(TensorBoard, WritesHistograms) {
  writer.add_histogram("w", tensor({-2., 0., 0., 1.02, 1.05, 1e30, NAN, -INFINITY}), 4);
  const std::string e = event();
  EXPECT_EQ(value<double>(e, {5, 1, 5, 1}), -2);
  EXPECT_EQ(value<double>(e, {5, 1, 5, 2}), 1e30f);
  EXPECT_EQ(value<double>(e, {5, 1, 5, 3}), 6);
  EXPECT_NEAR(value<double>(e, {5, 1, 5, 4}), 1e30, 1e23);
  const std::vector<double> limits = numbers(e, 6), counts = numbers(e, 7);
  ASSERT_EQ(limits.size(), counts.size());
  EXPECT_TRUE(std::is_sorted(limits.begin(), limits.end()));
  EXPECT_EQ(counts[0], 0);  // its limit is the left end of the next
  EXPECT_LE(limits[0], -2);
  std::vector<std::pair<double, double>> filled;  // upper limits of buckets, and counts
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) filled.emplace_back(limits[i], counts[i]);
  ASSERT_EQ(filled.size(), 4u);
  EXPECT_GT(filled[0].first, -2);
  EXPECT_LT(filled[0].first, -2 / 1.1);
  EXPECT_EQ(filled[1], std::pair(1e-12, 2.));  // zeros
  EXPECT_EQ(filled[2].second, 2);              // 1.02 and 1.05
  EXPECT_GT(filled[3].first, 9e19);
  EXPECT_EQ(filled[3].first, limits.back());
}

TEST_F(TensorBoard, WritesHistogramsOfAnyTensor) {
  writer.add_histogram("none", zeros({0, 3}));
  writer.add_histogram("bool", tensor({true, false, true}));
  writer.add_histogram("leaf", ones({2}, {.dtype = bfloat16, .requires_grad = true}));
  const auto all = events();
  for (const auto& [i, count] : {std::pair{0, 0}, {1, 3}, {2, 2}}) {
    EXPECT_EQ(value<double>(all[std::size_t(i)], {5, 1, 5, 3}), count);
    double sum = 0;
    for (const double c : numbers(all[std::size_t(i)], 7)) sum += c;
    EXPECT_EQ(sum, count);
  }
}

TEST_F(TensorBoard, WritesImages) {
  if (!vision::has_png()) GTEST_SKIP() << "this build has no libpng";
  const Tensor color = arange(0, 3 * 5 * 7, 1, {.dtype = uint8}).reshape({3, 5, 7}),
               gray = linspace(-0.1, 1.2, 6).reshape({2, 3}), clear = ones({4, 2, 2}) * 0.5;
  for (const Tensor& image : {color, gray, clear}) writer.add_image("image", image);
  const auto all = events();
  const auto read = [&](std::size_t i) {
    return vision::read_image(put("image.png", text(all[i], {5, 1, 4, 4})));
  };
  EXPECT_EQ(value<std::int64_t>(all[0], {5, 1, 4, 1}), 5);
  EXPECT_EQ(value<std::int64_t>(all[0], {5, 1, 4, 2}), 7);
  EXPECT_EQ(value<std::int64_t>(all[0], {5, 1, 4, 3}), 3);
  EXPECT_EQ(test::bits(read(0)), test::bits(color));
  EXPECT_EQ(value<std::int64_t>(all[1], {5, 1, 4, 3}), 1);
  EXPECT_EQ(read(1).reshape({6}).to_vector<int>(), (std::vector<int>{0, 41, 107, 173, 240, 255}));
  EXPECT_EQ(value<std::int64_t>(all[2], {5, 1, 4, 3}), 4);
  EXPECT_EQ(read(2).reshape({16}).to_vector<int>(), std::vector<int>(16, 128));
}

TEST_F(TensorBoard, WritesTexts) {
  writer.add_text("notes", "lr **0.1**", 2);
  EXPECT_EQ(text(event(), {5, 1, 8, 8}), "lr **0.1**");
  EXPECT_EQ(text(event(), {5, 1, 9, 1, 1}), "text");
}

TEST_F(TensorBoard, WritesGraphs) {
  nn::Sequential net(nn::Linear(3, 4), nn::ReLU(), nn::Linear(4, 2));
  const Tensor loss = cross_entropy(net(ones({5, 3})), tensor({0, 1, 0, 1, 0}));
  writer.add_graph(loss, net.named_parameters());
  struct Node {
    std::string op;
    std::vector<std::string> inputs;
  };
  std::map<std::string, Node> nodes;
  const std::string graph_def = text(event(), {4});
  for (Reader in("test", graph_def); in.next();) {
    std::string name;
    Node node;
    for (Reader field = in.message(); field.next();) {
      if (field.field() == 1) name = field.text();
      if (field.field() == 2) node.op = field.text();
      if (field.field() == 3) node.inputs.emplace_back(field.text());
    }
    for (auto& input : node.inputs) EXPECT_TRUE(nodes.contains(input)) << input << " of " << name;
    EXPECT_TRUE(nodes.try_emplace(name, node).second) << name << " is there twice";
  }
  EXPECT_EQ(nodes.size(), graph::nodes({loss}).size());
  const Node& weight = nodes["0/weight"];
  EXPECT_EQ(weight.op, "leaf");
  const auto linear = std::find_if(nodes.begin(), nodes.end(),
                                   [](auto& n) { return n.first.find("2/linear_") == 0; });
  ASSERT_NE(linear, nodes.end());
  ASSERT_EQ(linear->second.inputs.size(), 3u);
  EXPECT_EQ(nodes.at(linear->second.inputs[0]).op, "relu");
  EXPECT_EQ(linear->second.inputs[1], "2/weight");
  EXPECT_EQ(linear->second.inputs[2], "2/bias");
}

// ------------------------------------------------------------ errors

TEST_F(TensorBoard, RefusesWhatIsNoImage) {
  expect_error<ShapeError>([&] { writer.add_image("i", zeros({2, 4, 4})); }, "got [2, 4, 4]");
  expect_error<ShapeError>([&] { writer.add_image("i", zeros({4})); }, "add_image: expected an");
  expect_error<ShapeError>([&] { writer.add_image("i", zeros({3, 0, 4})); }, "got [3, 0, 4]");
  expect_error<DTypeError>(
      [&] {
        writer.add_image("i", zeros({2, 2}, {.dtype = int64}));
      },
      "got int64");
  expect_error<AutogradError>([&] { writer.add_graph(ones({2})); }, "add_graph: the tensor needs");
  EXPECT_TRUE(events().empty());
}

TEST_F(TensorBoard, RefusesToWriteAfterClose) {
  writer.flush();
  writer.close();
  writer.close();
  expect_error<ArgumentError>([&] { writer.add_scalar("a", 1); }, "add_scalar: the SummaryWriter");
  expect_error<ArgumentError>([&] { writer.flush(); }, "is closed");
}

TEST_F(TensorBoard, SaysWhyItCannotWrite) {
  put("file", "");
  expect_error<IoError>([&] { SummaryWriter(path("file/runs")); },
                        "SummaryWriter: cannot make " + path("file/runs"));
}

// ------------------------------------------------------------ for TensorBoard itself

/// Writes into $TINYGRAD_TENSORBOARD what read_back.py expects.
TEST_F(TensorBoard, WritesEveryKind) {
  const char* folder = std::getenv("TINYGRAD_TENSORBOARD");
  SummaryWriter out(folder ? folder : path("all"));
  for (int i = 0; i < 10; ++i) {
    out.add_scalar("loss/train", 1. / (1 + i), i);
    out.add_scalars("both", {{"a", i}, {"b", -i}}, i);
    out.add_histogram("weights", arange(-50, 51, 1, {.dtype = float32}) * 0.01 * (i + 1), i);
  }
  out.add_image("image", arange(0, 3 * 5 * 7, 1, {.dtype = uint8}).reshape({3, 5, 7}), 1);
  out.add_text("notes", "# Title\nä", 2);
  nn::Sequential net(nn::Linear(3, 4), nn::ReLU(), nn::Linear(4, 2));
  out.add_graph(sum(net(ones({5, 3}))), net.named_parameters());
  EXPECT_EQ(records(bytes_of(out.path())).size(), 24u);
}

}  // namespace
}  // namespace tinygrad
