// SPDX-License-Identifier: MIT
// Writes down ops. Kernels are seen by a backend that notes each call and passes it on; it is made
// from kernels.def.
#include "export_recorder.h"

namespace tinygrad::onnx {
namespace {

template <class T> Argument argument_of(const T& value) {
  if constexpr (std::is_same_v<T, Operand>)
    return value.is_scalar() ? Argument(value.scalar) : Argument(value.view);
  else if constexpr (std::is_same_v<T, int>) return std::int64_t(value);
  else if constexpr (std::is_constructible_v<Argument, std::in_place_type_t<T>, const T&>)
    return Argument(std::in_place_type<T>, value);
  else return {};
}
template <class... T> KernelCall call_of(std::string_view kernel, const T&... arguments) {
  return {kernel, {argument_of(arguments)...}};
}

}  // namespace

class ExportRecorder::Notes : public Backend {
 public:
  Notes(Backend& own, ExportRecorder& recorder)
      : Backend(own.device()), own_(own), recorder_(recorder) {}
  const Backend& own() const { return own_; }

  Memory allocate(std::size_t bytes) override { return own_.allocate(bytes); }
  void release(Memory memory) noexcept override { own_.release(memory); }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    own_.upload(from, to, offset, bytes);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    own_.download(from, offset, to, bytes);
  }

#define PACK(...) __VA_ARGS__
#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters override {                    \
    own_.name arguments;                             \
    note(call_of(#name, PACK arguments));            \
  }
#define KERNEL(name, backends, parameters, arguments) \
  bool name parameters override {                     \
    const bool done = own_.name arguments;            \
    if (done) note(call_of(#name, PACK arguments));   \
    return done;                                      \
  }
#include "tinygrad/kernels.def"
#undef PACK

 private:
  void note(KernelCall call) {
    recorder_.ops_[std::size_t(recorder_.open_.back())].calls.push_back(std::move(call));
  }
  Backend& own_;
  ExportRecorder& recorder_;
};

ExportRecorder::ExportRecorder() = default;
ExportRecorder::~ExportRecorder() = default;

Backend& ExportRecorder::kernels(Backend& own) {
  for (const auto& notes : notes_)
    if (&notes->own() == &own) return *notes;
  return *notes_.emplace_back(std::make_unique<Notes>(own, *this));
}

void ExportRecorder::begin(const OpEvent& op) {
  RecordedOp recorded{.name = op.name,
                      .path = op.path,
                      .location = op.location,
                      .parent = open_.empty() ? -1 : open_.back(),
                      .inputs = {}};
  for (const Tensor& input : op.input_tensors) recorded.inputs.push_back(input);
  if (recorded.name.ends_with("_") && !recorded.inputs.empty())
    recorded.before = recorded.inputs[0].detach().clone();
  open_.push_back(int(ops_.size()));
  ops_.push_back(std::move(recorded));
}

void ExportRecorder::end(const OpEvent& op) {
  RecordedOp& recorded = ops_[std::size_t(open_.back())];
  open_.pop_back();
  recorded.status = op.status;
  for (const Tensor& output : op.output_tensors) recorded.outputs.push_back(output);
}

}  // namespace tinygrad::onnx
