// SPDX-License-Identifier: MIT
// Implements streams, events and graphs. Work runs when it is submitted, so there is nothing to
// wait for. What remains is capture: a stream that is being captured records its work, streams that
// wait for its events join the capture, and a graph repeats all of the work in the same order.
#include "emulator.h"

#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace cuda_emulator {
namespace {

struct Capture {
  std::vector<Work> work;
  cudaStream_t origin = nullptr;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;
  std::set<cudaStream_t>
      unjoined;  // streams that joined, with work for which the origin has not waited
  bool is_valid = true, has_ended = false;
};
struct Stream {
  std::shared_ptr<Capture> capture;
};
struct Event {
  std::shared_ptr<Capture> capture;  // in which it was last recorded
  cudaStream_t stream = nullptr;
  bool is_recorded = false;
  std::chrono::steady_clock::time_point at;
};
struct Graph {
  std::vector<Work> work;
};

Stream& of(cudaStream_t stream) {
  static Stream& null_stream = *new Stream;
  return stream ? *reinterpret_cast<Stream*>(stream) : null_stream;
}
Event& of(cudaEvent_t event) { return *reinterpret_cast<Event*>(event); }

std::vector<std::weak_ptr<Capture>>& captures() {
  static auto& all = *new std::vector<std::weak_ptr<Capture>>;
  return all;
}
bool goes_on(const std::shared_ptr<Capture>& capture) { return capture && !capture->has_ended; }
/// The capture that the stream belongs to, or null.
Capture* capture_of(cudaStream_t stream) {
  Stream& own = of(stream);
  if (!goes_on(own.capture)) own.capture = nullptr;
  return own.capture.get();
}
cudaError_t invalidate(Capture& capture, cudaError_t error, const std::string& text) {
  capture.is_valid = false;
  return report(error, text);
}
cudaError_t replay(const std::vector<Work>& all) {
  for (const Work& work : all)
    if (const cudaError_t error = work()) return error;
  return cudaSuccess;
}

}  // namespace

cudaError_t submit(cudaStream_t stream, Work work) {
  const std::lock_guard lock(mutex());
  Capture* capture = capture_of(stream);
  if (!capture) return work();
  if (!capture->is_valid) return report(cudaErrorStreamCaptureInvalidated);
  capture->work.push_back(std::move(work));
  if (stream != capture->origin) capture->unjoined.insert(stream);
  return cudaSuccess;
}

cudaError_t refuse_in_capture(const char* call) {
  for (auto& weak : captures()) {
    const auto capture = weak.lock();
    if (!goes_on(capture)) continue;
    const bool concerned = capture->mode == cudaStreamCaptureModeGlobal ||
                           (capture->mode == cudaStreamCaptureModeThreadLocal &&
                            capture->thread == std::this_thread::get_id());
    if (concerned)
      return invalidate(*capture, cudaErrorStreamCaptureUnsupported,
                        std::string(call) + " is called while a stream is being captured");
  }
  return cudaSuccess;
}

}  // namespace cuda_emulator

using namespace cuda_emulator;

// ------------------------------------------------------------ streams

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  MAY_FAIL(cudaStreamCreateWithFlags);
  *stream = reinterpret_cast<cudaStream_t>(new Stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  MAY_FAIL(cudaStreamDestroy);
  delete &of(stream);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  MAY_FAIL(cudaStreamSynchronize);
  const std::lock_guard lock(mutex());
  if (Capture* capture = capture_of(stream))
    return invalidate(*capture, cudaErrorStreamCaptureUnsupported,
                      "cudaStreamSynchronize waits for a stream that is being captured");
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  MAY_FAIL(cudaDeviceSynchronize);
  const std::lock_guard lock(mutex());
  return refuse_in_capture("cudaDeviceSynchronize");
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  MAY_FAIL(cudaStreamWaitEvent);
  const std::lock_guard lock(mutex());
  const Event& e = of(event);
  if (!goes_on(e.capture)) return cudaSuccess;
  Capture* own = capture_of(stream);
  if (!own) of(stream).capture = e.capture;
  else if (own != e.capture.get())
    return invalidate(*own, cudaErrorStreamCaptureUnsupported,
                      "a capture waits for an event of another");
  if (stream == e.capture->origin) e.capture->unjoined.erase(e.stream);
  else e.capture->unjoined.insert(stream);
  return cudaSuccess;
}

