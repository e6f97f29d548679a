/* SPDX-License-Identifier: Apache-2.0 */
/* late.c: answers that come from a thread of the sink's own, in the order of the batches. */
#include <pthread.h>
#include <time.h>

#include "sink.h"

enum { tokens_max = 64 };

struct queue {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  pthread_t thread;
  uint64_t tokens[tokens_max];
  size_t count;
  int is_closing;
};

void late_settle(struct sink* sink, uint64_t token) {
  penstock_answer answer = {0};
  answer.size = sizeof answer;
  answer.status = PENSTOCK_WRITE_OK;
  sink->host->settle(sink->host->ctx, token, &answer);
}

/* It takes its time unless it is being closed. */
static void wait_a_little(struct queue* queue) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += parts.late_ms * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  while (!queue->is_closing &&
         pthread_cond_timedwait(&queue->changed, &queue->mutex, &until) == 0) {
  }
}

static void* run(void* self) {
  struct sink* const sink = self;
  struct queue* const queue = sink->queue;
  pthread_mutex_lock(&queue->mutex);
  for (;;) {
    while (queue->count == 0 && !queue->is_closing)
      pthread_cond_wait(&queue->changed, &queue->mutex);
    if (queue->count == 0) break;
    if (parts.late_ms > 0) wait_a_little(queue);
    if (queue->is_closing && parts.loses_at_close) break;
    const uint64_t token = queue->tokens[0];
    memmove(queue->tokens, queue->tokens + 1, --queue->count * sizeof *queue->tokens);
    pthread_mutex_unlock(&queue->mutex);
    parts.settle(sink, token);
    pthread_mutex_lock(&queue->mutex);
  }
  pthread_mutex_unlock(&queue->mutex);
  return NULL;
}

int32_t late_open(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                  penstock_text* error) {
  struct sink* const sink = self;
  good_open(self, host, deadline_ns, error);
  sink->queue = calloc(1, sizeof *sink->queue);
  if (sink->queue == NULL) {
    *error = text_of("no memory");
    return PENSTOCK_FAILED;
  }
  pthread_mutex_init(&sink->queue->mutex, NULL);
  pthread_cond_init(&sink->queue->changed, NULL);
  if (pthread_create(&sink->queue->thread, NULL, &run, sink) == 0) return PENSTOCK_OK;
  free(sink->queue);
  *error = text_of("no thread");
  return PENSTOCK_FAILED;
}

void late_write(void* self, const penstock_batch* batch, penstock_answer* answer) {
  struct sink* const sink = self;
  struct queue* const queue = sink->queue;
  good_write(self, batch, answer);
  pthread_mutex_lock(&queue->mutex);
  if (queue->count < tokens_max) {
    queue->tokens[queue->count++] = batch->token;
    answer->status = PENSTOCK_WRITE_PENDING;
  }
  pthread_cond_signal(&queue->changed);
  pthread_mutex_unlock(&queue->mutex);
}

void late_close(void* self, int64_t deadline_ns) {
  struct sink* const sink = self;
  struct queue* const queue = sink->queue;
  (void)deadline_ns;
  pthread_mutex_lock(&queue->mutex);
  queue->is_closing = 1;
  pthread_cond_signal(&queue->changed);
  pthread_mutex_unlock(&queue->mutex);
  pthread_join(queue->thread, NULL);
  pthread_mutex_destroy(&queue->mutex);
  pthread_cond_destroy(&queue->changed);
  free(queue);
  sink->queue = NULL;
}
