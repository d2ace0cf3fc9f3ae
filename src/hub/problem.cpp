// SPDX-License-Identifier: MIT
// The sentences about problems with the server.
#include "problem.h"

#include "tinygrad/error.h"

namespace tinygrad::hub {
namespace {

const std::string mirror_english =
    "Set HF_ENDPOINT to a mirror that your network reaches, such as https://hf-mirror.com; with "
    "HF_HUB_OFFLINE=1 only files in the cache are used";
const std::string mirror_chinese =
    "请把 HF_ENDPOINT 设为能访问的镜像，例如 https://hf-mirror.com；"
    "设置 HF_HUB_OFFLINE=1 时只使用缓存里的文件";

}  // namespace

Problem offline(const Settings& settings) {
  return {settings.offline + " is set, so nothing is downloaded. Unset it to download from " +
              settings.endpoint + ", or from a mirror that HF_ENDPOINT names",
          "设置了 " + settings.offline + "，因此不会下载。取消它就会从 " + settings.endpoint +
              " 下载，也可以用 HF_ENDPOINT 指定镜像"};
}

Problem no_curl() {
  return {
      "this build cannot download, as libcurl was not found when it was configured. Install it "
      "(apt-get install libcurl4-openssl-dev) and build again, or download with "
      "huggingface_hub, whose cache is the same; HF_ENDPOINT names a mirror for both, and with "
      "HF_HUB_OFFLINE=1 only files in the cache are used",
      "这次编译没有找到 libcurl，因此不能下载。请安装它（apt-get install "
      "libcurl4-openssl-dev）并重新编译，或用 huggingface_hub 下载，两者使用同一个缓存；"
      "HF_ENDPOINT 可为两者指定镜像，设置 HF_HUB_OFFLINE=1 时只使用缓存里的文件"};
}

Problem unreachable(const Settings& settings, const std::string& why) {
  return {settings.endpoint + " cannot be reached (" + why + "). " + mirror_english,
          "无法连接 " + settings.endpoint + "。" + mirror_chinese};
}

Problem refused(const Settings& settings, const Reply& reply) {
  const std::string said = reply.header("x-error-message"),
                    status =
                        std::to_string(reply.status) + (said.empty() ? "" : ", " + in_quotes(said));
  if (reply.status == 403 || reply.header("x-error-code") == "GatedRepo")
    return {settings.endpoint + " does not allow it (" + status +
                "). If the model asks for "
                "consent, give it on its page, and set HF_TOKEN to a token of that account",
            settings.endpoint + " 拒绝访问（" + std::to_string(reply.status) +
                "）。如果这个模型需要同意条款，请在它的网页上同意，并把 HF_TOKEN 设为该账号的令牌"};
  if (reply.status == 401 || reply.status == 404)
    return {settings.endpoint + " has no such repository, or it is private (" + status +
                "). Check the name, and set HF_TOKEN if it is private",
            settings.endpoint + " 上没有这个仓库，或者它是私有的（" + std::to_string(reply.status) +
                "）。请检查名字；私有仓库需要设置 HF_TOKEN"};
  return {settings.endpoint + " answers with an error (" + status + "). Try again later. " +
              mirror_english,
          settings.endpoint + " 返回错误（" + std::to_string(reply.status) + "）。请稍后再试。" +
              mirror_chinese};
}

Problem not_a_hub(const Settings& settings, const std::string& what) {
  return {settings.endpoint + " does not answer as the Hugging Face Hub does: " + what +
              ". Check HF_ENDPOINT, and whether a proxy answers in its place; with "
              "HF_HUB_OFFLINE=1 only files in the cache are used",
          settings.endpoint + " 的回答不像 Hugging Face Hub：" + what +
              "。请检查 HF_ENDPOINT 和代理；设置 HF_HUB_OFFLINE=1 时只使用缓存里的文件"};
}

}  // namespace tinygrad::hub
