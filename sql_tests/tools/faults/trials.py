# sql_tests/tools/faults/trials.py
#   Trials of faults: a migration, one fault at a random moment of it, then
#   what a DBA would do; at the end nothing may be lost, double, or left over.
#
#   SEED    first trial's seed (default: from the clock); a trial depends on
#           its seed alone, but for the speed of the machine
#   TRIALS  how many trials over the small source (default 200)
#   BIG     how many over the big one (default 10; 0 with KIND)
#   KIND    only this kind of fault, or several, separated by commas
#   EACH=1  one trial of each kind instead (of KIND, when given)
#
# A trial calls migrate_schema, waits a random part of the time that a calm run
# takes, does one fault of kinds.py, and follows the hints of the job
# until it ends well.  Both sides are compared by SQL of each server (see
# source.py), now and then by compare.py too.  Each trial prints a line;
# the last one adds up.

import os
import random
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from kinds import KINDS, Skip
from servers import Failure, MySQL, Postgres, wait_for
from source import (INVARIANTS, LIVE, STATIC, WRITERS, big_source,
                           local_digest, remote_digest, small_source)
from proxy import Proxy

HANG = 90               # seconds that no step of a trial may take, or as
SLOWEST = 20            # many times the time of a calm run, if that is more
RESUMES = 8             # as many times as a DBA would try
OVER = ("ok", "warning", "incomplete")


