// SPDX-License-Identifier: Apache-2.0
#include "plugin/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <fmt/format.h>

#include "plugin/handshake.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

// All symbols now, so that one that is missing is found here and not in the middle of an event;
// none of them for others; never unloaded.
constexpr auto load_mode = static_cast<boost::dll::load_mode::type>(
    boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local | RTLD_NODELETE);

Refusal refuse(const Manifest& manifest, const std::string& file, const std::string& why) {
  return {.plugin = manifest.id,
          .file = file,
          .stage = Stage::load,
          .code = "dlopen",
          .reason = "the dynamic loader refuses it: " + one_line(why),
          .fix = "install what it needs, or a build of it for this system"};
}

}  // namespace

Checked<const penstock_plugin*> load_library(Descriptor descriptor, const Manifest& manifest,
                                             const std::string& file) {
  const std::string path = fmt::format("/proc/self/fd/{}", descriptor.get());
  // Both stay for ever; a copy of the one would open the path again.
  auto& library = *new boost::dll::shared_library;
  std::string why;
  try {
    boost::dll::fs::error_code error;
    library.load(path, error, load_mode);
    if (error) why = error.message();
  } catch (const std::exception& thrown) {
    why = thrown.what();  // by one of its constructors, too
  } catch (...) {
    why = "one of its constructors threw";
  }
  descriptor.release();
  if (!why.empty()) return refuse(manifest, file, why);
  penstock_plugin_entry entry = nullptr;
  if (library.has(PENSTOCK_PLUGIN_ENTRY_NAME)) {
    entry = &library.get<const penstock_plugin*(const penstock_host*)>(PENSTOCK_PLUGIN_ENTRY_NAME);
  }
  return shake_hands(entry, manifest, file);
}

}  // namespace penstock::plugin
