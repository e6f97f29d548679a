// plugin.cpp: the one function that Penstock calls first. The name is that of `provides` in manifest.json.
#include "sink.hpp"

PENSTOCK_SINK_PLUGIN("@name@", @class@);
