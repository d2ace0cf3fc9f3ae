// SPDX-License-Identifier: MIT
// Loads PyTorch's checkpoints in both forms:
//   ZIP archive   NAME/data.pkl, a pickle of the value; NAME/data/KEY, the bytes of a storage;
//                 NAME/byteorder, "little" or "big"
//   stream        pickles of a magic integer, of the protocol 1001 and of facts about the machine;
//                 the pickle of the value; a pickle of the list of keys; and for each key int64
//                 elements and the bytes of the storage
#include "tinygrad/pytorch/pth.h"

#include <map>

#include "content.h"
#include "register_format.h"
#include "tinygrad/io/file.h"
#include "tinygrad/ops/views.h"
#include "zip.h"

namespace tinygrad::pytorch {

using namespace std::string_view_literals;

namespace {

// The integer 0x1950a86a20f9469cfc6c as an opcode LONG1, after the opcode PROTO and its byte.
constexpr std::string_view stream_magic = "\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."sv;
constexpr std::size_t magic_at = 2;

std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
bool is_stream(Bytes bytes) {
  const std::string_view all = text(bytes);
  return all.size() > magic_at && all[0] == '\x80' &&
         all.substr(magic_at).starts_with(stream_magic);
}

/// Makes the tensors of a file. Storages are copied once for each dtype that they are viewed in.
class TensorMaker {
 public:
  TensorMaker(const Source& source, const Device& device) : source_(source), device_(device) {}

  template <class FindBytes> Tensor make(const StoredTensor& t, FindBytes bytes_of) {
    if (t.shape.count() == 0) return empty(t.shape, {.dtype = t.type.dtype, .device = device_});
    const std::int64_t count = std::int64_t(t.storage.bytes / t.type.bytes());
    Tensor& elements = made_[{t.storage.key, count, t.type.dtype, t.type.float8}];
    if (!elements.defined()) {
      const Bytes bytes = bytes_of(t.storage).first(std::size_t(count) * t.type.bytes());
      elements = io::make_tensor(source_, t.name, t.type, {count}, bytes, device_);
    }
    return as_strided(elements, t.shape, t.strides, t.offset);
  }

 private:
  const Source& source_;
  Device device_;
  std::map<std::tuple<std::string_view, std::int64_t, DType, const io::Float8*>, Tensor> made_;
};

template <class FindBytes>
NamedTensors make_all(const Source& source, const Device& device, const Content& content,
                      FindBytes bytes_of) {
  TensorMaker maker(source, device);
  NamedTensors tensors;
  for (auto& t : content.tensors) tensors.emplace_back(t.name, maker.make(t, bytes_of));
  return tensors;
}

// ------------------------------------------------------------ ZIP archives

/// The members of a checkpoint's archive by their names without the folder.
class Archive {
 public:
  explicit Archive(const Source& source) : source_(source) {
    for (auto& member : zip::members(source)) {
      const auto slash = member.name.find('/');
      if (slash == member.name.npos) continue;
      const std::string_view name = member.name.substr(slash + 1);
      source.check(members_.emplace(name, member).second, "the archive has ", Name{name},
                   " in two folders");
    }
    source.check(!members_.contains("constants.pkl"),
                 "this is a TorchScript archive, a program; save the state_dict() of its module");
    source.check(members_.contains("data.pkl"),
                 "this ZIP archive is no checkpoint of PyTorch: it has no data.pkl");
    source.check(!members_.contains("byteorder") || text(content("byteorder")) == "little",
                 "it was written on a big-endian machine; load and save it with PyTorch");
  }
  Bytes content(std::string_view name) const {
    const auto found = members_.find(name);
    source_.check(found != members_.end(), "the archive has no ", Name{name});
    source_.check(!found->second.deflated, "its member ", Name{name},
                  " is deflated; PyTorch stores it: unpack the archive and use zip -0");
    std::unique_ptr<std::byte[]> unused;
    return zip::content(source_, found->second, unused);
  }
  Bytes storage(const Storage& storage) const {
    const Bytes bytes = content("data/" + std::string(storage.key));
    source_.check(bytes.size() == storage.bytes, "storage ", Name{storage.key}, " has ",
                  bytes.size(), " bytes, its pickle says ", storage.bytes);
    return bytes;
  }