// ------------------------------------------------------------ events

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  MAY_FAIL(cudaEventCreateWithFlags);
  *event = reinterpret_cast<cudaEvent_t>(new Event);
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  MAY_FAIL(cudaEventDestroy);
  delete &of(event);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  MAY_FAIL(cudaEventRecord);
  const std::lock_guard lock(mutex());
  capture_of(stream);
  of(event) = {of(stream).capture, stream, true, std::chrono::steady_clock::now()};
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  MAY_FAIL(cudaEventQuery);
  const std::lock_guard lock(mutex());
  if (!goes_on(of(event).capture)) return cudaSuccess;
  return invalidate(*of(event).capture, cudaErrorCapturedEvent,
                    "the host asks for an event of a stream that is being captured");
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  MAY_FAIL(cudaEventSynchronize);
  return cudaEventQuery(event);
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t first, cudaEvent_t last) {
  MAY_FAIL(cudaEventElapsedTime);
  const std::lock_guard lock(mutex());
  if (!of(first).is_recorded || !of(last).is_recorded)
    return report(cudaErrorInvalidResourceHandle);
  *milliseconds = std::chrono::duration<float, std::milli>(of(last).at - of(first).at).count();
  return cudaSuccess;
}

// ------------------------------------------------------------ capture

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  MAY_FAIL(cudaStreamBeginCapture);
  const std::lock_guard lock(mutex());
  if (!stream || capture_of(stream))
    return report(cudaErrorIllegalState,
                  "the stream is being captured already, or is the null stream");
  const auto capture = std::make_shared<Capture>();
  capture->origin = stream, capture->mode = mode, capture->thread = std::this_thread::get_id();
  of(stream).capture = capture;
  std::erase_if(captures(), [](auto& weak) { return weak.expired(); });
  captures().push_back(capture);
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  MAY_FAIL(cudaStreamEndCapture);
  const std::lock_guard lock(mutex());
  *graph = nullptr;
  Capture* capture = capture_of(stream);
  if (!capture || capture->origin != stream)
    return report(cudaErrorIllegalState,
                  "the stream is not being captured, or joined another's capture");
  capture->has_ended = true;
  const std::shared_ptr<Capture> last = std::exchange(of(stream).capture, nullptr);
  if (!last->is_valid) return report(cudaErrorStreamCaptureInvalidated);
  if (!last->unjoined.empty())
    return report(cudaErrorStreamCaptureUnjoined,
                  "a stream joined the capture that its origin did not wait for");
  *graph = reinterpret_cast<cudaGraph_t>(new Graph{last->work});
  return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  MAY_FAIL(cudaStreamIsCapturing);
  const std::lock_guard lock(mutex());
  Capture* capture = capture_of(stream);
  *status = !capture            ? cudaStreamCaptureStatusNone
            : capture->is_valid ? cudaStreamCaptureStatusActive
                                : cudaStreamCaptureStatusInvalidated;
  return cudaSuccess;
}

// ------------------------------------------------------------ graphs

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  MAY_FAIL(cudaGraphInstantiate);
  *exec = reinterpret_cast<cudaGraphExec_t>(new Graph(*reinterpret_cast<Graph*>(graph)));
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  MAY_FAIL(cudaGraphLaunch);
  return submit(stream, [work = reinterpret_cast<Graph*>(exec)->work] { return replay(work); });
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  MAY_FAIL(cudaGraphDestroy);
  delete reinterpret_cast<Graph*>(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  MAY_FAIL(cudaGraphExecDestroy);
  delete reinterpret_cast<Graph*>(exec);
  return cudaSuccess;
}
