# sql_tests/tools/faults/kinds.py
#   The kinds of faults of trials.py: each is one thing that happens to a job.
#
# prepare() comes before the job is called, inject() is the fault, mend() what
# a DBA does about its cause before he goes on with the job.

import os
import signal
import subprocess
import threading
import time

from servers import wait_for


class Skip(Exception):
    pass


class Kind:
    weight = 2

    def prepare(self, trial):
        pass

    def inject(self, trial):
        raise NotImplementedError

    def mend(self, trial):
        pass


def one_of(trial, pids):
    return trial.random.choice(pids) if pids else None


def kill(pid, number):
    if pid is not None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class Terminated(Kind):
    """pg_terminate_backend or pg_cancel_backend of one of its processes."""

    def __init__(self, process, function="pg_terminate_backend"):
        self.process = process
        self.function = function

    def inject(self, trial):
        pid = one_of(trial, trial.processes(self.process))
        if pid is not None:
            trial.postgres.ask("SELECT %s(%d)" % (self.function, pid))


class EveryWorkerTerminated(Kind):
    def inject(self, trial):
        for _ in range(trial.random.randint(1, 8)):
            for pid in trial.processes("mysql_migrate worker"):
                trial.postgres.ask("SELECT pg_terminate_backend(%d)" % pid)
            time.sleep(trial.random.random() * 0.2)


class CallerKilled(Kind):
    def __init__(self, number):
        self.number = number

    def inject(self, trial):
        kill(trial.caller.pid, self.number)


class CancelFunction(Kind):
    def inject(self, trial):
        job = trial.job()
        if job is not None:
            trial.postgres.ask("SELECT migration_cancel(%s)" % job[0],
                               check=False)


class StatementTimeout(Kind):
    def prepare(self, trial):
        trial.settings.append("SET statement_timeout = %d" % max(
            1, int(trial.random.random() * trial.source.calm_seconds * 1000)))

    def inject(self, trial):
        trial.caller.wait()
        trial.settings = []


class BackendKilled(Kind):
    """The whole cluster starts anew."""

    def inject(self, trial):
        pids = trial.processes("mysql_migrate worker") + \
            trial.processes("mysql_migrate leader")
        kill(one_of(trial, pids), signal.SIGKILL)
        if pids:
            trial.caller.wait(timeout=trial.patience)


class PostgresStopped(Kind):
    def __init__(self, mode):
        self.mode = mode

    def inject(self, trial):
        trial.postgres.stop(self.mode)
        trial.postgres.start()


class MySQLStopped(Kind):
    def __init__(self, clean):
        self.clean = clean

    def inject(self, trial):
        if self.clean:
            trial.mysql.shut_down()
        else:
            trial.mysql.kill()
        time.sleep(trial.random.choice((0, 0, 1.5)))
        trial.mysql.start()


class NetworkCut(Kind):
    weight = 3

    def inject(self, trial):
        trial.proxy.cut(trial.random.choice((0, 0, 0.5, 3)))


class NetworkStalled(Kind):
    """No byte passes for a while; then all goes on, or the end is a reset."""

    def inject(self, trial):
        trial.proxy.stall(trial.random.uniform(0.2, 2.5))
        if trial.random.random() < 0.5:
            trial.proxy.cut()


class ConnectionKilled(Kind):
    weight = 3

    def inject(self, trial):
        threads = trial.mysql.threads()
        if threads and trial.random.random() < 0.6:
            threads = [trial.random.choice(threads)]
        for thread in threads:
            trial.mysql.run("KILL %s" % thread, check=False)


