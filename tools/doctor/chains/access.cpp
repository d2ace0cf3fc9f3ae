// SPDX-License-Identifier: MIT
#include "chains/access.h"

#include "remedies.h"

namespace tinygrad::doctor {
namespace {

Link refused(Text text, const std::string& file, const std::string& group, Commands mend) {
  return {.name = Text::permission,
          .state = State::broken,
          .what = {text, {file, group}},
          .path = file,
          .mend = std::move(mend)};
}

}  // namespace

Link locked(const std::string& file, const Access& access, Text missing) {
  const std::string& group = access.group;
  if (group == "root" && !access.member_now)
    return refused(Text::permission_root, file, group, {"sudo chmod a+rw " + file});
  if (access.member_now)
    return refused(Text::permission_nobody, file, group, {"sudo chmod g+rw " + file});
  if (access.member) return refused(Text::permission_at_login, file, group, {"newgrp " + group});
  return refused(missing, file, group, remedy::join_group(group));
}

Link wsl_link(const Surroundings& here, const std::string& library, Text missing) {
  Link link{.name = Text::wsl, .state = State::broken};
  if (here.wsl == 1)
    link.what = {Text::wsl_one}, link.mend = {"wsl.exe --set-version $WSL_DISTRO_NAME 2"};
  else if (!here.system.exists("/dev/dxg"))
    link.what = {Text::wsl_no_dxg}, link.mend = {"wsl.exe --update && wsl.exe --shutdown"};
  else if (!here.system.exists(library)) link.what = {missing}, link.mend = {"wsl.exe --shutdown"};
  else link = {.name = Text::wsl, .what = {Text::wsl_right}, .path = "/dev/dxg"};
  return link;
}

}  // namespace tinygrad::doctor
