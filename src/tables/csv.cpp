// SPDX-License-Identifier: MIT
// Parses CSV files, strictly by RFC 4180.
#include "csv.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace tinygrad::tables {
namespace {

constexpr std::size_t most_columns = 1 << 16, longest_field = 1 << 20;
constexpr int end = std::char_traits<char>::eof();

/// Reads rows, and counts lines for messages.
class Reader {
 public:
  Reader(const Call& call, const std::string& path, char delimiter)
      : call_(call), path_(path), delimiter_(delimiter), file_(path, std::ios::binary) {
    std::error_code ignored;
    require<IoError>(std::filesystem::is_regular_file(path, ignored) && file_.is_open(), call,
                     '"' + path, "\" is not a file that can be read");
    for (const int c : {0xEF, 0xBB, 0xBF})  // UTF-8's byte order mark
      if (peek() == c) next();
  }
  /// Returns whether there is another row, whose fields it puts into `row`.
  bool read(std::vector<std::string>& row) {
    row.clear();
    if (peek() == end) return false;
    first_line_ = line_;
    do {
      check(row.size() < most_columns, "has more than 65536 columns");
      row.push_back(peek() == '"' ? quoted() : plain());
    } while (take(delimiter_));
    if (take('\r')) check(peek() == '\n', "contains a carriage return that ends no line");
    check(take('\n') || peek() == end, "contains text after a closing quote");
    return true;
  }
  std::int64_t first_line() const { return first_line_; }
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    require<IoError>(ok, call_, '"' + path_, "\", line ", first_line_, ": ", parts...);
  }

 private:
  int peek() { return file_.rdbuf()->sgetc(); }
  int next() {
    const int c = file_.rdbuf()->sbumpc();
    line_ += c == '\n';
    check(c != 0, "contains a zero byte");
    return c;
  }
  bool take(char c) { return peek() == static_cast<unsigned char>(c) && next(); }
  void append(std::string& field) {
    check(field.size() < longest_field, "has a field of more than 1048576 bytes");
    field.push_back(char(next()));
  }
  std::string plain() {
    std::string field;
    for (int c = peek();
         c != end && c != static_cast<unsigned char>(delimiter_) && c != '\n' && c != '\r';
         c = peek()) {
      check(c != '"', "contains a quote in a field without quotes");
      append(field);
    }
    return field;
  }
  std::string quoted() {
    std::string field;
    next();
    for (;;) {
      check(peek() != end, "has a quote that is never closed");
      if (take('"') && peek() != '"') return field;
      append(field);
    }
  }

  const Call call_;
  const std::string path_;
  const char delimiter_;
  std::ifstream file_;
  std::int64_t line_ = 1, first_line_ = 1;
};

}  // namespace

Csv parse_csv(const Call& call, const std::string& path, char delimiter, bool header) {
  Reader reader(call, path, delimiter);
  std::vector<std::string> row;
  reader.check(reader.read(row), "the file is empty");
  Csv csv;
  for (std::size_t i = 0; i < row.size(); ++i)
    csv.columns.push_back({header ? row[i] : std::to_string(i)});
  std::set<std::string> names;
  for (const Fields& column : csv.columns)
    reader.check(names.insert(column.name).second, "the name \"", column.name, "\" is there twice");
  for (bool more = header ? reader.read(row) : true; more; more = reader.read(row)) {
    reader.check(row.size() == csv.columns.size(), "the row has ", row.size(), " fields, expected ",
                 csv.columns.size());
    csv.lines.push_back(reader.first_line());
    for (std::size_t i = 0; i < row.size(); ++i) csv.columns[i].fields.push_back(std::move(row[i]));
  }
  return csv;
}

}  // namespace tinygrad::tables
