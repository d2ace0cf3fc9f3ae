// MNIST and Fashion-MNIST: four idx files of one form.
#include <filesystem>

#include "core/environment.h"
#include "io/source.h"
#include "tinygrad/data.h"
#include "tinygrad/ops.h"

namespace tinygrad::data {
namespace {

namespace fs = std::filesystem;
using io::shown;

constexpr std::int64_t side = 28;

struct Form {
  const char* name;
  const char* folder;
  std::vector<std::string> classes;
};
const Form& form_of(bool fashion) {
  static const Form digits_form{
      "mnist", "mnist", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
  static const Form fashion_form{"fashion",
                                 "fashion",
                                 {"T-shirt", "trouser", "pullover", "dress", "coat", "sandal",
                                  "shirt", "sneaker", "bag", "boot"}};
  return fashion ? fashion_form : digits_form;
}

std::string images_name(Split split) {
  return split == Split::train ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte";
}
std::string labels_name(Split split) {
  return split == Split::train ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte";
}

/// The path of `name` or `name`.gz in the data set's own folder within `folder`, or in `folder`
/// itself. Empty where there is none.
std::string find(const std::string& folder, const Form& form, const std::string& name) {
  std::error_code none;
  for (const fs::path& in : {fs::path(folder) / form.folder, fs::path(folder)})
    for (const char* ending : {"", ".gz"})
      if (fs::path path = in / (name + ending); fs::is_regular_file(path, none))
        return path.string();
  return "";
}

std::string need(const Call& call, const std::string& folder, const Form& form,
                 const std::string& name) {
  std::string path = find(folder, form, name);
  if (path.empty())
    fail<IoError>(call, "neither ", name, " nor ", name, ".gz is in ", shown(folder),
                  " or its folder ", form.folder, "/; scripts/download_mnist.sh fetches MNIST");
  return path;
}

void check(const Call& call, const std::string& images_path, const Tensor& images,
           const std::string& labels_path, const Tensor& labels) {
  require<IoError>(images.dim() == 3 && images.dtype() == DType::uint8 && images.size(1) == side &&
                       images.size(2) == side,
                   call, shown(images_path), ": holds ", to_string(images.dtype()), " ",
                   images.shape(), ", not uint8 images of 28 by 28");
  require<IoError>(labels.dim() == 1 && labels.dtype() == DType::uint8, call, shown(labels_path),
                   ": holds ", to_string(labels.dtype()), " ", labels.shape(),
                   ", not uint8 labels");
  require<IoError>(images.size(0) == labels.size(0), call, shown(images_path), " holds ",
                   images.size(0), " images, ", shown(labels_path), " ", labels.size(0), " labels");
  std::int64_t position = 0;
  for (std::uint8_t label : labels.span<std::uint8_t>()) {
    require<IoError>(label < 10, call, shown(labels_path), ": label ", int(label), " at position ",
                     position, " is not in 0 ... 9");
    ++position;
  }
}

Dataset load(const Call& call, const std::string& folder, Split split, bool fashion) {
  const Form& form = form_of(fashion);
  const std::string images_path = need(call, folder, form, images_name(split)),
                    labels_path = need(call, folder, form, labels_name(split));
  const Tensor images = load_idx(images_path, call.where),
               labels = load_idx(labels_path, call.where);
  check(call, images_path, images, labels_path, labels);
  const Tensor x = div(images.to(DType::float32), 255);
  return {x.reshape({images.size(0), 1, side, side}), labels.to(DType::int64), form.classes,
          form.name};
}

bool holds(const std::string& folder, const Form& form) {
  for (Split split : {Split::train, Split::test})
    if (find(folder, form, images_name(split)).empty() ||
        find(folder, form, labels_name(split)).empty())
      return false;
  return true;
}

}  // namespace

Dataset mnist(const std::string& folder, Split split, Where where) {
  return load(Call{"mnist", where}, folder, split, false);
}
Dataset fashion_mnist(const std::string& folder, Split split, Where where) {
  return load(Call{"fashion_mnist", where}, folder, split, true);
}

std::string data_folder(const std::string& argument, const std::string& dataset, Where where) {
  const Call call{"data_folder", where};
  require<ArgumentError>(dataset == "mnist" || dataset == "fashion", call,
                         "no files belong to data set ", shown(dataset),
                         "; \"mnist\" and \"fashion\" have some");
  const Form& form = form_of(dataset == "fashion");
  if (!argument.empty()) {
    require<IoError>(holds(argument, form), call, shown(argument), " holds no ", dataset,
                     ": neither it nor its folder ", form.folder,
                     "/ has the four idx files; scripts/download_mnist.sh fetches MNIST");
    return argument;
  }
  for (const std::string& folder : {environment::data_folder(), std::string("data")})
    if (!folder.empty() && holds(folder, form)) return folder;
  return "";
}

}  // namespace tinygrad::data
