#!/usr/bin/env python3
"""A small MySQL server that lies: a test tool.

    lying_server.py MODE [--report FILE] [--lifetime S] [--stall S] [--rows N]
                         [--port N]

It listens on 127.0.0.1 only, prints the port it got as its first line, serves
any number of connections and ends by itself after --lifetime seconds (60).
Any user and password are accepted.  It speaks the handshake, COM_QUERY,
COM_STMT_PREPARE, COM_STMT_EXECUTE and COM_PING of a MySQL 8.0 without TLS,
answers every statement that is not a SELECT with "OK", and every SELECT with
--rows (10) rows of two columns, "id" bigint and "name" varchar.

What it then does wrong is the MODE:

    honest          nothing; the base of comparison
    infile          any statement: asks for the file /etc/hostname (LOAD DATA
                    LOCAL); records how many bytes of it come
    no_tls          offers no TLS; records whether an authentication response
                    arrives (honest does the same: there is no TLS here)
    clear_password  asks for the password as it is (mysql_clear_password);
                    records whether it comes
    dialog          the same by the plugin "dialog"
    mute            accepts the connection and never greets
    mute_auth       greets, then never answers
    cut_row         hangs up in the middle of a row
    cut_between     hangs up between two rows
    stall           stops for --stall seconds (5) in the middle of a row
    long_value      a row whose last value is longer than its packet
    huge_value      the same, with a length of 2^63
    short_row       a row that ends before its last value
    trailing        a row with bytes after its last value
    junk            a row with a wrong header byte
    bad_eof         an end-of-rows packet of a wrong size
    empty_packet    an empty packet between two rows
    error_midway    an error packet in the middle of the rows
    warnings        claims three warnings at the end
    two_results     says after the rows that another result follows

The data modes (cut_row and below) apply to SELECTs whose text holds "lie";
all others are served honestly, so that a session can be set up first.

The report file is one JSON object, rewritten at each event:
    connections, auth_responses, auth_bytes, clear_password_bytes,
    file_requests, file_bytes, statements
"""
import argparse
import json
import os
import socket
import struct
import threading
import time

CAPABILITIES = (0x1 | 0x2 | 0x4 | 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 |
                0x10000 | 0x20000 | 0x40000 | 0x80000 | 0x100000)
UTF8MB4 = 255
TYPE_LONGLONG = 8
TYPE_VAR_STRING = 253
STATUS_AUTOCOMMIT = 2
STATUS_MORE_RESULTS = 8
SALT = b'0123456789abcdefghij'

# What a client reads back of its session, by the text of the expression.
VARIABLES = {
    '@@session.time_zone': '+00:00',
    '@@session.character_set_client': 'utf8mb4',
    '@@session.character_set_connection': 'utf8mb4',
    '@@session.character_set_results': 'utf8mb4',
    '@@session.sql_select_limit': '18446744073709551615',
    '@@session.sql_mode': 'STRICT_ALL_TABLES',
    '@@session.net_write_timeout': '86400',
    '@@session.net_read_timeout': '86400',
    '@@session.autocommit': '1',
    '@@session.sql_auto_is_null': '0',
    '@@session.sql_buffer_result': '0',
    '@@session.max_sort_length': '4096',
}
DATA_MODES = ('cut_row', 'cut_between', 'stall', 'long_value', 'huge_value',
              'short_row', 'trailing', 'junk', 'bad_eof', 'empty_packet',
              'error_midway', 'warnings', 'two_results')
OTHER_MODES = ('honest', 'infile', 'no_tls', 'clear_password', 'dialog',
               'mute', 'mute_auth')


