/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * abi.h: the boundary between Penstock and its plugins, in plain C (C11, and C++).
 *
 * Most authors write against penstock/plugin/sink.hpp, which is made of this page.
 *
 * A plugin is a shared object with one exported function, penstock_plugin_entry_v1, and a manifest: JSON in
 * an ELF note. Nothing but what is declared here crosses: no C++ type, no exception, no memory that the
 * other side would have to free.
 *
 * Versions   A struct that grows begins with its size in bytes, as its maker knows it; it grows at its end
 *            only. Who reads a member beyond that size takes 0 for it. A new minor version adds members and
 *            ids. A new major version has another entry function.
 * Texts      UTF-8 unless said otherwise, not ended by a NUL, and may hold any bytes if they come from
 *            events. Unless said otherwise they belong to who gives them and are valid during the call.
 * Times      nanoseconds; points in time since 1970-01-01 UTC, deadlines of CLOCK_MONOTONIC.
 * Threads    said at each function. [worker]: by one thread at a time, and the same one for an instance as
 *            long as it is open. [any]: by any thread, at any time.
 */
#ifndef PENSTOCK_PLUGIN_ABI_H
#define PENSTOCK_PLUGIN_ABI_H

/* NOLINTBEGIN: it is C */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PENSTOCK_ABI_MAJOR 1
#define PENSTOCK_ABI_MINOR 1

/* The ELF note that holds the manifest: owner, type, and the most bytes that it may have. */
#define PENSTOCK_NOTE_OWNER "Penstock"
#define PENSTOCK_NOTE_TYPE 1
#define PENSTOCK_MANIFEST_MAX_BYTES 65536

/* What a plugin can provide. Others may add points of their own, under a reverse domain name. */
#define PENSTOCK_POINT_SINK "penstock.sink/1"
#define PENSTOCK_POINT_PROCESSOR "penstock.processor/1"
/* Reserved: nobody may use them until a later minor version says what they are. */
#define PENSTOCK_POINT_ENCODER "penstock.encoder/1"
#define PENSTOCK_POINT_SOURCE "penstock.source/1"
#define PENSTOCK_POINT_ACTION "penstock.action/1"
#define PENSTOCK_POINT_ENDPOINT "penstock.endpoint/1"
#define PENSTOCK_POINT_AUTH "penstock.auth/1"

/* ---- values, which never change their layout ---------------------------------------------------------- */

typedef struct penstock_text {
  const char* data; /* may be null when size is 0 */
  size_t size;
} penstock_text;

enum {
  PENSTOCK_I64 = 0,
  PENSTOCK_U64 = 1,
  PENSTOCK_F64 = 2,
  PENSTOCK_BOOLEAN = 3,
  PENSTOCK_TEXT = 4
};

typedef struct penstock_value {
  uint32_t type; /* PENSTOCK_I64 .. PENSTOCK_TEXT; others may come: treat them as absent */
  uint32_t reserved;
  union {
    int64_t i64;
    uint64_t u64;
    double f64;
    uint32_t boolean; /* 0 or 1 */
    penstock_text text;
  } as;
} penstock_value;

typedef struct penstock_field {
  penstock_text key;
  penstock_value value;
} penstock_field;

typedef struct penstock_trace {
  uint8_t trace_id[16];
  uint8_t span_id[8];
} penstock_trace;

/* ---- events and batches ------------------------------------------------------------------------------- */

enum {
  PENSTOCK_LEVEL_TRACE = 0,
  PENSTOCK_LEVEL_DEBUG = 1,
  PENSTOCK_LEVEL_INFO = 2,
  PENSTOCK_LEVEL_WARNING = 3,
  PENSTOCK_LEVEL_ERROR = 4,
  PENSTOCK_LEVEL_CRITICAL = 5
};

/* Grows at its end: penstock_batch says how far apart two of them are. */
typedef struct penstock_event {
  int64_t time_ns;
  uint32_t level;
  uint32_t line; /* of the call site; 0: not known */
  penstock_text logger;
  penstock_text message;
  penstock_text file;
  penstock_text function;
  uint64_t thread_id; /* the kernel's */
  penstock_text thread_name;
  penstock_text name;    /* of the event; empty when it has none */
  uint64_t producer;     /* the thread's writing end; order within one is absolute */
  const penstock_field* fields;
  size_t field_count;
  const penstock_text* tags;
  size_t tag_count;
  const penstock_trace* trace; /* null when there is none */
} penstock_event;

/* The events of one write(), oldest first. All that it refers to is valid until the batch is settled, or
 * close() has returned. */
typedef struct penstock_batch {
  uint32_t size;
  uint32_t event_stride; /* bytes from one event to the next */
  uint64_t id;           /* stable over retries of the same batch; never reused */
  uint64_t token;        /* of this offer alone; never reused */
  uint64_t offset;       /* events of this id that earlier answers have settled */
  uint64_t count;        /* events */
  uint32_t attempt;      /* 1 for the first try */
  uint32_t reserved;
  int64_t first_time_ns;
  const penstock_event* events; /* null unless the sink needs PENSTOCK_NEEDS_EVENTS */
  penstock_text encoded;        /* all events in the sink's `format`, back to back; empty unless the
                                   sink needs PENSTOCK_NEEDS_ENCODED */
  const uint32_t* encoded_ends; /* where each event ends in `encoded` */
} penstock_batch;

