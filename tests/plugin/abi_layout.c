/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi_layout.c: where each member of plugin/abi.h lies and how long it is, and what the constants
 * are. Compiled as C11 and, by abi_layout_test.cpp, as C++20. Plugins that are out in the world
 * were built with these numbers: within a major version lines are added here, and none is changed
 * but the sizes of structs that begin with their size.
 */
#include "penstock/plugin/abi.h"

#ifdef __cplusplus
#define HOLDS(what) static_assert(what, #what)
#else
#define HOLDS(what) _Static_assert(what, #what)
#endif
#define SIZE(type, bytes) HOLDS(sizeof(type) == (bytes))
/* At `offset`, and of so many bytes. */
#define MEMBER(type, member, offset, bytes) \
  HOLDS(offsetof(type, member) == (offset) && sizeof(((type*)0)->member) == (bytes))

HOLDS(sizeof(void*) == 8); /* the only machines that it runs on */

SIZE(penstock_text, 16);
MEMBER(penstock_text, data, 0, 8);
MEMBER(penstock_text, size, 8, 8);

SIZE(penstock_value, 24);
MEMBER(penstock_value, type, 0, 4);
MEMBER(penstock_value, reserved, 4, 4);
MEMBER(penstock_value, as.i64, 8, 8);
MEMBER(penstock_value, as.u64, 8, 8);
MEMBER(penstock_value, as.f64, 8, 8);
MEMBER(penstock_value, as.boolean, 8, 4);
MEMBER(penstock_value, as.text, 8, 16);

SIZE(penstock_field, 40);
MEMBER(penstock_field, key, 0, 16);
MEMBER(penstock_field, value, 16, 24);

SIZE(penstock_trace, 24);
MEMBER(penstock_trace, trace_id, 0, 16);
MEMBER(penstock_trace, span_id, 16, 8);

SIZE(penstock_event, 168);
MEMBER(penstock_event, time_ns, 0, 8);
MEMBER(penstock_event, level, 8, 4);
MEMBER(penstock_event, line, 12, 4);
MEMBER(penstock_event, logger, 16, 16);
MEMBER(penstock_event, message, 32, 16);
MEMBER(penstock_event, file, 48, 16);
MEMBER(penstock_event, function, 64, 16);
MEMBER(penstock_event, thread_id, 80, 8);
MEMBER(penstock_event, thread_name, 88, 16);
MEMBER(penstock_event, name, 104, 16);
MEMBER(penstock_event, producer, 120, 8);
MEMBER(penstock_event, fields, 128, 8);
MEMBER(penstock_event, field_count, 136, 8);
MEMBER(penstock_event, tags, 144, 8);
MEMBER(penstock_event, tag_count, 152, 8);
MEMBER(penstock_event, trace, 160, 8);

SIZE(penstock_batch, 88);
MEMBER(penstock_batch, size, 0, 4);
MEMBER(penstock_batch, event_stride, 4, 4);
MEMBER(penstock_batch, id, 8, 8);
MEMBER(penstock_batch, token, 16, 8);
MEMBER(penstock_batch, offset, 24, 8);
MEMBER(penstock_batch, count, 32, 8);
MEMBER(penstock_batch, attempt, 40, 4);
MEMBER(penstock_batch, reserved, 44, 4);
MEMBER(penstock_batch, first_time_ns, 48, 8);
MEMBER(penstock_batch, events, 56, 8);
MEMBER(penstock_batch, encoded, 64, 16);
MEMBER(penstock_batch, encoded_ends, 80, 8);

SIZE(penstock_answer, 56);
MEMBER(penstock_answer, size, 0, 4);
MEMBER(penstock_answer, status, 4, 4);
MEMBER(penstock_answer, after_ns, 8, 8);
MEMBER(penstock_answer, settled, 16, 8);
MEMBER(penstock_answer, positions, 24, 8);
MEMBER(penstock_answer, position_count, 32, 8);
MEMBER(penstock_answer, reason, 40, 16);

SIZE(penstock_host, 56);
MEMBER(penstock_host, size, 0, 4);
MEMBER(penstock_host, abi_major, 4, 4);
MEMBER(penstock_host, abi_minor, 8, 4);
MEMBER(penstock_host, reserved, 12, 4);
MEMBER(penstock_host, name, 16, 8);
MEMBER(penstock_host, version, 24, 8);
MEMBER(penstock_host, ctx, 32, 8);
MEMBER(penstock_host, get_service, 40, 8);
MEMBER(penstock_host, log, 48, 8);

SIZE(penstock_config, 80);
MEMBER(penstock_config, size, 0, 4);
MEMBER(penstock_config, reserved, 4, 4);
MEMBER(penstock_config, ctx, 8, 8);
MEMBER(penstock_config, json, 16, 16);
MEMBER(penstock_config, get, 32, 8);
MEMBER(penstock_config, count, 40, 8);
MEMBER(penstock_config, key, 48, 8);
MEMBER(penstock_config, duration_ns, 56, 8);
MEMBER(penstock_config, size_bytes, 64, 8);
MEMBER(penstock_config, secret, 72, 8);