 private:
  const Source& source_;
  std::map<std::string_view, zip::Member> members_;
};

// ------------------------------------------------------------ streams

/// Reads the three pickles before the value's.
void read_preface(const Source& source, ByteReader& in) {
  in.take(magic_at + stream_magic.size(), "the magic number");
  const Pickle protocol(source, in, known_class);
  source.check(protocol.result().integer == 1001, "this is version ", protocol.result().integer,
               " of PyTorch's stream; expected 1001");
  const Pickle machine(source, in, known_class);
  const bool is_dict = machine.result().kind == Value::Kind::dict;
  const auto& facts = is_dict ? *machine.result().items : std::vector<Value>();
  for (std::size_t i = 0; i + 1 < facts.size(); i += 2)
    source.check(facts[i].text != "little_endian" || facts[i + 1].integer == 1,
                 "it was written on a big-endian machine; load and save it with PyTorch");
}

/// The bytes of the storages behind the value's pickle.
std::map<std::string_view, Bytes> read_storages(const Source& source, ByteReader& in,
                                                const Pickle& value) {
  std::map<std::string_view, Storage> known;
  for (auto& id : value.persistent()) {
    const Storage storage = storage_of(source, id);
    known[storage.key] = storage;
  }
  std::map<std::string_view, Bytes> all;
  const Pickle keys(source, in, known_class);
  source.check(keys.result().kind == Value::Kind::list, "the list of storages is missing");
  for (auto& key : *keys.result().items) {
    const auto storage = known.find(key.text);
    source.check(storage != known.end() && all.emplace(storage->first, Bytes()).second, "storage ",
                 Name{key.text}, " is there twice or belongs to no tensor");
    const auto elements = in.read<std::uint64_t>("the size of a storage");
    const auto& [name, type, bytes] = storage->second;
    source.check(elements == bytes / type.bytes(), "storage ", Name{name}, " has ", elements,
                 " elements, its pickle says ", bytes / type.bytes());
    all[name] = in.take(bytes, "a storage");
  }
  in.end();
  return all;
}

// ------------------------------------------------------------ both

/// Calls use(content, bytes_of) with the file's content.
template <class Use> auto read(const Source& source, Use use) {
  if (is_stream(source.bytes)) {
    ByteReader in(source, source.bytes);
    read_preface(source, in);
    const Pickle pickle(source, in, known_class);
    const auto storages = read_storages(source, in, pickle);
    return use(Content(source, pickle), [&](const Storage& storage) {
      const auto found = storages.find(storage.key);
      source.check(found != storages.end() && found->second.size() == storage.bytes, "storage ",
                   Name{storage.key}, " is missing or has another size");
      return found->second;
    });
  }
  source.check(!zip::first_name(source.bytes).empty(),
               "this is no checkpoint of PyTorch: it is neither a ZIP archive nor a stream");
  const Archive archive(source);
  ByteReader in(source, archive.content("data.pkl"));
  const Pickle pickle(source, in, known_class);
  return use(Content(source, pickle),
             [&](const Storage& storage) { return archive.storage(storage); });
}

bool recognizes(Bytes head) {
  return is_stream(head) || zip::first_name(head).ends_with("/data.pkl");
}

}  // namespace

NamedTensors load_pth(const std::string& path, const LoadOptions& options,
                      SourceLocation location) {
  const Call call{"load_pth", location};
  const FileBytes file(path, options.map, call);
  const Source source{call, path, file.bytes()};
  return read(source, [&](const Content& content, auto bytes_of) {
    return make_all(source, options.device, content, bytes_of);
  });
}

Metadata load_pth_metadata(const std::string& path, SourceLocation location) {
  const Call call{"load_pth_metadata", location};
  const FileBytes file(path, true, call);
  const Source source{call, path, file.bytes()};
  return read(source, [](const Content& content, auto) { return content.metadata; });
}

}  // namespace tinygrad::pytorch

REGISTER_FORMAT(pytorch, {.name = "PyTorch .pth",
                          .extension = ".pth",
                          .recognizes = tinygrad::pytorch::recognizes,
                          .load = tinygrad::pytorch::load_pth});
