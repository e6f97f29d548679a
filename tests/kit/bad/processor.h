/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processor.h: a plugin in C with one processor, all but its process(): PROCESSOR_PLUGIN(process).
 */
#ifndef BAD_PROCESSOR_H
#define BAD_PROCESSOR_H

#include <string.h>

#include <stdlib.h>

#include <penstock/plugin/abi.h>

struct processor {
  penstock_processor c;
  const penstock_event* kept; /* whatever a bad one wants */
  uint64_t checksum;
};

typedef uint32_t (*process_function)(void* self, const penstock_event* in, penstock_event* out,
                                     size_t event_bytes, penstock_text* error);

static const process_function process_part;

static penstock_instance* create(const char* name, const penstock_config* config,
                                 penstock_text* error) {
  (void)config;
  if (strcmp(name, "bad") != 0) {
    error->data = "there is no such processor";
    error->size = strlen(error->data);
    return NULL;
  }
  struct processor* const made = calloc(1, sizeof *made);
  made->c.instance.size = sizeof made->c;
  made->c.instance.self = made;
  made->c.instance.destroy = free;
  made->c.process = process_part;
  return &made->c.instance;
}

static const penstock_component* describe(uint32_t index) {
  static const penstock_component component = {sizeof component, 1, "bad"};
  return index == 0 ? &component : NULL;
}

static const penstock_factory* get_factory(const char* point) {
  static const penstock_factory factory = {sizeof factory, 1, describe, create};
  return strcmp(point, PENSTOCK_POINT_PROCESSOR) == 0 ? &factory : NULL;
}

__attribute__((visibility("default"))) const penstock_plugin* PENSTOCK_PLUGIN_ENTRY(
    const penstock_host* host) {
  static const penstock_plugin plugin = {
      sizeof plugin, PENSTOCK_ABI_MAJOR, PENSTOCK_ABI_MINOR, 0, "org.example.bad", "1.0.0", NULL,
      NULL,          get_factory};
  return host->abi_major == PENSTOCK_ABI_MAJOR ? &plugin : NULL;
}

#define PROCESSOR_PLUGIN(function)                       \
  static const process_function process_part = function; \
  __asm__(                                               \
      ".pushsection .note.penstock, \"a\", %note\n"      \
      ".balign 4\n"                                      \
      ".long 9, 2f - 1f, 1\n"                            \
      ".asciz \"Penstock\"\n"                            \
      ".balign 4\n"                                      \
      "1: .incbin \"" MANIFEST                           \
      "\"\n"                                             \
      "2: .balign 4\n"                                   \
      ".popsection\n")

#endif /* BAD_PROCESSOR_H */
