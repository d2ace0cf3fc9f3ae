// SPDX-License-Identifier: MIT
// WAV by libsndfile, which reads and writes bytes in memory: the file itself is read and written as
// all files of the library are.
#include "tinygrad/audio/wav.h"

#include "source.h"
#include "tinygrad/io/file.h"
#include "tinygrad/ops.h"
#ifdef TINYGRAD_HAVE_SNDFILE
#include <sndfile.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace tinygrad::audio {
namespace {

/// The bytes that libsndfile reads, or the text to which it writes.
struct Stream {
  io::Bytes read;
  std::string written;
  sf_count_t position = 0;
  sf_count_t size() const { return sf_count_t(read.size() + written.size()); }
};

sf_count_t seek(sf_count_t offset, int whence, void* user) {
  Stream& s = *static_cast<Stream*>(user);
  const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s.position : s.size();
  std::int64_t to = 0;
  if (!checked_add(from, offset, to) || to < 0 || to > s.size()) return -1;
  return s.position = to;
}

sf_count_t read(void* out, sf_count_t count, void* user) {
  Stream& s = *static_cast<Stream*>(user);
  const sf_count_t n = std::clamp(s.size() - s.position, sf_count_t(0), count);
  if (n > 0) std::memcpy(out, s.read.data() + s.position, std::size_t(n));
  s.position += n;
  return n;
}

sf_count_t write(const void* from, sf_count_t count, void* user) {
  Stream& s = *static_cast<Stream*>(user);
  const auto at = std::size_t(s.position), n = std::size_t(count);
  s.written.resize(std::max(s.written.size(), at + n));
  std::memcpy(s.written.data() + at, from, n);
  s.position += count;
  return count;
}

struct Close {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, Close>;

File open(Stream& stream, int mode, SF_INFO& info) {
  SF_VIRTUAL_IO io = {[](void* user) { return static_cast<Stream*>(user)->size(); }, seek, read,
                      write, [](void* user) { return static_cast<Stream*>(user)->position; }};
  return File(sf_open_virtual(&io, mode, &info, &stream));
}

/// Checks the first 12 bytes: a mark, the number of bytes after the first 8, and "WAVE". The number
/// is 0 or 0xFFFFFFFF if it was not known when the file was begun, or stands elsewhere (RF64).
void check_head(const io::Source& source) {
  const std::string_view head(reinterpret_cast<const char*>(source.bytes.data()),
                              std::min<std::size_t>(source.bytes.size(), 12));
  const bool is_wav = head.size() == 12 && head.substr(8) == "WAVE" &&
                      (head.starts_with("RIFF") || head.starts_with("RF64"));
  source.check(is_wav, "is not a WAV file");
  std::uint32_t count = 0;
  std::memcpy(&count, head.data() + 4, 4);
  source.check(count == UINT32_MAX || count <= source.bytes.size() - 8, "cut short: ", count,
               " bytes are announced, and ", source.bytes.size() - 8, " are left");
}

}  // namespace

bool has_wav() { return true; }

Sound load_wav(const std::string& path, SourceLocation location) {
  const Call call{"load_wav", location};
  const FileBytes bytes(path, true, call);
  const io::Source source{call, path, bytes.bytes()};
  check_head(source);
  Stream stream{.read = source.bytes, .written = {}};
  SF_INFO info = {};
  const File file = open(stream, SFM_READ, info);
  source.check(file != nullptr, std::string(sf_strerror(nullptr)));
  std::int64_t count = 0;  // no encoding packs more than 5 values into a byte
  source.check(info.frames >= 0 && checked_mul(info.frames, info.channels, count) &&
                   count <= 5 * std::int64_t(source.bytes.size()),
               "announces ", info.frames, " frames of ", info.channels,
               " channels, more than its bytes hold");
  std::vector<float> values(static_cast<std::size_t>(count));
  source.check(sf_readf_float(file.get(), values.data(), info.frames) == info.frames,
               "is damaged: ", std::string(sf_strerror(file.get())));
  const Tensor frames = from_vector(values, {info.frames, info.channels}, "cpu", location);
  return {contiguous(transpose(frames, 0, 1)), info.samplerate};
}

void save_wav(const Sound& sound, const std::string& path, WavFormat format,
              SourceLocation location) {
  const Call call{"save_wav", location};
  const auto [channels, count] = sound.samples.sizes<2>(location);
  require<ShapeError>(channels >= 1 && channels <= 1024, call, "expected 1 to 1024 channels, got ",
                      "samples of shape ", sound.samples.shape());
  require<DTypeError>(is_floating(sound.samples.dtype()), call, "expected floating samples, got ",
                      to_string(sound.samples.dtype()));
  require(sound.rate >= 1, call, "expected a rate of at least 1, got ", sound.rate);
  const bool is_float = format == WavFormat::float32;
  SF_INFO info = {};
  info.samplerate = sound.rate, info.channels = int(channels);
  info.format = SF_FORMAT_WAV | (is_float ? SF_FORMAT_FLOAT : SF_FORMAT_PCM_16);
  Stream stream;
  File file = open(stream, SFM_WRITE, info);
  require<IoError>(file != nullptr, call, in_quotes(path), ": ", std::string(sf_strerror(nullptr)));
  sf_command(file.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);  // it would hold the time
  const Tensor frames = transpose(sound.samples.detach().to("cpu").to(float32), 0, 1);
  sf_count_t written = 0;
  if (is_float) {
    written = sf_writef_float(file.get(), frames.to_vector<float>().data(), count);
  } else {
    const Tensor levels = clamp(round(frames * 32768), -32768, 32767);
    written = sf_writef_short(file.get(), levels.to_vector<std::int16_t>().data(), count);
  }
  require<IoError>(written == count, call, in_quotes(path), ": ",
                   std::string(sf_strerror(file.get())));
  file.reset();  // completes the header
  write_file(path, stream.written, call);
}

}  // namespace tinygrad::audio
#else
namespace tinygrad::audio {
static const char* const missing =
    ": this build has no libsndfile (apt-get install libsndfile1-dev)";
bool has_wav() { return false; }
Sound load_wav(const std::string& path, SourceLocation location) {
  fail<IoError>({"load_wav", location}, in_quotes(path), missing);
}
void save_wav(const Sound&, const std::string& path, WavFormat, SourceLocation location) {
  fail<IoError>({"save_wav", location}, in_quotes(path), missing);
}
}  // namespace tinygrad::audio
#endif