enum {
  PENSTOCK_WRITE_OK = 0,      /* all events of the batch are delivered */
  PENSTOCK_WRITE_RETRY = 1,   /* offer the rest again: `settled` events at the front are done with */
  PENSTOCK_WRITE_REJECT = 2,  /* those at `positions` will never be taken; without positions: some of them,
                                 and the host finds out which */
  PENSTOCK_WRITE_PENDING = 3, /* settle() will be called, exactly once */
  PENSTOCK_WRITE_FATAL = 4    /* the sink has to be closed and opened again */
};

/* Made zero but for `size` by who asks; filled in by who answers. */
typedef struct penstock_answer {
  uint32_t size;
  uint32_t status;           /* PENSTOCK_WRITE_... */
  int64_t after_ns;          /* retry: not before; 0: the host's own backoff decides */
  uint64_t settled;          /* retry: events at the front that are done with: delivered, but for those at
                                `positions` */
  const uint32_t* positions; /* reject, retry: rejected events, ascending */
  size_t position_count;
  penstock_text reason; /* of anything but ok and pending */
} penstock_answer;
/* What `positions` and `reason` refer to is the plugin's, and valid until its next call for this instance
 * by the same thread; settle() copies it. */

/* ---- what the host gives ------------------------------------------------------------------------------ */

/* Given to the entry function, and valid as long as the process. */
typedef struct penstock_host {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  const char* name;    /* "penstock" */
  const char* version; /* of Penstock */
  void* ctx;
  /* A table of functions by its id, such as "org.example.service/1"; null when the host has none. Version
   * 1.0 has none. [any] */
  const void* (*get_service)(void* ctx, const char* id);
  /* Says something about the plugin as a whole, at a PENSTOCK_LEVEL. Never waits for a sink. [any] */
  void (*log)(void* ctx, uint32_t level, penstock_text message);
} penstock_host;

enum { PENSTOCK_OK = 0, PENSTOCK_FAILED = 1, PENSTOCK_ABSENT = 2 };

/* The options of one instance: its part of the configuration, checked against the manifest's config_schema,
 * with the defaults filled in. A path is "key", "key.key" or "list[0].key". Valid, with all that it gives,
 * until the instance is destroyed. The functions return PENSTOCK_OK, PENSTOCK_ABSENT when there is nothing
 * at the path, or PENSTOCK_FAILED when it is of another kind. [any] */
typedef struct penstock_config {
  uint32_t size;
  uint32_t reserved;
  void* ctx;
  penstock_text json; /* all of it; secrets stand there as references */
  int32_t (*get)(void* ctx, penstock_text path, penstock_value* value);
  /* Of a list, or of the keys of an object. */
  int32_t (*count)(void* ctx, penstock_text path, size_t* count);
  /* Key number `index` of an object. */
  int32_t (*key)(void* ctx, penstock_text path, size_t index, penstock_text* key);
  /* Of `format: duration` and `format: size`. */
  int32_t (*duration_ns)(void* ctx, penstock_text path, int64_t* value);
  int32_t (*size_bytes)(void* ctx, penstock_text path, uint64_t* value);
  /* Of `format: secret`: what it refers to, read now. Writes up to `capacity` bytes, and says in `needed`
   * how many there are; when that is more, nothing was written. PENSTOCK_FAILED: `error` says why, and
   * never the secret. */
  int32_t (*secret)(void* ctx, penstock_text path, char* buffer, size_t capacity, size_t* needed,
                    penstock_text* error);
} penstock_config;

/* For a sink, from open() until it is destroyed. */
typedef struct penstock_sink_host {
  uint32_t size;
  uint32_t max_in_flight; /* batches that may be pending at a time */
  void* ctx;
  penstock_text sink_name;
  /* Wall-clock time; tests have their own. [any] */
  int64_t (*now_ns)(void* ctx);
  /* Answers for an offer that write() left pending; it may come before write() has returned. What comes
   * after the first answer, or after close() has returned, is ignored. [any] */
  void (*settle)(void* ctx, uint64_t token, const penstock_answer* answer);
  /* A problem that does not keep events from being delivered, shown until report("") takes it back. [any] */
  void (*report)(void* ctx, penstock_text problem);
  /* Since 1.1. A figure of the sink's own, such as what its client library has queued: the last value under
   * each name is shown with the sink's statistics. Names have up to 64 bytes; what is no finite number, and
   * names after the first 64, count for nothing. Never waits for a sink. [any] */
  void (*measure)(void* ctx, penstock_text name, double value);
} penstock_sink_host;

/* ---- what a plugin gives ------------------------------------------------------------------------------ */