class Report:
    """Counts, kept in a file that the test reads."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.counts = {name: 0 for name in
                       ('connections', 'auth_responses', 'auth_bytes',
                        'clear_password_bytes', 'file_requests', 'file_bytes',
                        'statements')}
        self.add('connections', 0)

    def add(self, name, amount=1):
        with self.lock:
            self.counts[name] += amount
            if self.path:
                part = self.path + '.part'
                with open(part, 'w', encoding='utf-8') as out:
                    json.dump(self.counts, out)
                    out.write('\n')
                os.replace(part, self.path)


class HungUp(Exception):
    pass


def length_encoded(number):
    if number < 251:
        return bytes([number])
    if number < 1 << 16:
        return b'\xfc' + struct.pack('<H', number)
    if number < 1 << 24:
        return b'\xfd' + struct.pack('<I', number)[:3]
    return b'\xfe' + struct.pack('<Q', number)


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return length_encoded(len(data)) + data


class Session:
    def __init__(self, sock, options, report, connection_id):
        self.sock = sock
        self.mode = options.mode
        self.options = options
        self.report = report
        self.connection_id = connection_id
        self.sequence = 0
        self.prepared = {}

    # Packets

    def read_exactly(self, size):
        data = b''
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            if not piece:
                raise HungUp
            data += piece
        return data

    def read_packet(self):
        data = b''
        while True:
            header = self.read_exactly(4)
            size = header[0] | header[1] << 8 | header[2] << 16
            self.sequence = (header[3] + 1) & 0xff
            data += self.read_exactly(size)
            if size < 0xffffff:
                return data

    def frame(self, payload):
        header = struct.pack('<I', len(payload))[:3] + bytes([self.sequence])
        self.sequence = (self.sequence + 1) & 0xff
        return header + payload

    def send(self, payload):
        self.sock.sendall(self.frame(payload))

    def send_ok(self):
        self.send(b'\0\0\0' + struct.pack('<HH', STATUS_AUTOCOMMIT, 0))

    def send_error(self, number, state, message):
        self.send(b'\xff' + struct.pack('<H', number) + b'#' +
                  state.encode() + message.encode())

    def send_eof(self, warnings=0, status=STATUS_AUTOCOMMIT):
        self.send(b'\xfe' + struct.pack('<HH', warnings, status))

    # Handshake

    def greet(self):
        self.sequence = 0
        self.send(b'\x0a' + b'8.0.36\0' +
                  struct.pack('<I', self.connection_id) + SALT[:8] + b'\0' +
                  struct.pack('<H', CAPABILITIES & 0xffff) +
                  bytes([UTF8MB4]) + struct.pack('<H', STATUS_AUTOCOMMIT) +
                  struct.pack('<H', CAPABILITIES >> 16) + bytes([21]) +
                  b'\0' * 10 + SALT[8:] + b'\0' + b'mysql_native_password\0')

    def note_auth(self, data):
        if data.rstrip(b'\0'):
            self.report.add('auth_responses')
            self.report.add('auth_bytes', len(data))

    def authenticate(self):
        reply = self.read_packet()
        capabilities = struct.unpack('<I', reply[:4])[0]
        rest = reply[32:]
        user_end = rest.index(b'\0')
        rest = rest[user_end + 1:]
        self.note_auth(rest[1:1 + rest[0]] if rest else b'')

        plugin = {'clear_password': b'mysql_clear_password',
                  'dialog': b'dialog'}.get(self.mode, b'mysql_native_password')
        if capabilities & 0x80000:
            question = b'\4Password: ' if plugin == b'dialog' else SALT + b'\0'
            self.send(b'\xfe' + plugin + b'\0' + question)
            answer = self.read_packet()
            if plugin == b'mysql_native_password':
                self.note_auth(answer)
            else:
                self.report.add('clear_password_bytes',
                                len(answer.rstrip(b'\0')))
        if self.mode == 'mute_auth':
            time.sleep(self.options.lifetime)
        self.send_ok()

    # Results

    def send_columns(self, columns):
        for name, kind in columns:
            self.send(string('def') + string('') + string('t') + string('t') +
                      string(name) + string(name) + b'\x0c' +
                      struct.pack('<HIBHB', UTF8MB4, 255, kind, 0, 0) +
                      b'\0\0')
        self.send_eof()

    def columns_of(self, sql):
        variables = self.variables_of(sql)
        if variables is not None:
            return [(name, TYPE_VAR_STRING) for name, _ in variables]
        return [('id', TYPE_LONGLONG), ('name', TYPE_VAR_STRING)]

    def variables_of(self, sql):
        """Names and values when the statement asks for variables only."""
        if '@@' not in sql:
            return None
        identity = 'CONCAT_WS'
        head = sql.split(None, 1)[1]
        result = []
        if identity in head:
            head = head[:head.index(identity)].rstrip(' ,')
        for item in [part.strip() for part in head.split(',') if part.strip()]:
            if item == 'CONNECTION_ID()':
                value = str(self.connection_id)
            else:
                value = VARIABLES.get(item, '')
            result.append((item, value))
        if identity in sql:
            result.append((identity, 'liar/1/1'))
        return result

    def row(self, values, binary):
        if not binary:
            return b''.join(string(str(value)) for value in values)
        data = b'\0' + b'\0' * ((len(values) + 9) // 8)
        for value in values:
            data += (struct.pack('<q', value) if isinstance(value, int)
                     else string(value))
        return data

    def bad_row(self, row):
        """A row in the way of the mode; returns what to send instead."""
        mode = self.mode
        if mode == 'long_value':
            return row[:-11] + length_encoded(200) + row[-10:]
        if mode == 'huge_value':
            return row[:-11] + b'\xfe' + struct.pack('<Q', 1 << 63) + row[-10:]
        if mode == 'short_row':
            return row[:-11]
        if mode == 'trailing':
            return row + b'extra'
        if mode == 'junk':
            return b'\x7f' + row[1:]
        return None

    def misbehave(self, row):
        """The lie, told in the middle of the rows; True ends the result."""
        mode = self.mode
        bad = self.bad_row(row)
        if bad is not None:
            self.send(bad)
        elif mode == 'cut_between':
            raise HungUp
        elif mode == 'cut_row':
            self.sock.sendall(self.frame(row)[:-5])
            raise HungUp
        elif mode == 'stall':
            data = self.frame(row)
            self.sock.sendall(data[:-5])
            time.sleep(self.options.stall)
            self.sock.sendall(data[-5:])
        elif mode == 'bad_eof':
            self.send(b'\xfe' + b'\0' * 7)
            return True
        elif mode == 'empty_packet':
            self.send(b'')
        elif mode == 'error_midway':
            self.send_error(1412, 'HY000',
                            'Table definition has changed, please retry '
                            'transaction')
            return True
        else:
            self.send(row)
        return False

    def send_rows(self, sql, binary):
        variables = self.variables_of(sql)
        if variables is not None:
            self.send(self.row([value for _, value in variables], binary))
            self.send_eof()
            return
        lies = self.mode in DATA_MODES and 'lie' in sql
        for number in range(1, self.options.rows + 1):
            row = self.row([number, 'row %06d' % number], binary)
            if lies and number == self.options.rows // 2 + 1:
                if self.misbehave(row):
                    return
            else:
                self.send(row)
        self.send_eof(3 if lies and self.mode == 'warnings' else 0,
                      STATUS_AUTOCOMMIT |
                      (STATUS_MORE_RESULTS
                       if lies and self.mode == 'two_results' else 0))
        if lies and self.mode == 'two_results':
            self.send_result(sql.replace('lie', ''), binary)

    def send_result(self, sql, binary):
        columns = self.columns_of(sql)
        self.send(length_encoded(len(columns)))
        self.send_columns(columns)
        self.send_rows(sql, binary)

    def ask_for_file(self):
        self.report.add('file_requests')
        self.send(b'\xfb/etc/hostname')
        while True:
            piece = self.read_packet()
            if not piece:
                break
            self.report.add('file_bytes', len(piece))
        self.send_ok()

    def run_statement(self, sql, binary):
        self.report.add('statements')
        if self.mode == 'infile':
            self.ask_for_file()
        elif sql.lstrip().upper().startswith('SELECT'):
            self.send_result(sql, binary)
        else:
            self.send_ok()

    def prepare(self, sql):
        number = len(self.prepared) + 1
        self.prepared[number] = sql
        is_select = sql.lstrip().upper().startswith('SELECT')
        columns = self.columns_of(sql) if is_select else []
        self.send(b'\0' + struct.pack('<IHH', number, len(columns), 0) +
                  b'\0' + struct.pack('<H', 0))
        if columns:
            self.send_columns(columns)

    def command(self, data):
        code, body = data[0], data[1:]
        if code == 1:
            raise HungUp
        if code == 3:
            self.run_statement(body.decode(errors='replace'), False)
        elif code == 0x16:
            self.prepare(body.decode(errors='replace'))
        elif code == 0x17:
            number = struct.unpack('<I', body[:4])[0]
            self.run_statement(self.prepared[number], True)
        elif code == 0x19:
            pass                # COM_STMT_CLOSE has no answer
        else:
            self.send_ok()

    def serve(self):
        self.report.add('connections')
        try:
            if self.mode == 'mute':
                time.sleep(self.options.lifetime)
            self.greet()
            self.authenticate()
            while True:
                self.command(self.read_packet())
        except (HungUp, OSError):
            pass
        finally:
            self.sock.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('mode', choices=OTHER_MODES + DATA_MODES)
    parser.add_argument('--report')
    parser.add_argument('--lifetime', type=float, default=60)
    parser.add_argument('--stall', type=float, default=5)
    parser.add_argument('--rows', type=int, default=10)
    parser.add_argument('--port', type=int, default=0)
    options = parser.parse_args()

    report = Report(options.report)
    end = time.monotonic() + options.lifetime
    with socket.create_server(('127.0.0.1', options.port)) as listener:
        print(listener.getsockname()[1], flush=True)
        connection_id = 100
        while time.monotonic() < end:
            listener.settimeout(max(0.05, end - time.monotonic()))
            try:
                sock, _ = listener.accept()
            except socket.timeout:
                break
            connection_id += 1
            sock.settimeout(options.lifetime)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(sock, options, report, connection_id)
            threading.Thread(target=session.serve, daemon=True).start()


if __name__ == '__main__':
    main()
