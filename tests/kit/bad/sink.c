/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c: the parts that are done well. What an event holds is read, as a real sink would. */
#include "sink.h"

static const char* const component_name = "bad";

penstock_text text_of(const char* literal) {
  const penstock_text text = {literal, strlen(literal)};
  return text;
}

const penstock_event* event_at(const penstock_batch* batch, uint64_t index) {
  const char* const begin = (const char*)batch->events;
  return (const penstock_event*)(const void*)(begin + index * batch->event_stride);
}

const penstock_plugin* good_entry(const penstock_host* host) {
  static const penstock_plugin plugin = {sizeof(penstock_plugin),
                                         PENSTOCK_ABI_MAJOR,
                                         PENSTOCK_ABI_MINOR,
                                         0,
                                         "org.example.bad",
                                         "1.0.0",
                                         good_init,
                                         good_deinit,
                                         good_get_factory};
  return host->abi_major == PENSTOCK_ABI_MAJOR ? &plugin : NULL;
}

int32_t good_init(const penstock_host* host, penstock_text* error) {
  return parts.init == good_init ? PENSTOCK_OK : parts.init(host, error);
}

void good_deinit(void) {
  if (parts.deinit != good_deinit) parts.deinit();
}

const penstock_component* good_describe(uint32_t index) {
  static penstock_component component;
  component.size = sizeof component;
  component.max_concurrency = parts.max_concurrency;
  component.name = component_name;
  return index == 0 ? &component : NULL;
}

const penstock_factory* good_get_factory(const char* point) {
  static penstock_factory factory;
  if (parts.get_factory != good_get_factory && strcmp(point, PENSTOCK_POINT_SINK) != 0) {
    return parts.get_factory(point);
  }
  factory.size = sizeof factory;
  factory.count = 1;
  factory.describe = parts.describe;
  factory.create = parts.create;
  return strcmp(point, PENSTOCK_POINT_SINK) == 0 ? &factory : NULL;
}

penstock_instance* good_create(const char* name, const penstock_config* config,
                               penstock_text* error) {
  (void)config;
  if (strcmp(name, component_name) != 0) {
    *error = text_of("there is no such sink");
    return NULL;
  }
  struct sink* const sink = calloc(1, sizeof *sink);
  if (sink == NULL) {
    *error = text_of("no memory");
    return NULL;
  }
  sink->c.instance.size = sizeof sink->c;
  sink->c.instance.self = sink;
  sink->c.instance.destroy = parts.destroy;
  sink->c.instance.get_extension = parts.get_extension;
  sink->c.needs = PENSTOCK_NEEDS_EVENTS;
  sink->c.max_in_flight = parts.max_in_flight;
  sink->c.open = parts.open;
  sink->c.write = parts.write;
  sink->c.flush = parts.flush;
  sink->c.control = parts.control;
  sink->c.close = parts.close;
  return &sink->c.instance;
}

void good_destroy(void* self) { free(self); }

const void* good_get_extension(void* self, const char* id) {
  (void)self;
  (void)id;
  return NULL;
}

int32_t good_open(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                  penstock_text* error) {
  struct sink* const sink = self;
  (void)deadline_ns;
  (void)error;
  sink->host = host;
  return PENSTOCK_OK;
}

static void add(struct sink* sink, penstock_text text) {
  for (size_t i = 0; i < text.size; ++i)
    sink->checksum = sink->checksum * 31 + (uint8_t)text.data[i];
}

static void add_event(struct sink* sink, const penstock_event* event) {
  ++sink->checksum;
  add(sink, event->logger);
  add(sink, event->message);
  for (size_t i = 0; i < event->field_count; ++i) {
    add(sink, event->fields[i].key);
    if (event->fields[i].value.type == PENSTOCK_TEXT) add(sink, event->fields[i].value.as.text);
  }
  for (size_t i = 0; i < event->tag_count; ++i) add(sink, event->tags[i]);
}

void good_write(void* self, const penstock_batch* batch, penstock_answer* answer) {
  struct sink* const sink = self;
  for (uint64_t i = 0; i < batch->count; ++i) add_event(sink, event_at(batch, i));
  answer->status = PENSTOCK_WRITE_OK;
}

int32_t good_flush(void* self, int64_t deadline_ns, penstock_text* error) {
  (void)self;
  (void)deadline_ns;
  (void)error;
  return PENSTOCK_OK;
}

void good_control(void* self, uint32_t request) {
  (void)self;
  (void)request;
}

void good_close(void* self, int64_t deadline_ns) {
  (void)self;
  (void)deadline_ns;
}

__attribute__((visibility("default"))) const penstock_plugin* PENSTOCK_PLUGIN_ENTRY(
    const penstock_host* host) {
  return parts.entry(host);
}
