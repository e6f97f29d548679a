/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h: a sink that sends to a server over TCP, the server with it, in one thread: a connection
 * for each batch, which is taken when it has been made. CLIENT_PLUGIN(failed, sent) says what is
 * answered when there was no connection, and when there was.
 */
#ifndef BAD_CLIENT_H
#define BAD_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sink.h"

static int server = -1;
static struct sockaddr_in address;

static int32_t open_server(void* self, const penstock_sink_host* host, int64_t deadline_ns,
                           penstock_text* error) {
  socklen_t size = sizeof address;
  server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (server == -1 || bind(server, (struct sockaddr*)&address, sizeof address) == -1 ||
      listen(server, 8) == -1 || getsockname(server, (struct sockaddr*)&address, &size) == -1) {
    *error = text_of("no server");
    return PENSTOCK_FAILED;
  }
  return good_open(self, host, deadline_ns, error);
}

static int is_sent(void) {
  const int here = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int sent = 0;
  if (here != -1 && connect(here, (struct sockaddr*)&address, sizeof address) == 0) {
    const int there = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    char byte = 'x';
    sent = there != -1 && send(here, &byte, 1, MSG_NOSIGNAL) == 1 && recv(there, &byte, 1, 0) == 1;
    if (there != -1) close(there);
  }
  if (here != -1) close(here);
  return sent;
}

static void close_server(void* self, int64_t deadline_ns) {
  if (server != -1) close(server);
  server = -1;
  good_close(self, deadline_ns);
}

#define CLIENT_PLUGIN \
  BAD_PLUGIN(.open = open_server, .write = write_to_server, .close = close_server)

#endif /* BAD_CLIENT_H */
