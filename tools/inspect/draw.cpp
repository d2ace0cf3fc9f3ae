// SPDX-License-Identifier: MIT
// Draws the bytes of a model file from the first to the last, line by line, coloured by layers.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "print.h"
#include "table.h"

namespace tinygrad::inspect {
namespace {

constexpr std::uint64_t columns = 64, lines = 16;

/// What is drawn alike: the headers, a layer, or bytes of no known use.
struct Group {
  std::string name;
  Part::Kind kind;
  std::uint64_t bytes = 0;
  char letter = '+';  ///< of layers that are too small for a letter of their own
};

struct Drawing {
  std::vector<Group> groups;
  std::vector<std::size_t> group_of;  ///< for each part
};

std::string name_of(const Part& part) {
  if (part.kind == Part::Kind::header) return "(header)";
  if (part.kind == Part::Kind::other) return part.name;
  return part.name.empty() ? "(array)" : layer_of(part.name);
}

/// Gives the 26 largest layers letters, in the order of the file.
void give_letters(std::vector<Group>& groups) {
  std::vector<Group*> layers;
  for (Group& group : groups)
    if (group.kind == Part::Kind::header) group.letter = '=';
    else if (group.kind == Part::Kind::other) group.letter = '.';
    else layers.push_back(&group);
  std::ranges::stable_sort(layers, std::greater(), &Group::bytes);
  layers.resize(std::min<std::size_t>(layers.size(), 26));
  std::ranges::sort(layers);
  char next = 'a';
  for (Group* layer : layers) layer->letter = next++;
}

Drawing draw(const Contents& contents) {
  Drawing drawing;
  std::map<std::string, std::size_t> places;
  for (const Part& part : contents.layout.parts) {
    const auto [place, is_new] = places.try_emplace(name_of(part), drawing.groups.size());
    if (is_new) drawing.groups.push_back({place->first, part.kind});
    drawing.groups[place->second].bytes += part.end - part.begin;
    drawing.group_of.push_back(place->second);
  }
  give_letters(drawing.groups);
  return drawing;
}

/// The groups that have a letter, and the sum of the others.
std::vector<Group> legend_of(const Drawing& drawing) {
  std::vector<Group> legend;
  Group others{"", Part::Kind::tensor};
  int count = 0;
  for (const Group& group : drawing.groups)
    if (group.letter != '+') legend.push_back(group);
    else ++count, others.bytes += group.bytes;
  others.name = fmt::format("({} smaller layers)", count);
  if (count > 0) legend.push_back(others);
  return legend;
}

/// The part that covers most of the bytes [begin, end).
std::size_t largest(const std::vector<Part>& parts, std::uint64_t begin, std::uint64_t end) {
  std::size_t best = 0;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::uint64_t from = std::max(parts[i].begin, begin), to = std::min(parts[i].end, end);
    if (to > from && to - from > most) most = to - from, best = i;
  }
  return best;
}

/// Hues that are far apart for neighbouring letters; headers are dark, other bytes light.
std::string colour(const Group& group) {
  if (group.letter == '=') return "#444";
  if (group.letter == '.') return "#ddd";
  if (group.letter == '+') return "#aaa";
  const int number = group.letter - 'a';
  return fmt::format("hsl({} 60% {}%)", number * 137 % 360, 50 + number % 3 * 9);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : one_line(text, 60))
    out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

/// The rectangles of a part: one in each line of `step` bytes that it touches. A line is 640 wide
/// and 24 high.
std::string rectangles(const Part& part, std::uint64_t step, const std::string& fill) {
  std::string text;
  for (std::uint64_t at = part.begin; at < part.end;) {
    const std::uint64_t line = at / step, end = std::min(part.end, (line + 1) * step);
    text += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"22\" fill=\"{}\">"
        "<title>{}: {} bytes at {}</title></rect>\n",
        640. * double(at % step) / double(step), 30 + 24 * line,
        640. * double(end - at) / double(step), fill, escaped(part.name),
        grouped(part.end - part.begin), grouped(part.begin));
    at = end;
  }
  return text;
}

}  // namespace

std::string as_drawing(const Contents& contents) {
  const Drawing drawing = draw(contents);
  const std::uint64_t step =
      std::max<std::uint64_t>(1, (contents.bytes - 1) / (columns * lines) + 1);
  std::string text = fmt::format("\n  a character for {} bytes\n", grouped(step));
  std::uint64_t at = 0;
  for (std::uint64_t column = 0; at < contents.bytes; at += step, ++column) {
    if (column % columns == 0) text += "\n  ";
    text += drawing.groups[drawing.group_of[largest(contents.layout.parts, at, at + step)]].letter;
  }
  text += "\n\n";
  for (const Group& group : legend_of(drawing))
    text += fmt::format("  {}  {}, {} bytes\n", group.letter, one_line(group.name, 60),
                        grouped(group.bytes));
  return text;
}

std::string as_svg(const Contents& contents) {
  const Drawing drawing = draw(contents);
  const auto legend = legend_of(drawing);
  const std::uint64_t step = std::max<std::uint64_t>(1, (contents.bytes - 1) / lines + 1);
  const std::uint64_t below = 30 + 24 * lines + 24;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-10 0 660 {}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect x=\"-10\" width=\"660\" height=\"100%\" fill=\"white\"/>\n"
      "<text y=\"18\">{}: {} bytes, {} in a line</text>\n",
      below + 20 * ((legend.size() + 1) / 2),
      escaped(std::filesystem::path(contents.path).filename().string()), grouped(contents.bytes),
      grouped(step));
  for (std::size_t i = 0; i < contents.layout.parts.size(); ++i)
    text += rectangles(contents.layout.parts[i], step, colour(drawing.groups[drawing.group_of[i]]));
  for (std::size_t i = 0; i < legend.size(); ++i) {
    const std::uint64_t x = i % 2 * 320, y = below + 20 * (i / 2);
    text += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{}\"/>"
        "<text x=\"{}\" y=\"{}\">{}, {} bytes</text>\n",
        x, y - 10, colour(legend[i]), x + 18, y, escaped(legend[i].name), grouped(legend[i].bytes));
  }
  return text + "</svg>\n";
}

}  // namespace tinygrad::inspect
