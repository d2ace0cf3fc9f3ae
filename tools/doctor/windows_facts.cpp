// SPDX-License-Identifier: MIT
// Reads Windows' registry (RegEnumValue, RegEnumKeyEx), its display adapters (SetupAPI, whose
// devices have children: CM_Get_Child), and its processors.
#if defined(_WIN32)
#include "windows_facts.h"

#include <windows.h>
// after windows.h
#include <cfgmgr32.h>
#include <setupapi.h>

#include <algorithm>
#include <cstdio>

namespace tinygrad::doctor {
namespace {

std::string utf8(const wchar_t* text) {
  std::string to(std::size_t(3 * wcslen(text) + 1), '\0');
  to.resize(std::size_t(
      WideCharToMultiByte(CP_UTF8, 0, text, -1, to.data(), int(to.size()), nullptr, nullptr) - 1));
  return to;
}
std::wstring wide(const std::string& text) {
  std::wstring to(text.size() + 1, L'\0');
  to.resize(std::size_t(
      MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, to.data(), int(to.size())) - 1));
  return to;
}

constexpr GUID display = {0x4d36e968, 0xe325, 0x11ce, {0xbf, 0xc1, 8, 0, 0x2b, 0xe1, 3, 0x18}};
constexpr DWORD room = 16384;  // a name has at most 16383 characters

/// `data` ends with zeros. Values of other types are not asked for.
std::string text_of(DWORD type, const wchar_t* data) {
  char number[16];
  if (type == REG_DWORD) {
    std::snprintf(number, sizeof number, "dword:%08lx", *reinterpret_cast<const DWORD*>(data));
    return number;
  }
  if (type == REG_SZ) return utf8(data);
  std::string all;
  for (; type == REG_MULTI_SZ && *data; data += wcslen(data) + 1)
    all += (all.empty() ? "" : ";") + utf8(data);
  return all;
}

std::string property(HDEVINFO devices, SP_DEVINFO_DATA& device, DWORD which) {
  wchar_t text[1024] = {};
  SetupDiGetDeviceRegistryPropertyW(devices, &device, which, nullptr, reinterpret_cast<BYTE*>(text),
                                    sizeof text - 2, nullptr);
  return utf8(text);
}

}  // namespace

RegistryKey windows_registry(const std::string& name) {
  const HKEY root = name.starts_with("HKCU") ? HKEY_CURRENT_USER : HKEY_LOCAL_MACHINE;
  RegistryKey found;
  HKEY key = nullptr;
  if (RegOpenKeyExW(root, wide(name.substr(5)).c_str(), 0, KEY_READ, &key) != ERROR_SUCCESS)
    return found;
  std::vector<wchar_t> text(room), data(room);
  for (DWORD i = 0;; ++i) {
    DWORD length = room, type = 0, bytes = (room - 2) * sizeof(wchar_t);
    std::fill(data.begin(), data.end(), L'\0');
    const LSTATUS status = RegEnumValueW(key, i, text.data(), &length, nullptr, &type,
                                         reinterpret_cast<BYTE*>(data.data()), &bytes);
    if (status == ERROR_MORE_DATA) continue;  // larger than any value that is asked for
    if (status != ERROR_SUCCESS) break;
    found.values[utf8(text.data())] = text_of(type, data.data());
  }
  for (DWORD i = 0, length = room; RegEnumKeyExW(key, i, text.data(), &length, nullptr, nullptr,
                                                 nullptr, nullptr) == ERROR_SUCCESS;
       ++i, length = room)
    found.keys.push_back(utf8(text.data()));
  RegCloseKey(key);
  return found;
}

std::vector<DisplayAdapter> windows_display_adapters() {
  std::vector<DisplayAdapter> all;
  const HDEVINFO devices = SetupDiGetClassDevsW(&display, nullptr, nullptr, DIGCF_PRESENT);
  if (devices == INVALID_HANDLE_VALUE) return all;
  SP_DEVINFO_DATA device = {};
  device.cbSize = sizeof device;
  for (DWORD i = 0; SetupDiEnumDeviceInfo(devices, i, &device); ++i) {
    wchar_t text[1024] = {};
    SetupDiGetDeviceInstanceIdW(devices, &device, text, 1023, nullptr);
    DisplayAdapter adapter{.id = utf8(text),
                           .service = property(devices, device, SPDRP_SERVICE),
                           .keys = {property(devices, device, SPDRP_DRIVER)}};
    DEVINST child = 0;
    CONFIGRET status = CM_Get_Child(&child, device.DevInst, 0);
    for (; status == CR_SUCCESS; status = CM_Get_Sibling(&child, child, 0)) {
      ULONG bytes = sizeof text - 2;
      if (CM_Get_DevNode_Registry_PropertyW(child, CM_DRP_DRIVER, nullptr, text, &bytes, 0) ==
          CR_SUCCESS)
        adapter.keys.push_back(utf8(text));
    }
    all.push_back(std::move(adapter));
  }
  SetupDiDestroyDeviceInfoList(devices);
  return all;
}

std::string windows_processors() {
  const std::string place = "HKLM\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor";
  std::string lines, flags;
  for (const std::string& number : windows_registry(place).keys)
    lines += "processor : " + number + "\n";
  lines += "model name : " + windows_registry(place + "\\0").values["ProcessorNameString"] + "\n";
#if defined(__x86_64__)
#define FLAG(name, linux) \
  if (__builtin_cpu_supports(name)) flags += std::string(" ") + linux;
  FLAG("sse4.2", "sse4_2")
  FLAG("avx", "avx")
  FLAG("avx2", "avx2")
  FLAG("fma", "fma")
  FLAG("avx512f", "avx512f")
  FLAG("avx512bw", "avx512bw")
  FLAG("avx512dq", "avx512dq")
  FLAG("avx512vl", "avx512vl")
#undef FLAG
#endif
  return lines + "flags :" + flags + "\n";
}

}  // namespace tinygrad::doctor
#endif
