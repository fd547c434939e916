# mysql_migrate: leave MySQL and MariaDB for PostgreSQL.
#
#   make demo           sample data, migrated and validated, in private servers
#   make check          build, tests, checks of the source, in private servers
#   make check-slow     tests of memory and of large data
#   make check-faults   trials of faults: SEED=, TRIALS=, KIND= (see
#                       sql_tests/tools/faults/trials.py)
#   make check-fuzz     random changes, validated and mirrored, for ten minutes
#   make check T="..."  some of them: names of files, see check.sh
#   make check-snapshot two hundred migrations on each way to one moment
#   make check-tables   5,000 small tables: time for each, memory
#   make check-undo     forty jobs of each on_existing, stopped and rolled back
#   make check-walks    validate and migrate_missing stopped in every way
#   make check-cron     ten minutes of the pg_cron recipes: CRON_MINUTES=
#   make check-matrix   the core tests, on servers of your own (see README.md)
#   make install        into the PostgreSQL that PG_CONFIG names
#   make installcheck   the SQL tests, on servers of your own (see README.md)

MODULE_big = mysql_migrate
EXTENSION = mysql_migrate
DATA = $(wildcard sql/mysql_migrate--*.sql)
SOURCES = $(sort $(wildcard src/*.c src/*/*.c))
OBJS = $(SOURCES:.c=.o)
EXTRA_CLEAN = build/built_for

CLIENT_CONFIG ?= $(shell command -v mariadb_config || command -v mysql_config)
PG_CPPFLAGS = -I$(srcdir)/src $(shell $(CLIENT_CONFIG) --include)
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare
SHLIB_LINK = $(filter -L% -l%,$(shell $(CLIENT_CONFIG) --libs)) -lz

# "setup" makes the server "source", which all others use.
REGRESS = setup $(filter-out setup,$(sort $(basename $(notdir $(wildcard sql_tests/sql/*.sql)))))
REGRESS_OPTS = --inputdir=sql_tests

# Bitcode is for functions that the executor inlines; there is none here.
override with_llvm = no

# PGXS has a target "check" of its own, which only says that there is none, and
# it is not there before its package is: these goals do without it.
HOUSE_GOALS = demo demo-stop check check-slow check-faults check-fuzz check-memory check-cron check-undo check-walks check-tables check-snapshot check-matrix bench format
.PHONY: $(HOUSE_GOALS)
ifneq ($(filter $(HOUSE_GOALS),$(MAKECMDGOALS)),)

demo:
	@sql_tests/tools/demo.sh
demo-stop:
	@sql_tests/tools/demo.sh stop
check:
	@sql_tests/tools/check.sh $(T)
check-slow:
	@TEST_TIMEOUT=1800 sql_tests/tools/check.sh $(filter-out trials cron_recipes fuzz_large,$(basename $(notdir $(wildcard sql_tests/slow/*.sh))))
check-faults:
	@TEST_TIMEOUT=7200 sql_tests/tools/check.sh trials
check-tables:
	@TEST_TIMEOUT=1800 sql_tests/tools/check.sh many_tables
check-memory:
	@sql_tests/tools/check.sh memory_large
check-snapshot:
	@SNAPSHOT_RUNS=200 TEST_TIMEOUT=3600 sql_tests/tools/check.sh snapshot
check-matrix:
	@sql_tests/tools/matrix.sh $(T)
check-fuzz:
	@TEST_TIMEOUT=7200 sql_tests/tools/check.sh fuzz_large
check-undo:
	@UNDO_RUNS=40 TEST_TIMEOUT=3600 sql_tests/tools/check.sh undo
check-walks:
	@WALK_FAULTS=all TEST_TIMEOUT=1800 sql_tests/tools/check.sh walks
check-cron:
	@TEST_TIMEOUT=1200 sql_tests/tools/check.sh cron_recipes
bench:
	@bench/run.sh
format:
	@find src -name '*.[ch]' -print0 | xargs -0 clang-format-14 -i --style=file

# Others beside them on the command line ("make clean check").
.NOTPARALLEL:
.PHONY: $(filter-out $(HOUSE_GOALS),$(MAKECMDGOALS))
$(filter-out $(HOUSE_GOALS),$(MAKECMDGOALS)):
	@$(MAKE) --no-print-directory $@

else

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# From version 16 on expected files are looked for beside the input.
ifeq ($(shell test $(firstword $(subst ., ,$(MAJORVERSION))) -ge 16 && echo yes),yes)
REGRESS_OPTS += --expecteddir=.
endif

# A changed header or another PostgreSQL makes the objects anew: PGXS knows
# neither.
BUILT_FOR = build/built_for
BUILD_KEY = $(VERSION) $(bindir) $(CC) $(CFLAGS) $(CPPFLAGS) $(COPT)
ifneq ($(strip $(file <$(BUILT_FOR))),$(strip $(BUILD_KEY)))
.PHONY: $(BUILT_FOR)
endif
$(BUILT_FOR):
	$(shell mkdir -p build)$(file >$@,$(BUILD_KEY))
$(OBJS): $(wildcard src/*/*.h) $(BUILT_FOR)

endif