class NoSlots(Kind):
    """Parallel queries take every slot; the job's workers are terminated."""

    def prepare(self, trial):
        if trial.random.random() < 0.5:
            self.occupy(trial)

    def occupy(self, trial):
        version = int(trial.postgres.ask("SHOW server_version_num"))
        setting = "debug_parallel_query" if version >= 160000 else \
            "force_parallel_mode"
        count = int(trial.postgres.ask("SHOW max_worker_processes"))
        sleepers = [subprocess.Popen(
            trial.postgres.command(
                "SET max_parallel_workers = 64; SET %s = on" % setting,
                "SELECT pg_sleep(%s)" % trial.random.uniform(0.3, 2)),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(count)]
        trial.undo.append(lambda: [sleeper.wait() for sleeper in sleepers])
        time.sleep(0.1)

    def inject(self, trial):
        if not trial.undo:
            self.occupy(trial)
            for pid in trial.processes("mysql_migrate worker"):
                trial.postgres.ask("SELECT pg_terminate_backend(%d)" % pid)

    def mend(self, trial):
        for undo in trial.undo:
            undo()


class DiskFull(Kind):
    """A tablespace on a file system that is too small, then is made larger."""

    def prepare(self, trial):
        if os.getuid() != 0:
            raise Skip("a file system of limited size takes root")
        self.path = os.path.join(os.environ["RUN"], "full.%d" % trial.seed)
        os.mkdir(self.path)
        size = trial.random.randint(1, 30)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % size,
                           "tmpfs", self.path],
                          stderr=subprocess.DEVNULL).returncode != 0:
            os.rmdir(self.path)
            raise Skip("may not mount a file system")
        owner = os.stat(trial.postgres.data)
        os.chown(self.path, owner.st_uid, owner.st_gid)
        trial.postgres.ask("CREATE TABLESPACE small LOCATION '%s'" % self.path)
        trial.settings.append("SET default_tablespace = small")
        trial.undo.append(lambda: self.undo(trial))

    def undo(self, trial):
        trial.end_job()
        trial.postgres.ask("SET client_min_messages = error;"
                           "DROP SCHEMA IF EXISTS %s CASCADE" % trial.schema)
        wait_for(60, "the tablespace to be empty", lambda: trial.postgres.ask(
            "CHECKPOINT", "DROP TABLESPACE IF EXISTS small", check=False)
            is not None)
        # A process that ends may have a removed file open for a moment.
        wait_for(60, "the file system to be free", lambda: subprocess.run(
            ["umount", self.path], stderr=subprocess.DEVNULL).returncode == 0)
        os.rmdir(self.path)

    def inject(self, trial):
        trial.caller.wait(timeout=trial.patience)

    def mend(self, trial):
        subprocess.run(["mount", "-o", "remount,size=4g", self.path],
                       check=True)


class TableDropped(Kind):
    def inject(self, trial):
        tables = [row[0] for row in trial.postgres.rows(
            "SELECT format('%%I.%%I', nspname, relname) FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = relnamespace"
            " WHERE nspname = '%s' AND relkind = 'r'" % trial.schema)]
        if not tables:
            return
        table = trial.random.choice(tables)
        thread = threading.Thread(target=lambda: self.drop(trial, table))
        thread.start()
        trial.undo.append(thread.join)

    def drop(self, trial, table):
        # The second statement comes after the commit of the first.
        trial.dropped_at = trial.postgres.ask(
            "SET client_min_messages = error; DROP TABLE %s CASCADE" % table,
            "SELECT extract(epoch FROM clock_timestamp())", check=False)

    def mend(self, trial):
        for undo in trial.undo:
            undo()


KINDS = {
    "worker_terminated": Terminated("mysql_migrate worker"),
    "workers_terminated": EveryWorkerTerminated(),
    "worker_cancelled": Terminated("mysql_migrate worker",
                                   "pg_cancel_backend"),
    "leader_terminated": Terminated("mysql_migrate leader"),
    "leader_cancelled": Terminated("mysql_migrate leader",
                                   "pg_cancel_backend"),
    "caller_killed": CallerKilled(signal.SIGKILL),
    "caller_interrupted": CallerKilled(signal.SIGINT),
    "caller_terminated": Terminated("client backend"),
    "caller_cancelled": Terminated("client backend", "pg_cancel_backend"),
    "cancel_function": CancelFunction(),
    "statement_timeout": StatementTimeout(),
    "backend_killed": BackendKilled(),
    "postgres_stopped": PostgresStopped("immediate"),
    "postgres_restarted": PostgresStopped("fast"),
    "mysql_killed": MySQLStopped(clean=False),
    "mysql_restarted": MySQLStopped(clean=True),
    "network_cut": NetworkCut(),
    "network_stalled": NetworkStalled(),
    "connection_killed": ConnectionKilled(),
    "no_slots": NoSlots(),
    "disk_full": DiskFull(),
    "table_dropped": TableDropped(),
}
