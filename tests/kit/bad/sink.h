/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h: a plugin in C that does all as it is asked to, in parts. A bad one replaces the part that
 * it does badly: BAD_PLUGIN(.write = write_badly).
 */
#ifndef BAD_SINK_H
#define BAD_SINK_H

#include <string.h>

#include <stdlib.h>

#include <penstock/plugin/abi.h>

struct sink {
  penstock_sink c;
  const penstock_sink_host* host;
  const void* kept; /* whatever a bad one wants */
  struct queue* queue;
  uint64_t checksum;
};

struct parts {
  uint32_t max_concurrency;
  uint32_t max_in_flight;
  const penstock_plugin* (*entry)(const penstock_host* host);
  int32_t (*init)(const penstock_host* host, penstock_text* error);
  void (*deinit)(void);
  const penstock_factory* (*get_factory)(const char* point);
  const penstock_component* (*describe)(uint32_t index);
  penstock_instance* (*create)(const char* name, const penstock_config* config,
                               penstock_text* error);
  void (*destroy)(void* self);
  const void* (*get_extension)(void* self, const char* id);
  int32_t (*open)(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                  penstock_text* error);
  void (*write)(void* self, const penstock_batch* batch, penstock_answer* answer);
  int32_t (*flush)(void* self, int64_t deadline_ns, penstock_text* error);
  void (*control)(void* self, uint32_t request);
  void (*close)(void* self, int64_t deadline_ns);
  /* Of late_write(): what becomes of a token, in another thread. */
  void (*settle)(struct sink* sink, uint64_t token);
  int late_ms;
  int loses_at_close;
};
extern const struct parts parts;

/* How it is done well. */
const penstock_plugin* good_entry(const penstock_host* host);
int32_t good_init(const penstock_host* host, penstock_text* error);
void good_deinit(void);
const penstock_factory* good_get_factory(const char* point);
const penstock_component* good_describe(uint32_t index);
penstock_instance* good_create(const char* name, const penstock_config* config,
                               penstock_text* error);
void good_destroy(void* self);
const void* good_get_extension(void* self, const char* id);
int32_t good_open(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                  penstock_text* error);
void good_write(void* self, const penstock_batch* batch, penstock_answer* answer);
int32_t good_flush(void* self, int64_t deadline_ns, penstock_text* error);
void good_control(void* self, uint32_t request);
void good_close(void* self, int64_t deadline_ns);

/* The same, but each answer comes later, from a thread. */
int32_t late_open(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                  penstock_text* error);
void late_write(void* self, const penstock_batch* batch, penstock_answer* answer);
void late_close(void* self, int64_t deadline_ns);
void late_settle(struct sink* sink, uint64_t token);

penstock_text text_of(const char* literal);
const penstock_event* event_at(const penstock_batch* batch, uint64_t index);

#define LATE .max_in_flight = 4, .open = late_open, .write = late_write, .close = late_close

#define BAD_PLUGIN(...)                                            \
  const struct parts parts = {.max_concurrency = 1,                \
                              .max_in_flight = 1,                  \
                              .entry = good_entry,                 \
                              .init = good_init,                   \
                              .deinit = good_deinit,               \
                              .get_factory = good_get_factory,     \
                              .describe = good_describe,           \
                              .create = good_create,               \
                              .destroy = good_destroy,             \
                              .get_extension = good_get_extension, \
                              .open = good_open,                   \
                              .write = good_write,                 \
                              .flush = good_flush,                 \
                              .control = good_control,             \
                              .close = good_close,                 \
                              .settle = late_settle,               \
                              __VA_ARGS__};                        \
  __asm__(                                                         \
      ".pushsection .note.penstock, \"a\", %note\n"                \
      ".balign 4\n"                                                \
      ".long 9, 2f - 1f, 1\n"                                      \
      ".asciz \"Penstock\"\n"                                      \
      ".balign 4\n"                                                \
      "1: .incbin \"" MANIFEST                                     \
      "\"\n"                                                       \
      "2: .balign 4\n"                                             \
      ".popsection\n")

#endif /* BAD_SINK_H */
