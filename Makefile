# mysql_migrate: PGXS build.  "make demo" and "make check" set everything up.

MODULE_big = mysql_migrate
EXTENSION = mysql_migrate
DATA = $(wildcard sql/mysql_migrate--*.sql)
SOURCES = $(sort $(wildcard src/*.c src/*/*.c))
OBJS = $(SOURCES:.c=.o)

CLIENT_CONFIG ?= $(shell command -v mariadb_config || command -v mysql_config)
PG_CPPFLAGS = -I$(srcdir)/src $(shell $(CLIENT_CONFIG) --include)
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare
SHLIB_LINK = $(filter -L% -l%,$(shell $(CLIENT_CONFIG) --libs)) -lz

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
