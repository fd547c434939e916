#!/usr/bin/env python3
"""A network that is cut at a statement: a test tool.

    cutting_proxy.py TARGET_PORT WORDS [TIMES]

It listens on 127.0.0.1, prints the port it got as its first line, and hands
everything on to TARGET_PORT of the same host, until its standard input ends.
The first TIMES (1) statements that hold WORDS never arrive: their connection
is closed on both sides, and a line "cut" is printed.
"""
import socket
import sys
import threading

BLOCK = 65536


class Proxy:
    def __init__(self, port, words, times):
        self.port = port
        self.words = words.encode()
        self.times = times
        self.lock = threading.Lock()

    def is_cut(self, data):
        with self.lock:
            if self.times == 0 or self.words not in data:
                return False
            self.times -= 1
            print("cut", flush=True)
            return True

    def pump(self, source, sink, is_client):
        try:
            while data := source.recv(BLOCK):
                if is_client and self.is_cut(data):
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=self.pump, args=(server, client, False),
                                daemon=True)
        back.start()
        self.pump(client, server, True)
        back.join()
        client.close()
        server.close()

    def accept(self, listener):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=self.serve, args=(client,),
                             daemon=True).start()


def main():
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    proxy = Proxy(int(sys.argv[1]), sys.argv[2], times)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=proxy.accept, args=(listener,),
                     daemon=True).start()
    sys.stdin.read()


main()
