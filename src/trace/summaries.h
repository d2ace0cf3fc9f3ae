// SPDX-License-Identifier: MIT
// The messages that TensorBoard's files consist of, with the numbers of their fields
// (tensorboard/compat/proto: event.proto, summary.proto, tensor.proto, graph.proto).
#pragma once
#include <span>

#include "protobuf.h"
#include "tinygrad/tensor.h"

namespace tinygrad::tracing {

/// An Event of this moment, without content.
protobuf::Message new_event(std::int64_t step);
/// An Event with a Summary of one value, which has the tag.
std::string summary_event(const std::string& tag, const protobuf::Message& value,
                          std::int64_t step);

// Values of a Summary, without their tag.
protobuf::Message scalar(double value);
protobuf::Message histogram(const std::vector<double>& values);
/// pixels [height, width, channels].
protobuf::Message image(const std::string& pixels, std::int64_t height, std::int64_t width,
                        std::int64_t channels);
protobuf::Message text(const std::string& text);

/// A GraphDef of all nodes that output was computed by.
protobuf::Message graph(const Tensor& output, const NamedTensors& parameters);

}  // namespace tinygrad::tracing
