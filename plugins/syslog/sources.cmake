# SPDX-License-Identifier: Apache-2.0
# All but the plugin's entry, in syslog_sources: its tests are built of them as well.
set(syslog_sources batch_formatter.cpp datagram_sender.cpp formatter.cpp link.cpp link_servers.cpp options.cpp
  server.cpp socket.cpp stream.cpp stream_sender.cpp text.cpp timestamp.cpp tls.cpp window.cpp)
list(TRANSFORM syslog_sources PREPEND "${CMAKE_CURRENT_LIST_DIR}/")