class Source:
    """A MySQL database with its writers, and what its rows come to."""

    def __init__(self, mysql, name, tables):
        self.mysql = mysql
        self.name = name
        self.tables = tables
        self.writers = []
        mysql.run("DROP DATABASE IF EXISTS `%s`; CREATE DATABASE `%s`"
                  " CHARACTER SET utf8mb4; DROP DATABASE IF EXISTS"
                  " `%s_control`; CREATE DATABASE `%s_control`; USE `%s`;"
                  % (name, name, name, name, name)
                  + ";".join(statement for table in tables
                             for statement in table.statements()))
        mysql.run(WRITERS.format(name))
        self.digests = {
            table.name: mysql.run(remote_digest(table, name, table.frozen))
            for table in tables if table.kind == STATIC or table.frozen}
        self.entries = next(table.rows for table in tables
                            if table.name == "l_entry")

    def start_writers(self):
        self.stop_writers()
        self.mysql.run("UPDATE `%s_control`.flag SET go = 1" % self.name)
        seed = random.randrange(1, 1000000)
        for procedure in ("transfer", "serve"):
            writer = subprocess.Popen(
                self.mysql.command() + ["-e", "CALL `%s_control`.%s(%d)"
                                        % (self.name, procedure, seed)],
                env=self.mysql.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.writers.append(writer)

    def stop_writers(self):
        if not self.writers:
            return
        self.mysql.run("UPDATE `%s_control`.flag SET go = 0" % self.name)
        for writer in self.writers:
            writer.wait(timeout=HANG)
        self.writers = []


class Trial:
    """What the kinds of faults may use: servers, proxy, the running job."""

    def __init__(self, stage, source, seed, kind):
        self.stage = stage
        self.postgres = stage.postgres
        self.mysql = stage.mysql
        self.proxy = stage.proxy
        self.source = source
        self.seed = seed
        self.kind = kind
        self.random = random.Random(seed)
        self.schema = "%s_%d" % (source.name.replace("faults", "trial"), seed)
        self.caller = None
        self.log = open(os.path.join(stage.directory, "%d.log" % seed), "w+")
        self.settings = []
        self.complaints = []
        self.resumes = 0
        self.patience = max(HANG, SLOWEST * source.calm_seconds)
        self.struck = False         # the job was running
        self.dropped_at = None      # when a user's DROP TABLE was done
        self.undo = []              # what the fault left to be mended

    # ---- the job

    def call(self, statement):
        self.log.write("-- %s\n" % statement)
        self.log.flush()
        self.caller = subprocess.Popen(
            self.postgres.command(*self.settings, statement),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def wait_caller(self):
        try:
            self.caller.wait(timeout=self.patience)
        except subprocess.TimeoutExpired:
            self.complain("hangs: %s" % self.situation())
            self.caller.kill()
            self.caller.wait()
            self.end_job()

    def end_job(self):
        self.postgres.ask("SELECT pg_terminate_backend(pid) FROM"
                          " pg_stat_activity WHERE backend_type LIKE"
                          " 'mysql_migrate%'")
        wait_for(60, "the job's processes to end",
                 lambda: not self.processes("mysql_migrate leader") and
                 not self.processes("mysql_migrate worker"))

    def output(self):
        self.log.flush()
        with open(self.log.name) as log:
            return log.read()

    def last_output(self):
        return self.output().rsplit("\n-- ", 1)[-1]

    def complain(self, text):
        self.complaints.append(text)

    def situation(self):
        return self.postgres.ask(
            "SELECT string_agg(concat_ws(' ', pid, backend_type, state,"
            " wait_event_type, wait_event, left(query, 60)), '; ')"
            " FROM pg_stat_activity WHERE backend_type LIKE 'mysql_migrate%'"
            " OR query LIKE '%migrat%'", check=False)

    def processes(self, kind):
        """Process ids of the job's leader, worker, or of its caller."""
        return [int(row[0]) for row in self.postgres.rows(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = '%s'"
            " AND pid <> pg_backend_pid()"
            " AND (backend_type <> 'client backend' OR query ~"
            " 'FROM (migrate_schema|migration_resume)')" % kind)]

    def job(self):
        rows = self.postgres.rows(
            "SELECT id, state, coalesce(consistent::text, '-')"
            " FROM mysql_migrate.jobs WHERE local_schema = '%s'"
            " ORDER BY id DESC LIMIT 1" % self.schema)
        return rows[0] if rows else None

    def first_call(self):
        options = self.random.choice(("NULL", "'{\"snapshot\": \"auto\"}'"))
        if self.random.random() < 0.5:
            self.postgres.ask("CREATE SCHEMA %s" % self.schema)
        self.statement = (
            "SELECT * FROM migrate_schema('%s', local_schema => '%s',"
            " workers => %d, on_error => '%s', wait => %s, options => %s)"
            % (self.source.name, self.schema, self.random.randint(1, 5),
               self.random.choice(("stop", "reject")),
               "false" if self.random.random() < 0.1 else "true", options))
        self.call(self.statement)

    def wait_over(self):
        """Until no leader works on it: it may go on without its caller."""
        try:
            wait_for(self.patience, "the job to end", lambda: self.job() is None or
                     self.job()[1] not in ("running", "queued"))
        except Failure as failure:
            self.complain("%s: %s" % (failure, self.situation()))

    def go_on(self):
        """What a DBA does: looks how the job stands, follows its hint."""
        self.postgres.wait_up()
        self.wait_over()
        job = self.job()
        while (job is None or job[1] not in OVER) and self.resumes < RESUMES:
            self.resumes += 1
            text = self.last_output()
            if "ERROR:" in text and "HINT:" not in text and \
                    "terminating connection" not in text:
                self.complain("an error without a hint: %s" % text[-300:])
            if job is None:
                self.call(self.statement)
            else:
                self.call("SELECT * FROM migration_resume(%s)" % job[0])
            self.wait_caller()
            self.postgres.wait_up()
            self.wait_over()
            job = self.job()
            if job is not None and job[1] == "failed" and self.reload(job):
                return self.job()
        if job is None or job[1] not in OVER:
            self.complain("does not end well after %d resumes: %s"
                          % (self.resumes, job))
        return job

    def missing(self, job, condition):
        return [row[0] for row in self.postgres.rows(
            "SELECT remote_table FROM mysql_migrate.table_map AS m"
            " JOIN mysql_migrate.job AS j ON j.id = m.job"
            " WHERE job = %s AND %s AND NOT EXISTS"
            " (SELECT FROM pg_class WHERE oid = m.relation)"
            % (job[0], condition))]

    def reload(self, job, condition="m.status = 'failed'"):
        """Tables that somebody dropped: only a new migration helps."""
        tables = self.missing(job, condition)
        for table in tables:
            self.call("SELECT * FROM migrate_table('%s', '%s',"
                      " local_table => '%s.%s')"
                      % (self.source.name, table, self.schema, table))
            self.wait_caller()
        return bool(tables)

    def reload_dropped(self, job):
        """A table that was dropped before the job ended is not called ok."""
        if self.dropped_at is None:
            return
        for table in self.missing(
                job, "m.status <> 'failed' AND extract(epoch FROM finished)"
                " > %s" % self.dropped_at):
            self.complain("%s was dropped, and the job says nothing" % table)
        self.reload(job, "m.status <> 'failed'")

    # ---- what must hold at the end

    def check_static(self):
        for table in self.source.tables:
            expected = self.source.digests.get(table.name)
            if expected is None:
                continue
            got = self.postgres.ask(
                local_digest(table, self.schema, table.frozen), check=False)
            if got != expected:
                self.complain("%s: %s here, %s in MySQL"
                              % (table.name, got, expected))

    def check_moment(self):
        for text, query in INVARIANTS:
            if self.postgres.ask(query.format(self.schema,
                                              self.source.entries)) != "t":
                self.complain("not of one moment: %s does not hold" % text)

    def mend(self):
        """The mending command, then every live table is equal too."""
        self.source.stop_writers()
        live = [table for table in self.source.tables if table.kind == LIVE]
        if self.stage.can_mirror:
            # The queue has new rows only: that many may be deleted here.
            self.call("SELECT * FROM migrate_missing('%s', mode => 'mirror',"
                      " options => '{\"max_delete\": 100}')"
                      % self.source.name)
            self.wait_caller()
        else:
            for table in live:
                self.postgres.ask("DROP TABLE %s.%s CASCADE"
                                  % (self.schema, table.name))
                self.postgres.ask(
                    "SELECT * FROM migrate_table('%s', '%s',"
                    " local_table => '%s.%s')" % (
                        self.source.name, table.name, self.schema, table.name))
        for table in live:
            here = self.postgres.ask(local_digest(table, self.schema),
                                     check=False)
            there = self.mysql.run(remote_digest(table, self.source.name))
            if here != there:
                self.complain("%s after mending: %s here, %s in MySQL"
                              % (table.name, here, there))

    def check_books(self, job):
        wrong = self.postgres.ask(
            "SELECT string_agg(\"table\" || ' ' || read || ' ' || loaded"
            " || ' ' || rejected || ' ' || status, '; ')"
            " FROM mysql_migrate.result WHERE job = %s AND NOT"
            " (read = loaded + rejected AND rejected = 0"
            "  AND status IN ('ok', 'warning'))" % job[0])
        if wrong and self.kind != "table_dropped":
            self.complain("the books: %s" % wrong)
        if self.postgres.ask("SELECT count(*) FROM mysql_migrate.task WHERE"
                             " job = %s AND state = 'running'" % job[0]) != "0":
            self.complain("a task is still marked as running")

    def check_structure(self):
        """The same indexes and constraints as after a calm run."""
        if self.kind == "table_dropped":
            return
        differing = set(self.stage.structure_of(self.schema)) ^ \
            set(self.source.structure)
        if differing:
            self.complain("structure differs: %s" % sorted(differing)[:4])

    def check_leftovers(self):
        try:
            wait_for(10, "the job's processes and connections to end",
                     lambda: not self.processes("mysql_migrate leader") and
                     not self.processes("mysql_migrate worker") and
                     not self.mysql.threads())
        except Failure as failure:
            self.complain("%s: %s %s" % (failure, self.situation(),
                                         self.mysql.threads()))
        names = self.postgres.ask(
            "SELECT string_agg(relname, ', ') FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = relnamespace"
            " WHERE nspname = '%s' AND (relname ~ '__(job|old)_[0-9]+'"
            " OR EXISTS (SELECT FROM pg_index WHERE indexrelid = c.oid"
            "            AND NOT indisvalid))" % self.schema)
        if names:
            self.complain("left over: %s" % names)

    def check_compare(self):
        result = subprocess.run(
            [os.path.join(os.path.dirname(__file__), "..", "compare.py"),
             self.source.name, self.schema], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode != 0:
            self.complain("compare.py: %s" % result.stdout[-400:])

    # ---- the whole

    def roll_back(self, before):
        job = self.job()
        if job is not None:
            self.postgres.ask("SELECT migration_rollback(%s, force => true)"
                              % job[0])
        if self.stage.catalog() != before:
            self.complain("rollback leaves: %s" % sorted(
                set(self.stage.catalog()) ^ set(before))[:5])
        self.check_leftovers()

    def run(self):
        rolls_back = self.random.random() < 0.1
        self.source.start_writers()
        KINDS[self.kind].prepare(self)
        if rolls_back:
            before = self.stage.catalog()
        self.first_call()
        if rolls_back and self.postgres.ask(
                "SELECT to_regnamespace('%s') IS NOT NULL" % self.schema) == "t":
            before = sorted(set(before) | {"schema " + self.schema})
        part = self.random.random()
        wait_for(5, "the job to begin", lambda: self.caller.poll() is not None
                 or self.processes("mysql_migrate leader"))
        time.sleep(part * max(self.source.calm_seconds - 0.3, 0.3))
        self.struck = bool(self.processes("mysql_migrate leader"))
        try:
            KINDS[self.kind].inject(self)
        finally:
            self.postgres.wait_up()
        if not self.source.writers or \
                any(writer.poll() is not None for writer in self.source.writers):
            self.source.start_writers()
        self.wait_caller()
        KINDS[self.kind].mend(self)
        if rolls_back:
            self.wait_over()
            self.roll_back(before)
            return "rolled back"
        job = self.go_on()
        if job is not None:
            self.reload_dropped(job)
        if job is not None and job[1] in OVER or self.kind == "table_dropped":
            self.check_static()
            if job[2] == "true" and self.kind != "table_dropped":
                self.check_moment()
            self.check_books(job)
            self.check_leftovers()
            self.check_structure()
            self.mend()
            if self.random.random() < 0.04:
                self.check_compare()
        return "%s, %s" % (job[1], "one moment" if job[2] == "true"
                           else "several moments") if job else "no job"

    def clean_up(self):
        self.source.stop_writers()
        self.end_job()
        self.postgres.ask("SET client_min_messages = error;"
                          "DROP SCHEMA IF EXISTS %s CASCADE" % self.schema)
        self.log.close()


class Stage:
    """Servers, sources and the proxy, for all trials."""

    def __init__(self, directory):
        self.directory = directory
        self.struck = 0
        self.postgres = Postgres()
        self.mysql = MySQL()
        self.proxy = Proxy("127.0.0.1", int(os.environ["MYSQL_PORT"]))
        self.postgres.ask("DROP DATABASE IF EXISTS faults")
        self.postgres.ask("CREATE DATABASE faults")
        os.environ["PGDATABASE"] = "faults"
        self.postgres.ask("CREATE EXTENSION mysql_migrate")
        self.can_mirror = self.postgres.ask(
            "SELECT count(*) FROM pg_proc WHERE proname = 'migrate_missing'"
        ) != "0"

    def make_source(self, name, tables):
        source = Source(self.mysql, name, tables)
        self.postgres.ask(
            "CREATE SERVER %s FOREIGN DATA WRAPPER mysql_migrate OPTIONS"
            " (host '127.0.0.1', port '%d', dbname '%s')"
            % (name, self.proxy.port, name))
        self.postgres.ask(
            "CREATE USER MAPPING FOR CURRENT_USER SERVER %s OPTIONS"
            " (username 'mover', password '%s')"
            % (name, os.environ["MYSQL_PASSWORD"]))
        source.calm_seconds = min(self.calm_run(source) for _ in range(2))
        print("# %s: %d rows, a calm run takes %.1f s"
              % (source.name, sum(table.rows for table in source.tables),
                 source.calm_seconds))
        return source

    def calm_run(self, source):
        started = time.monotonic()
        output = self.postgres.ask(
            "SELECT * FROM migrate_schema('%s', local_schema => 'calm',"
            " workers => 3)" % source.name)
        seconds = time.monotonic() - started
        source.structure = self.structure_of("calm")
        for table in source.tables:
            got = self.postgres.ask(local_digest(table, "calm", table.frozen))
            if source.digests.get(table.name, got) != got:
                raise Failure("a calm run differs: %s\n%s"
                              % (table.name, output))
        self.postgres.ask("SET client_min_messages = error;"
                          "DROP SCHEMA calm CASCADE")
        return seconds

    def structure_of(self, schema):
        return [row[0] for row in self.postgres.rows(
            "SELECT replace(pg_get_indexdef(indexrelid), '{0}.', '')"
            "  FROM pg_index JOIN pg_class AS c ON c.oid = indrelid"
            " WHERE relnamespace = '{0}'::regnamespace AND relkind = 'r'"
            " UNION ALL"
            " SELECT conrelid::regclass::text || ' ' || conname || ' ' ||"
            "        contype::text FROM pg_constraint"
            " WHERE connamespace = '{0}'::regnamespace"
            " ORDER BY 1".format(schema).replace(
                "conrelid::regclass::text",
                "(SELECT relname FROM pg_class WHERE oid = conrelid)"))]

    def catalog(self):
        return [row[0] for row in self.postgres.rows(
            "SELECT 'schema ' || nspname FROM pg_namespace"
            " WHERE nspname !~ '^pg_' AND nspname <> 'mysql_migrate'"
            " UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class"
            " UNION ALL SELECT 'type ' || oid::regtype FROM pg_type"
            " UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc"
            " ORDER BY 1")]


def choose(seed, kinds):
    names = sorted(name for name in kinds)
    return random.Random(seed * 7919).choices(
        names, weights=[KINDS[name].weight for name in names])[0]


def run_trial(stage, source, seed, kind):
    trial = Trial(stage, source, seed, kind)
    started = time.monotonic()
    end = "-"
    try:
        end = trial.run()
    except Skip as skip:
        print("skip - %d %s: %s" % (seed, kind, skip))
        return None
    except (Failure, subprocess.SubprocessError, OSError) as failure:
        trial.complain("%s: %s" % (type(failure).__name__, failure))
    finally:
        for undo in trial.undo:
            try:
                undo()
            except (Failure, subprocess.SubprocessError) as failure:
                trial.complain("after the trial: %s" % failure)
        stage.proxy.flowing.set()
        output = trial.output()
        trial.clean_up()
    print("%s - faults: %d %s %s%s: %s, %d resumes, %.1f s"
          % ("not ok" if trial.complaints else "ok", seed, source.name, kind,
             "" if trial.struck else " (too late)", end, trial.resumes,
             time.monotonic() - started), flush=True)
    if trial.complaints:
        print("\n".join("#   " + text for text in trial.complaints))
        print("#   again: make check-faults SEED=%d TRIALS=1 KIND=%s BIG=%d"
              % (seed, kind, source.name == "faults_big"))
        print("\n".join("#     | " + line
                        for line in output.split("\n")[-60:]), flush=True)
    stage.struck += trial.struck
    return not trial.complaints


def main():
    # As a shell's background job the harness would pass on an ignored SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = os.environ
    seed = int(environment.get("SEED") or time.time())
    kinds = (environment.get("KIND") or ",".join(KINDS)).split(",")
    each = bool(environment.get("EACH"))
    trials = int(environment.get("TRIALS") or 200)
    big = int(environment.get("BIG") or (0 if environment.get("KIND") or each
                                         else min(trials, 10)))
    plan = [("faults_small", seed + i,
             sorted(kinds)[i % len(kinds)] if each else choose(seed + i, kinds))
            for i in range(len(kinds) if each else trials)]
    plan += [("faults_big", seed + i, choose(seed + i, kinds))
             for i in range(big)]
    if big and environment.get("KIND"):
        plan = plan[-big:]
    stage = Stage(sys.argv[1])
    sources = {}
    results = []
    for name, number, kind in plan:
        if name not in sources:
            sources[name] = stage.make_source(
                name, small_source() if name == "faults_small"
                else big_source())
        results.append(run_trial(stage, sources[name], number, kind))
    bad = results.count(False)
    print("# %d trials: %d clean, %d not, %d skipped; %d faults met the job"
          " at work" % (len(results), results.count(True), bad,
                        results.count(None), stage.struck))
    return 1 if bad else 0


sys.exit(main())
