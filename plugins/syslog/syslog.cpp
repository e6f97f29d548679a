// SPDX-License-Identifier: Apache-2.0
// syslog.cpp: the plugin.
#include "syslog_sink.hpp"

PENSTOCK_SINK_PLUGIN("syslog", penstock::syslog::SyslogSink);