SIZE(penstock_sink_host, 64);
MEMBER(penstock_sink_host, size, 0, 4);
MEMBER(penstock_sink_host, max_in_flight, 4, 4);
MEMBER(penstock_sink_host, ctx, 8, 8);
MEMBER(penstock_sink_host, sink_name, 16, 16);
MEMBER(penstock_sink_host, now_ns, 32, 8);
MEMBER(penstock_sink_host, settle, 40, 8);
MEMBER(penstock_sink_host, report, 48, 8);
MEMBER(penstock_sink_host, measure, 56, 8);

SIZE(penstock_instance, 32);
MEMBER(penstock_instance, size, 0, 4);
MEMBER(penstock_instance, reserved, 4, 4);
MEMBER(penstock_instance, self, 8, 8);
MEMBER(penstock_instance, destroy, 16, 8);
MEMBER(penstock_instance, get_extension, 24, 8);

SIZE(penstock_sink, 80);
MEMBER(penstock_sink, instance, 0, 32);
MEMBER(penstock_sink, needs, 32, 4);
MEMBER(penstock_sink, max_in_flight, 36, 4);
MEMBER(penstock_sink, open, 40, 8);
MEMBER(penstock_sink, write, 48, 8);
MEMBER(penstock_sink, flush, 56, 8);
MEMBER(penstock_sink, control, 64, 8);
MEMBER(penstock_sink, close, 72, 8);

SIZE(penstock_processor, 40);
MEMBER(penstock_processor, instance, 0, 32);
MEMBER(penstock_processor, process, 32, 8);

SIZE(penstock_component, 16);
MEMBER(penstock_component, size, 0, 4);
MEMBER(penstock_component, max_concurrency, 4, 4);
MEMBER(penstock_component, name, 8, 8);

SIZE(penstock_factory, 24);
MEMBER(penstock_factory, size, 0, 4);
MEMBER(penstock_factory, count, 4, 4);
MEMBER(penstock_factory, describe, 8, 8);
MEMBER(penstock_factory, create, 16, 8);

SIZE(penstock_plugin, 56);
MEMBER(penstock_plugin, size, 0, 4);
MEMBER(penstock_plugin, abi_major, 4, 4);
MEMBER(penstock_plugin, abi_minor, 8, 4);
MEMBER(penstock_plugin, min_host_minor, 12, 4);
MEMBER(penstock_plugin, id, 16, 8);
MEMBER(penstock_plugin, version, 24, 8);
MEMBER(penstock_plugin, init, 32, 8);
MEMBER(penstock_plugin, deinit, 40, 8);
MEMBER(penstock_plugin, get_factory, 48, 8);

HOLDS(PENSTOCK_I64 == 0);
HOLDS(PENSTOCK_U64 == 1);
HOLDS(PENSTOCK_F64 == 2);
HOLDS(PENSTOCK_BOOLEAN == 3);
HOLDS(PENSTOCK_TEXT == 4);

HOLDS(PENSTOCK_LEVEL_TRACE == 0);
HOLDS(PENSTOCK_LEVEL_DEBUG == 1);
HOLDS(PENSTOCK_LEVEL_INFO == 2);
HOLDS(PENSTOCK_LEVEL_WARNING == 3);
HOLDS(PENSTOCK_LEVEL_ERROR == 4);
HOLDS(PENSTOCK_LEVEL_CRITICAL == 5);

HOLDS(PENSTOCK_WRITE_OK == 0);
HOLDS(PENSTOCK_WRITE_RETRY == 1);
HOLDS(PENSTOCK_WRITE_REJECT == 2);
HOLDS(PENSTOCK_WRITE_PENDING == 3);
HOLDS(PENSTOCK_WRITE_FATAL == 4);

HOLDS(PENSTOCK_OK == 0);
HOLDS(PENSTOCK_FAILED == 1);
HOLDS(PENSTOCK_ABSENT == 2);

HOLDS(PENSTOCK_NEEDS_EVENTS == 1);
HOLDS(PENSTOCK_NEEDS_ENCODED == 2);

HOLDS(PENSTOCK_CONTROL_REOPEN == 0);
HOLDS(PENSTOCK_CONTROL_ROTATE == 1);

HOLDS(PENSTOCK_PROCESS_KEEP == 0);
HOLDS(PENSTOCK_PROCESS_CHANGE == 1);
HOLDS(PENSTOCK_PROCESS_DROP == 2);
HOLDS(PENSTOCK_PROCESS_FAILED == 3);

HOLDS(PENSTOCK_ABI_MAJOR == 1);
HOLDS(PENSTOCK_ABI_MINOR == 1);
HOLDS(PENSTOCK_NOTE_TYPE == 1);
HOLDS(PENSTOCK_MANIFEST_MAX_BYTES == 65536);

#ifndef __cplusplus
int penstock_test_abi_is_c11(void);
int penstock_test_abi_is_c11(void) { return __STDC_VERSION__ == 201112L; }
#endif
