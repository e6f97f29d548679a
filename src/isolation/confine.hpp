// SPDX-License-Identifier: Apache-2.0
// confine.hpp: what takes rights from this process before it loads a plugin. None of it can be
// undone from inside.
//
// Threads  the only one of the process: what it makes later inherits all
// Errors   why this kernel or this machine cannot do it; "" is good
#pragma once

#include <string>
#include <vector>

#include "isolation/child.hpp"
#include "plugin/manifest.hpp"

namespace penstock::isolation {

// It ends with the thread that made it, leaves no core file, has no capability and gets no new
// rights, and stays within the limits. `parent`: who must have made it. Empty, or why that did not
// work.
std::string limit_resources(const ChildLimits& limits, int parent);

// Paths below which everything may be read and written: the manifest's, where "option:NAME" stands
// for what the configuration says there. Of a file the folder, so that it may be made anew. Those
// that are not there are left out and named in `missing`.
std::vector<std::string> permitted_paths(const plugin::Permissions& permissions,
                                         const plugin::Value& options,
                                         std::vector<std::string>& missing);

// The folder of what /etc/resolv.conf leads to, if that is below /run: who keeps the file there
// makes it anew, and what is permitted is the file that was there, not its name. Else empty.
std::string folder_of_names(const std::string& resolv_conf);

// Of this kernel's Landlock; below 1: there is none.
long landlock_version();
inline constexpr long landlock_of_truncation = 3;
inline constexpr long landlock_of_sockets = 6;  // those that have no path

// What a Landlock that is there does not confine, or what is forbidden altogether instead; empty:
// nothing that counts for these permissions.
std::string landlock_gap(long version, const plugin::Permissions& permissions);

// Files by Landlock: those of the system's libraries and names to read, `paths` to write; TCP not
// at all without a network permission. Empty, or what is not kept from it.
std::string confine_files(const plugin::Permissions& permissions,
                          const std::vector<std::string>& paths);

// System calls by a filter (seccomp); more of them where Landlock is of an early version, or not
// there. Empty, or why there is none: then nothing may be loaded.
std::string confine_calls(const plugin::Permissions& permissions, long landlock);

}  // namespace penstock::isolation
