# sql_tests/tools/faults/proxy.py
#   A network that can be cut: a TCP proxy inside the test's own process.
#
# Connections to its port go on to the target.  cut() closes all of them with a
# reset and can refuse new ones for a while; stall() lets no byte pass for a
# while.  Python's import of a module leaves no file behind (see trials.py).

import contextlib
import socket
import struct
import threading
import time

BLOCK = 262144


class Proxy:
    def __init__(self, host, port):
        self.target = (host, port)
        self.sockets = set()
        self.lock = threading.Lock()
        self.flowing = threading.Event()
        self.flowing.set()
        self.refused_until = 0.0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,),
                             daemon=True).start()

    def serve(self, client):
        try:
            if time.monotonic() < self.refused_until:
                raise OSError("refused")
            server = socket.create_connection(self.target, timeout=10)
            server.settimeout(None)
        except OSError:
            reset(client)
            return
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.sockets.update((client, server))
        threading.Thread(target=self.pump, args=(server, client),
                         daemon=True).start()
        self.pump(client, server)

    def pump(self, source, sink):
        try:
            while True:
                data = source.recv(BLOCK)
                self.flowing.wait()
                if not data:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            with self.lock:
                self.sockets.discard(end)
            end.close()

    def cut(self, seconds=0.0):
        self.refused_until = time.monotonic() + seconds
        with self.lock:
            ends, self.sockets = self.sockets, set()
        for end in ends:
            reset(end)

    def stall(self, seconds):
        self.flowing.clear()
        time.sleep(seconds)
        self.flowing.set()

    def close(self):
        self.listener.close()
        self.flowing.set()
        self.cut()


def reset(end):
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                       struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
