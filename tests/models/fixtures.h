// SPDX-License-Identifier: MIT
// What the tests of models read: the files that make_fixtures.py wrote, and its formula of weights.
#pragma once
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "support/fnv.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad::models {

inline const std::string fixtures = TINYGRAD_SOURCE_DIR "/tests/models/fixtures/";

/// A tensor of a small model: formula.py has the formula.
inline Tensor formula_weight(const std::string& name, const Shape& shape) {
  const std::uint64_t h = fnv(name);
  std::vector<float> values;
  const bool is_norm =
      (name.ends_with("weight") || name.ends_with("running_var")) && shape.rank() == 1;
  for (std::uint64_t i = 0; i < std::uint64_t(shape.count()); ++i) {
    std::uint64_t z = h + i + 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    values.push_back(float((double(z >> 40) * 0x1p-24 - 0.5) / 2 + is_norm));
  }
  return tensor(values).reshape(shape);
}

inline nlohmann::json read_json(const std::string& name) {
  std::ifstream file(fixtures + name);
  return nlohmann::json::parse(file);
}

inline Tensor expected(const std::string& name, const std::string& file = "outputs.safetensors") {
  for (const auto& [key, value] : load(fixtures + file, {.device = "cpu"}))
    if (key == name) return value;
  fail<IoError>("expected", name, " is not in ", file);
}

/// The state of a small model, with the names and shapes of transformers.
inline NamedTensors formula_state(const nlohmann::json& shapes) {
  NamedTensors state;
  for (const auto& [name, sizes] : shapes.items()) {
    Shape shape;
    for (const auto& size : sizes) shape.push_back(size.get<std::int64_t>());
    state.emplace_back(name, formula_weight(name, shape));
  }
  return state;
}

/// A folder with a small model, which is deleted in the end.
struct ModelFolder {
  explicit ModelFolder(const nlohmann::json& fixture) {
    std::filesystem::create_directories(path);
    write("config.json", fixture["config"].dump());
    save_safetensors(formula_state(fixture["shapes"]), path + "/model.safetensors");
  }
  ~ModelFolder() { std::filesystem::remove_all(path); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(path + "/" + file) << text;
  }
  const std::string path =
      (std::filesystem::temp_directory_path() / ("tinygrad_model_" + std::to_string(getpid())))
          .string();
};

/// The ids [2, 12] that the fixtures were computed with.
inline Tensor small_ids() { return (arange(24) * 7 % 40).reshape({2, 12}); }

inline double largest_difference(const Tensor& a, const Tensor& b) {
  return abs(a.to(float64) - b.to(float64)).max().item<double>();
}

}  // namespace tinygrad::models
