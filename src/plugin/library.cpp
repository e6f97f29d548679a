// SPDX-License-Identifier: Apache-2.0
#include "plugin/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <deque>
#include <dlfcn.h>
#include <exception>
#include <mutex>
#include <string>

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

// What the dynamic loader has said last, without the name that it knows the plugin by; Boost.DLL
// has a code for it that says next to nothing.
std::string loader_error(const std::string& otherwise, const std::string& path) {
  const char* const said = ::dlerror();
  std::string text = said == nullptr ? otherwise : said;
  if (text.starts_with(path + ": ")) text.erase(0, path.size() + 2);
  return text;
}

// One more that stays for ever, and that leak checkers see to be kept. Where it is it stays: a copy
// would open the path again.
boost::dll::shared_library& kept_library() {
  static std::mutex mutex;
  static std::deque<boost::dll::shared_library>& libraries =
      *new std::deque<boost::dll::shared_library>;
  std::lock_guard lock(mutex);
  return libraries.emplace_back();
}

}  // namespace

Checked<const penstock_plugin*> load_library(Descriptor descriptor, const Manifest& manifest,
                                             const std::string& file) {
  const std::string path = fmt::format("/proc/self/fd/{}", descriptor.get());
  boost::dll::shared_library& library = kept_library();
  std::string why;
  try {
    boost::dll::fs::error_code error;
    library.load(path, error, load_mode);
    if (error) why = loader_error(error.message(), path);
  } catch (const std::exception& thrown) {
    why = thrown.what();  // by one of its constructors, where the loader lets that through
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
