#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""with_syslog_receiver.py COMMAND...: runs the command while somebody takes messages by UDP and TCP.

In the command's words @PORT@ is the port of both, on 127.0.0.1. Its exit code is the command's.
"""
import os
import selectors
import socket
import subprocess
import sys
import threading


def listen():
    """Both on the same free port."""
    while True:
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            continue
        return tcp, udp


def take(tcp, udp):
    """Reads what comes, and throws it away."""
    waiting = selectors.DefaultSelector()
    waiting.register(tcp, selectors.EVENT_READ)
    waiting.register(udp, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is tcp:
                waiting.register(tcp.accept()[0], selectors.EVENT_READ)
                continue
            try:
                data = key.fileobj.recv(1 << 20)
            except OSError:
                data = b""
            if not data and key.fileobj is not udp:
                waiting.unregister(key.fileobj)
                key.fileobj.close()


def main():
    tcp, udp = listen()
    threading.Thread(target=take, args=(tcp, udp), daemon=True).start()
    port = str(tcp.getsockname()[1])
    status = subprocess.call([word.replace("@PORT@", port) for word in sys.argv[1:]])
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
