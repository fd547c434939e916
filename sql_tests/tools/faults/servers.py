# sql_tests/tools/faults/servers.py
#   The two servers of the trials: asked through their clients, killed, and
#   started again as they had been started before.
#
# PG* and MYSQL_* say where they are, RUN is the directory that servers.sh has
# made for them.

import os
import signal
import subprocess
import time


class Failure(Exception):
    pass


def wait_for(seconds, what, condition):
    """The first true value of condition(); Failure when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure("waited %d s in vain for %s" % (seconds, what))
        time.sleep(0.05)


def as_account(uid, gid):
    if os.getuid() != 0:
        return []
    return ["setpriv", "--reuid", str(uid), "--regid", str(gid),
            "--clear-groups", "--"]


def ends(pid):
    return lambda: not os.path.exists("/proc/%d" % pid) or "\nState:\tZ" in \
        open("/proc/%d/status" % pid).read()


class Postgres:
    def __init__(self):
        self.data = os.path.join(os.environ["PGHOST"], "data")
        owner = os.stat(self.data)
        bindir = subprocess.check_output(
            [os.environ.get("PG_CONFIG", "pg_config"), "--bindir"],
            text=True).strip()
        self.psql = bindir + "/psql"
        # The copy of the programs that knows the extension.
        self.pg_ctl = as_account(owner.st_uid, owner.st_gid) + \
            [os.environ["RUN"] + "/root" + bindir + "/pg_ctl", "-D", self.data]

    def command(self, *statements, options=()):
        command = [self.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                   "-v", "VERBOSITY=default"] + list(options)
        for statement in statements:
            command += ["-c", statement]
        return command

    def ask(self, *statements, check=True):
        result = subprocess.run(self.command(*statements), text=True,
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=120)
        if result.returncode != 0 and check:
            raise Failure("PostgreSQL: %s: %s" % (statements[-1][:200],
                                                  result.stderr.strip()))
        return result.stdout.strip() if result.returncode == 0 else None

    def rows(self, statement):
        text = self.ask(statement)
        return [line.split("|") for line in text.split("\n")] if text else []

    def is_up(self):
        return self.ask("SELECT 1", check=False) == "1"

    def wait_up(self):
        wait_for(60, "PostgreSQL to be up", self.is_up)

    def stop(self, mode):
        subprocess.run(self.pg_ctl + ["-w", "-m", mode, "stop"], cwd="/",
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        subprocess.run(self.pg_ctl + ["-w", "-t", "60", "-l",
                                      os.environ["PGHOST"] + "/log", "start"],
                       cwd="/", stdin=subprocess.DEVNULL, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def setting(self, name, value):
        self.ask("ALTER SYSTEM SET %s = %s" % (name, value))


class MySQL:
    """MariaDB, by the account `writer`: the job's own is `mover`."""

    def __init__(self):
        self.pid_file = os.environ["RUN"] + "/my/pid"
        self.socket = os.environ["MYSQL_SOCKET"]
        self.remember()
        self.environment = dict(os.environ,
                                MYSQL_PWD=os.environ["MYSQL_PASSWORD"])
        self.run("SET sql_log_bin = 0; CREATE USER IF NOT EXISTS writer@'%%'"
                 " IDENTIFIED BY '%s'; GRANT ALL ON *.* TO writer@'%%';"
                 "SET GLOBAL innodb_flush_log_at_trx_commit = 2"
                 % os.environ["MYSQL_PASSWORD"], user="mover")

    def remember(self):
        self.pid = int(open(self.pid_file).read())
        process = "/proc/%d/" % self.pid
        self.arguments = open(process + "cmdline").read().split("\0")[:-1]
        self.directory = os.readlink(process + "cwd")
        self.program = os.readlink(process + "exe")
        owner = os.stat(process)
        self.account = as_account(owner.st_uid, owner.st_gid)

    def command(self, user="writer"):
        # The socket, whatever MYSQL_HOST says.
        return ["mariadb", "--no-defaults", "-u", user, "-h", "localhost",
                "-S", self.socket, "--batch", "--skip-column-names",
                "--default-character-set=utf8mb4"]

    def run(self, script, check=True, user="writer"):
        result = subprocess.run(self.command(user), input=script, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment, timeout=600)
        if result.returncode != 0 and check:
            raise Failure("MySQL: %s: %s" % (script[:200],
                                             result.stderr.strip()))
        return result.stdout.strip() if result.returncode == 0 else None

    def is_up(self):
        return self.run("SELECT 1", check=False) == "1"

    def threads(self):
        text = self.run("SELECT id FROM information_schema.processlist"
                        " WHERE user = 'mover'", check=False)
        return text.split() if text else []

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.wait_end()

    def shut_down(self):
        os.kill(self.pid, signal.SIGTERM)
        self.wait_end()

    def wait_end(self):
        wait_for(60, "MySQL to end", ends(self.pid))

    def start(self):
        for path in (self.pid_file, self.socket):
            if os.path.exists(path):
                os.unlink(path)
        with open(os.environ["RUN"] + "/my.log", "ab") as log:
            process = subprocess.Popen(
                self.account + [self.program] + self.arguments[1:],
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)
        wait_for(60, "MySQL to be up", lambda: os.path.exists(self.pid_file)
                 and self.is_up())
        self.pid = process.pid
        self.run("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
