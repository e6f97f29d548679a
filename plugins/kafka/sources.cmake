# SPDX-License-Identifier: Apache-2.0
# All but the plugin's entry, in kafka_sources: its tests are built of them as well.
set(kafka_sources errors.cpp kafka_sink.cpp message_writer.cpp producer.cpp settings.cpp
  statistics.cpp window.cpp)
list(TRANSFORM kafka_sources PREPEND "${CMAKE_CURRENT_LIST_DIR}/")
