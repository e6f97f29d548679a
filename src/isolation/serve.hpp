// SPDX-License-Identifier: Apache-2.0
// serve.hpp: the child of an isolated sink: penstock-plugin-host --isolate. It takes its own rights
// away, loads the plugin, makes the one instance, and does what the socket asks until that ends.
//
// Threads  the plugin's calls by the first thread, [worker]; what it calls back [any]
// Errors   told through the socket
#pragma once

namespace penstock::isolation {

// The exit code. Whoever calls it ends with _exit(): exit handlers are the plugin's.
int run_isolated();

}  // namespace penstock::isolation
