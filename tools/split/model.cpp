// SPDX-License-Identifier: MIT
// The costs of transformers by formulas, and those of other models from files.
#include "model.h"

#include "read.h"

namespace tinygrad::simulator {
namespace {

constexpr double float16 = 2, float32 = 4, mask = 1;  // bytes of an element

/// `batch` products of [m, k] and [k, n].
Cost product(double m, double n, double k, double batch = 1) {
  return {2 * m * n * k * batch, float16 * (m * n + n * k + m * k) * batch, 0};
}

/// The products of a layer. There is no sum of them: a device computes one after another.
std::vector<Cost> products(const Transformer& s, double b, double t) {
  const double rows = b * s.sequence, h = s.hidden, of_head = h / s.heads;
  return {product(rows, 3 * h / t, h),  // queries, keys and values
          product(s.sequence, s.sequence, of_head, b * s.heads / t),
          product(s.sequence, of_head, s.sequence, b * s.heads / t),
          product(rows, h, h / t),
          product(rows, 4 * h / t, h),
          product(rows, h, 4 * h / t)};
}

/// Each product has two derivatives of its size.
void add_derivatives(std::vector<Cost>& all, const std::vector<Cost>& products) {
  for (int i = 0; i < 2; ++i) all.insert(all.end(), products.begin(), products.end());
}

/// What the elementwise kernels of a layer read and write: `width` bytes for each element of the
/// residual stream, `divided` for those of divided activations of the same size, and `scores` for
/// each score of attention.
Cost elementwise(const Transformer& s, double b, double t, double width, double divided,
                 double scores) {
  const double elements = b * s.sequence * s.hidden;
  return {0, (width + divided / t) * elements + scores * b * s.heads * s.sequence * s.sequence / t,
          0};
}
/// Twice layer norm (reads x, writes y), twice bias, dropout and the residual sum (two read, one
/// written, a mask); in the divided part GELU of 4 h, and the transposes of queries, keys, values
/// and their mean; of scores softmax, and dropout with a mask.
Cost elementwise_forward(const Transformer& s, double b, double t) {
  const double width = 2 * 2 * float16 + 2 * (3 * float16 + mask);
  return elementwise(s, b, t, width, 4 * 2 * float16 + 4 * 2 * float16, 4 * float16 + mask);
}
/// The same backwards: layer norm reads dy and x; gradients are added where the residual branches
/// meet; GELU reads dy and x, softmax dy and y.
Cost elementwise_backward(const Transformer& s, double b, double t) {
  const double width = 2 * 3 * float16 + 2 * (2 * float16 + mask) + 2 * 3 * float16;
  return elementwise(s, b, t, width, 4 * 3 * float16 + 4 * 2 * float16, 5 * float16 + mask);
}

/// Memory of all that the backward pass of a layer reads (Korthikanti et al. 2022, equation 2).
double activations(const Transformer& s, double b, double t) {
  return b * s.sequence * s.hidden * (10 + 24 / t + 5. * s.heads * s.sequence / s.hidden / t);
}

Layer block(const Transformer& s, double b, double t) {
  const double h = s.hidden, input = float16 * b * s.sequence * h;
  Layer layer{"block"};
  layer.parameters = (12 * h * h + 13 * h) / t;
  layer.forward = products(s, b, t);
  add_derivatives(layer.backward, layer.forward);
  layer.forward.push_back(elementwise_forward(s, b, t));
  layer.backward.push_back(elementwise_backward(s, b, t));
  layer.reduced_bytes = layer.output_bytes = input;
  layer.forward_reduces = layer.backward_reduces = 2;
  layer.saved_bytes = s.recompute ? input : activations(s, b, t);
  layer.working_bytes = s.recompute ? activations(s, b, t) : 0;
  if (s.recompute) {
    layer.backward.insert(layer.backward.end(), layer.forward.begin(), layer.forward.end());
    layer.backward_reduces += layer.forward_reduces;
  }
  layer.repeat = s.layers;
  return layer;
}

Layer embedding(const Transformer& s, double b, double t) {
  const double input = float16 * b * s.sequence * s.hidden;
  Layer layer{"embedding"};
  layer.parameters = (s.vocabulary / t + s.sequence) * s.hidden;
  layer.forward = {{0, 3 * input, 0}};
  layer.backward = {{0, 2 * input, 0}};
  layer.reduced_bytes = layer.output_bytes = input;
  layer.forward_reduces = 1;
  return layer;
}

/// The logits, by the embedding's matrix, and the cross entropy, in float32, of each.
Layer head(const Transformer& s, double b, double t) {
  const double logits = b * s.sequence * s.vocabulary / t;
  Layer layer{"head"};
  layer.forward = {product(b * s.sequence, s.vocabulary / t, s.hidden)};
  add_derivatives(layer.backward, layer.forward);
  layer.forward.push_back({0, logits * (float16 + 4 * float32), 0});
  layer.backward.push_back({0, logits * (2 * float32 + 2 * float16), 0});
  layer.reduced_bytes = float16 * b * s.sequence * s.hidden;
  layer.backward_reduces = 1;
  layer.working_bytes = logits * (float16 + 2 * float32);
  return layer;
}

/// A cost of a file: for a sample, and `start` for each pass.
struct SampleCost {
  Cost of_sample;
  double start = 0;
  Cost of(double samples) const {
    return {of_sample.flops * samples, of_sample.bytes * samples,
            of_sample.seconds * samples + start};
  }
};
SampleCost read_cost(Reader& parent, const char* key) {
  Reader reader(parent.where() + ", " + key, parent.part(key, nlohmann::json::object()));
  SampleCost cost;
  reader.number("flops", cost.of_sample.flops);
  reader.number("bytes", cost.of_sample.bytes);
  reader.number("seconds", cost.of_sample.seconds);
  reader.number("start", cost.start);
  reader.finish();
  return cost;
}

struct SampleLayer {
  Layer layer;
  SampleCost forward, backward;
  Layer of(double samples) const {
    Layer all = layer;
    all.forward = {forward.of(samples)};
    all.backward = {backward.of(samples)};
    all.saved_bytes *= samples;
    all.output_bytes *= samples;
    return all;
  }
};
SampleLayer read_layer(const std::string& where, const nlohmann::json& object) {
  Reader reader(where, object);
  SampleLayer all;
  reader.text("name", all.layer.name);
  reader.number("parameters", all.layer.parameters);
  reader.number("saved_bytes", all.layer.saved_bytes);
  reader.number("output_bytes", all.layer.output_bytes);
  reader.count("repeat", all.layer.repeat);
  all.forward = read_cost(reader, "forward");
  all.backward = read_cost(reader, "backward");
  reader.finish();
  return all;
}

double sum_of_flops(const std::vector<Cost>& costs) {
  double sum = 0;
  for (const Cost& cost : costs) sum += cost.flops;
  return sum;
}

}  // namespace

double parameters_of(const Model& model) {
  double sum = 0;
  for (const Layer& layer : model.layers(1, 1)) sum += layer.parameters * layer.repeat;
  return sum;
}

double flops_of(const Model& model, double batch) {
  double sum = 0;
  for (const Layer& layer : model.layers(1, 1))
    sum += (sum_of_flops(layer.forward) + sum_of_flops(layer.backward)) * layer.repeat;
  return sum * batch;
}

Model transformer(const Transformer& s) {
  require(s.layers > 0 && s.hidden > 0 && s.heads > 0 && s.sequence > 0 && s.vocabulary > 0,
          "transformer", "expected at least 1 of layers, hidden, heads, sequence and vocabulary");
  require(s.hidden % s.heads == 0, "transformer", "expected a hidden size that ", s.heads,
          " heads divide, got ", s.hidden);
  Model model;
  model.name = "transformer";
  model.heads = s.heads;
  model.layers = [s](int b, int t) {
    return std::vector<Layer>{embedding(s, b, t), block(s, b, t), head(s, b, t)};
  };
  return model;
}

Model read_model(const std::string& path) {
  Reader reader(path);
  Model model;
  model.name = path;
  reader.text("name", model.name);
  reader.number("bytes_per_parameter", model.bytes_per_parameter);
  reader.number("gradient_bytes", model.gradient_bytes);
  const SampleCost update = read_cost(reader, "update");
  if (update.start > 0) reader.refuse("update", "no start: it is for a parameter");
  model.update = update.of_sample;
  std::vector<SampleLayer> layers;
  int repeated = 0;
  for (const auto& object : reader.part("layers", nlohmann::json::array())) {
    layers.push_back(read_layer(path + ", layer " + std::to_string(layers.size()), object));
    repeated += layers.back().layer.repeat > 1;
  }
  reader.finish();
  if (layers.empty()) reader.refuse("layers", "at least one");
  if (repeated > 1) reader.refuse("layers", "at most one that repeats");
  model.layers = [layers](int micro_batch, int) {
    std::vector<Layer> all;
    for (const SampleLayer& layer : layers) all.push_back(layer.of(micro_batch));
    return all;
  };
  return model;
}

}  // namespace tinygrad::simulator
