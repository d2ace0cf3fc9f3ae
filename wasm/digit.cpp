// SPDX-License-Identifier: MIT
// The page that reads a drawn digit: the CNN of examples/mnist_cnn, what each of its layers
// computes, and how the score of a class changes with each pixel.

#include "bind.h"
#include "mnist/nets.h"

namespace page {

class DigitReader {
 public:
  explicit DigitReader(const val& weights) {
    load_weights(net_, weights);
    net_.eval();
  }

  /// For 28 x 28 pixels from 0 to 1: the layers' outputs (conv1 [32, 28, 28], pool1 [32, 14, 14],
  /// conv2 [64, 14, 14], pool2 [64, 7, 7]), the scores and probabilities [10], and the gradient
  /// [28, 28] by the pixels of the score of class `of`, or if it is -1 of the likeliest class.
  val read(const val& pixels, int of) {
    const Tensor x = from_js(pixels, {1, 1, 28, 28}).requires_grad_();
    const Tensor conv1 = relu(net_.conv1(x)), pool1 = max_pool2d(conv1, 2),
                 conv2 = relu(net_.conv2(pool1)), pool2 = max_pool2d(conv2, 2);
    const Tensor scores = net_.fc(flatten(pool2, 1)).select(0, 0);
    const auto likeliest = int(argmax(scores).item<std::int64_t>());
    scores.select(0, of < 0 ? likeliest : of).backward();
    val result = val::object();
    result.set("conv1", to_js(conv1)), result.set("pool1", to_js(pool1));
    result.set("conv2", to_js(conv2)), result.set("pool2", to_js(pool2));
    result.set("scores", to_js(scores)), result.set("probabilities", to_js(softmax(scores, 0)));
    result.set("likeliest", likeliest);
    result.set("gradient", to_js(x.grad()));
    return result;
  }

 private:
  mnist::Cnn net_;
};

EMSCRIPTEN_BINDINGS(digit) {
  emscripten::class_<DigitReader>("DigitReader")
      .constructor(&made<DigitReader, val>, emscripten::allow_raw_pointers())
      .function("read", checked<&DigitReader::read>);
}

}  // namespace page
