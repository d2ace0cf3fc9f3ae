// SPDX-License-Identifier: MIT
// Tests that CSV files are read by RFC 4180 or refused with the line, and what becomes of columns.
#include <chrono>
#include <cmath>

#include "support/files.h"
#include "tinygrad/ops.h"
#include "tinygrad/tables/table.h"

namespace tinygrad::test {
namespace {

using namespace tables;

class CsvFile : public Files {
 protected:
  Table read(const std::string& bytes, const CsvOptions& options = {}) {
    return read_csv(put("file", bytes), options);
  }
  void refuse(const std::string& bytes, const std::string& reason, const CsvOptions& options = {}) {
    const auto start = std::chrono::steady_clock::now();
    expect_error<IoError>([&] { read(bytes, options); }, '"' + path("file") + '"' + reason);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  }
};
using Names = std::vector<std::string>;

TEST_F(CsvFile, has_columns_of_numbers_and_of_categories) {
  const Table table = read("age,city\n3,Ulm\n-4.5e1,Bonn\n,Ulm\nNA,\n");
  EXPECT_EQ(table.size(), 4);
  const auto age = table["age"].values.to_vector<double>();
  EXPECT_EQ(age[0], 3);
  EXPECT_EQ(age[1], -45);
  EXPECT_TRUE(std::isnan(age[2]) && std::isnan(age[3]));
  EXPECT_EQ(table["city"].categories, (Names{"Bonn", "Ulm"}));
  EXPECT_EQ(bits(table["city"].values), bits(tensor({1, 0, 1, -1})));
  EXPECT_EQ(table.to_tensor({"city"}).shape(), Shape({4, 1}));
  EXPECT_EQ(table.to_tensor().shape(), Shape({4, 2}));
  EXPECT_EQ(table.to_tensor()[1].to_vector<float>(), (std::vector<float>{-45, 0}));
  expect_error<ArgumentError>([&] { table["country"]; }, "there is no column \"country\"");
}
TEST_F(CsvFile, follows_rfc_4180) {
  for (const std::string& end : {std::string("\n"), std::string("\r\n")}) {
    const Table table =
        read("\"a \"\"b\"\"\",\"c\nd\"" + end + "\"x,y\"," + end + "\"\",\"2\"" + end);
    EXPECT_EQ(table.columns[0].name, "a \"b\"");
    EXPECT_EQ(table.columns[1].name, "c\nd");
    EXPECT_EQ(table.columns[0].categories, Names{"x,y"});
    EXPECT_EQ(table.columns[1].values.to_vector<double>()[1], 2);
  }
  EXPECT_EQ(read("a\n1").size(), 1);  // the last line end may be missing
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a\n1\n")
                .columns[0]
                .name,
            "a");
  EXPECT_EQ(read("a;b\n1;2\n", {.delimiter = ';'}).columns.size(), 2u);
  EXPECT_EQ(read("a,b\n").size(), 0);
}
TEST_F(CsvFile, is_read_as_the_options_say) {
  const Table table = read("1,2\n3,?\n", {.header = false, .missing = {"?"}, .text = {"0"}});
  EXPECT_EQ(table.columns[0].categories, (Names{"1", "3"}));
  EXPECT_TRUE(std::isnan(table["1"].values.to_vector<double>()[1]));
  const Table test = read("1,5\n", {.header = false, .missing = {"?"}, .like = &table});
  EXPECT_EQ(bits(test["0"].values), bits(tensor({0})));
  const CsvOptions like{.header = false, .like = &table};
  refuse("1,2\n4,5\n", ", line 2, column \"0\": \"4\" is no category of the other table", like);
  refuse("1,x\n", ", line 1, column \"1\": \"x\" is no number", like);
  refuse("1\n", " has 1 columns, the other table 2", like);
  refuse("a,b\n", ": column 0 is \"a\", that of the other table \"0\"", {.like = &table});
  expect_error<ArgumentError>([&] { read("a\n", {.delimiter = '"'}); }, "neither a quote nor");
}
TEST_F(CsvFile, is_refused_with_the_line) {
  refuse("", ", line 1: the file is empty");
  refuse("a,b\n1,2\n3\n", ", line 3: the row has 1 fields, expected 2");
  refuse("a,b\n\"1\n\n\",2\n3\n", ", line 5: the row has 1 fields, expected 2");
  refuse("a\n1\n\"2\n3\n", ", line 3: has a quote that is never closed");
  refuse("a\n1\n2\"\n", ", line 3: contains a quote in a field without quotes");
  refuse("a\n\"1\"2\n", ", line 2: contains text after a closing quote");
  refuse("a\n1\r2\n", ", line 2: contains a carriage return that ends no line");
  refuse(std::string("a\n\0\n", 4), ", line 2: contains a zero byte");
  refuse("a,b,a\n", ", line 1: the name \"a\" is there twice");
  refuse(std::string(10'000'000, ','), ", line 1: has more than 65536 columns");
  refuse("a\n\"" + std::string(10'000'000, '\n'),
         ", line 2: has a field of more than 1048576 bytes");
  expect_error<IoError>([&] { read_csv(path("missing")); }, "is not a file that can be read");
  expect_error<IoError>([&] { read_csv(folder_); }, "is not a file that can be read");
}
TEST_F(CsvFile, is_standardised_and_so_are_others) {
  const Table train = read("a,b,c,d\n1,7,x,\n2,7,y,\n,7,x,\n6,7,x,\n"),
              test = read("a,b,c,d\n9,8,x,1\n");
  const Standardization s = standardize(train, {"a", "b"});
  EXPECT_EQ(s.mean, (std::vector<double>{3, 7}));
  EXPECT_NEAR(s.std[0], std::sqrt(14. / 3), 1e-12);
  EXPECT_EQ(s.std[1], 1);
  const auto x = s(train).to_vector<float>();
  EXPECT_FLOAT_EQ(x[0], float(-2 / std::sqrt(14. / 3)));
  EXPECT_TRUE(std::isnan(x[4]));
  EXPECT_FLOAT_EQ(s(test).to_vector<float>()[0], float(6 / std::sqrt(14. / 3)));
  EXPECT_FLOAT_EQ(s(test).to_vector<float>()[1], 1);
  expect_error<ArgumentError>([&] { standardize(train, {"c"}); }, "column \"c\" has categories");
  expect_error<ArgumentError>([&] { standardize(train, {"d"}); }, "column \"d\" has no numbers");
}
TEST(Standardizer, TakesTheStatisticsOfTheTrainingRows) {
  const Tensor train = tensor({{1., 7., 2.}, {2., 7., NAN}, {6., 7., 4.}}, {.dtype = float64}),
               test = tensor({{9., 8., 3.}}, {.dtype = float64});
  const Standardizer s(train);
  EXPECT_EQ(s.mean.to_vector<double>(), (std::vector<double>{3, 7, 3}));
  const double deviation = std::sqrt(14. / 3);
  EXPECT_EQ(s.std.to_vector<double>(), (std::vector<double>{deviation, 1, 1}));
  EXPECT_EQ(s(test).to_vector<double>(), (std::vector<double>{6 / deviation, 1, 0}));
  EXPECT_TRUE(allclose(s.inverse(s(test)), test, 1e-15));
  expect_error<ShapeError>([] { Standardizer(ones({2})); },
                           "Standardizer: expected x of shape [N, columns], got [2]");
}

}  // namespace
}  // namespace tinygrad::test