/* Every instance begins with this. */
typedef struct penstock_instance {
  uint32_t size; /* of the whole, such as sizeof(penstock_sink) */
  uint32_t reserved;
  void* self;
  /* Called once, and nothing after it. The instance has been closed if it was open. [worker] */
  void (*destroy)(void* self);
  /* A table of functions by its id; null when there is none. May be null itself. [worker] */
  const void* (*get_extension)(void* self, const char* id);
} penstock_instance;

enum {
  PENSTOCK_NEEDS_EVENTS = 1, /* what is not asked for is not computed */
  PENSTOCK_NEEDS_ENCODED = 2
};

enum {
  PENSTOCK_CONTROL_REOPEN = 0, /* the destination may have moved, credentials may be new */
  PENSTOCK_CONTROL_ROTATE = 1
};

/* PENSTOCK_POINT_SINK. Order: open, then write* / control* / flush*, then close; then perhaps open again.
 * `error` is filled in when a function returns PENSTOCK_FAILED; what it refers to is the plugin's, and valid
 * until its next call for this instance. Deadlines are a wish: the host waits no longer. All [worker]. */
typedef struct penstock_sink {
  penstock_instance instance;
  uint32_t needs;         /* PENSTOCK_NEEDS_..., or-ed */
  uint32_t max_in_flight; /* how many batches it gains from having in flight; 0 is 1 */
  /* Gets ready to write. A failure is tried again later. */
  int32_t (*open)(void* self, const penstock_sink_host* host, int64_t deadline_ns, penstock_text* error);
  /* Delivers a batch. May wait; only this sink's queue grows meanwhile. */
  void (*write)(void* self, const penstock_batch* batch, penstock_answer* answer);
  /* Makes what was written visible, and durable if the sink is meant to be. */
  int32_t (*flush)(void* self, int64_t deadline_ns, penstock_text* error);
  /* PENSTOCK_CONTROL_...; others may come, and are to be ignored. */
  void (*control)(void* self, uint32_t request);
  /* No write() is running or will come. When it returns, no batch is touched any more. */
  void (*close)(void* self, int64_t deadline_ns);
} penstock_sink;

enum {
  PENSTOCK_PROCESS_KEEP = 0,   /* the event goes on as it is */
  PENSTOCK_PROCESS_CHANGE = 1, /* `out` goes on instead */
  PENSTOCK_PROCESS_DROP = 2,   /* counted as filtered */
  PENSTOCK_PROCESS_FAILED = 3  /* `error` says why. Counted as dropped: what should have been changed does
                                  not go out as it was. So it is with every answer that is none of these */
};

/* PENSTOCK_POINT_PROCESSOR: sees each event of a sink before it is encoded. `out` begins as a copy of `in`,
 * of which level, message, name, fields, tags and trace may be changed; the rest stays, whatever is put
 * there. It has event_bytes bytes, as `in` has, whatever a penstock_event is here. What is put into it, or
 * into `error`, is the plugin's and valid until its next call for this instance; instances of several sinks
 * are called by several threads. `error` is shown to people, so it must not quote the event. All [worker]. */
typedef struct penstock_processor {
  penstock_instance instance;
  /* `event_bytes`: how large the host knows an event to be, `in` and `out` alike. */
  uint32_t (*process)(void* self, const penstock_event* in, penstock_event* out, size_t event_bytes,
                      penstock_text* error);
} penstock_processor;

typedef struct penstock_component {
  uint32_t size;
  uint32_t max_concurrency; /* threads that may be in one instance; 0 is 1 */
  const char* name;         /* "print": what the configuration calls it */
} penstock_component;

/* Makes the instances of one extension point. The functions are called by one thread at a time. */
typedef struct penstock_factory {
  uint32_t size;
  uint32_t count; /* components */
  /* Of 0 .. count - 1; null beyond. Valid as long as the process. */
  const penstock_component* (*describe)(uint32_t index);
  /* Null: `error` says why; it is valid until the next call. `config` outlives the instance. */
  penstock_instance* (*create)(const char* name, const penstock_config* config, penstock_text* error);
} penstock_factory;

/* What the entry function gives; static. */
typedef struct penstock_plugin {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;      /* what it was built with */
  uint32_t min_host_minor; /* what it needs */
  const char* id;          /* these two as in the manifest */
  const char* version;
  /* Called once, before any factory; may be null. `error` is valid until the next call. */
  int32_t (*init)(const penstock_host* host, penstock_text* error);
  /* Called once, when every instance has been destroyed; may be null. Where a plugin is only tried, that is
   * before its process ends; one in use is never unloaded, and it is not called. */
  void (*deinit)(void);
  /* Null for a point that it does not provide. Valid as long as the process. */
  const penstock_factory* (*get_factory)(const char* point);
} penstock_plugin;

/* The one exported function. Null when the host is none that the plugin can work with. Never waits, and has
 * no effect besides. [any] */
typedef const penstock_plugin* (*penstock_plugin_entry)(const penstock_host* host);
#define PENSTOCK_PLUGIN_ENTRY penstock_plugin_entry_v1
#define PENSTOCK_PLUGIN_ENTRY_NAME "penstock_plugin_entry_v1"

#ifdef __cplusplus
}
#endif
/* NOLINTEND */

#endif /* PENSTOCK_PLUGIN_ABI_H */
