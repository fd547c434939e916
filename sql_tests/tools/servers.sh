# sql_tests/tools/servers.sh
#   A private MariaDB and a private PostgreSQL for the demonstration, the tests
#   and the benchmark.  To be sourced by bash scripts.
#
# Everything lives in one new directory under /tmp ($RUN): data directories,
# sockets, and a copy of the PostgreSQL programs with the extension installed
# beside them.  PostgreSQL finds its files relative to its own program, so that
# copy sees our extension; the installation of the machine is not touched, and
# no right to write into it is needed.  $RUN is outside the project because an
# unprivileged account has to reach it (a clone may be in /root), and because
# the path of a socket holds 107 bytes at most.
#
# As root the servers run as accounts without rights, else as the caller.
# PostgreSQL listens on a socket in a directory that only its account (and
# root) opens; MariaDB on a socket and on 127.0.0.1, with one account whose
# password is made up here.
#
#   sv_packages LEVEL   check for (as root: install) what LEVEL needs
#   sv_create_run       make $RUN with the copy of PostgreSQL, choose accounts
#   sv_build            build the extension, install it beside the copy
#   sv_start            start both servers, set PG* and MYSQL_* for clients
#   sv_stop             stop both, remove $RUN
#   sv_leftovers        processes that still belong to $RUN

. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
RUN=
MARIADB_OPTIONS=()		# a script may set more options for its servers
POSTGRES_OPTIONS=()
unset "${!MYSQL_@}" PGSERVICE PGHOSTADDR PGOPTIONS PGSSLMODE PGDATABASE

sv_die()
{
	echo "error: $1" >&2
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" >&2
	exit 1
}

# ------------------------------------------------------------------ packages

sv_has_headers()
{
	local pgxs

	pgxs=$("$PG_CONFIG" --pgxs 2>/dev/null) && [ -f "$pgxs" ]
}

sv_has_postgres()
{
	local bindir program

	sv_has_headers && bindir=$("$PG_CONFIG" --bindir) || return 1
	for program in postgres initdb pg_ctl psql; do
		[ -x "$bindir/$program" ] || return 1
	done
}

# The version of PostgreSQL to install: the one whose headers are here already,
# else the distribution's own.
sv_postgres_version()
{
	if sv_has_headers; then
		"$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'
	else
		apt-cache depends postgresql 2>/dev/null |
			sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -1
	fi
}

# The package of an extension that some tests want and can do without: nothing
# where it is here, or where Debian has none for this PostgreSQL.
sv_wanted_extension()	# NAME PACKAGE
{
	local version share

	version=$(sv_postgres_version)
	share=/usr/share/postgresql/$version
	[ -f "$share/extension/$1.control" ] && return
	! sv_has_headers || [ "$("$PG_CONFIG" --sharedir)" = "$share" ] || return 0
	! apt-cache show "postgresql-$version-$2" >/dev/null 2>&1 ||
		echo "postgresql-$version-$2"
}

# Names of the packages that are missing.
sv_missing()
{
	local version

	command -v gcc >/dev/null || echo gcc libc6-dev
	command -v make >/dev/null || echo make
	command -v mariadbd >/dev/null || echo mariadb-server
	command -v mariadb >/dev/null || echo mariadb-client
	command -v mariadb_config >/dev/null || echo libmariadb-dev
	[ -f /usr/include/zlib.h ] || echo zlib1g-dev
	if ! sv_has_postgres; then
		version=$(sv_postgres_version)
		[ -n "$version" ] && echo "postgresql-$version" \
			"postgresql-server-dev-$version" || echo postgresql
	fi
	[ "$1" = check ] || return 0
	command -v clang-format-14 >/dev/null || echo clang-format-14
	command -v python3 >/dev/null || echo python3
	command -v nm >/dev/null || echo binutils
	command -v ps >/dev/null || echo procps
	sv_wanted_extension pg_cron cron
	sv_wanted_extension postgis postgis-3
}

# The packages' own servers are kept from starting: ours are private.
sv_install_packages()
{
	local guard=/usr/sbin/policy-rc.d
	local status=0

	if [ -e $guard ]; then
		guard=
	else
		printf '#!/bin/sh\nexit 101\n' >$guard
		chmod 755 $guard
	fi
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends "$@" </dev/null || status=$?
	[ -z "$guard" ] || rm -f $guard
	return $status
}

sv_packages()
{
	local level=$1
	local missing log

	missing=$(sv_missing "$level")
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null ||
		sv_die "programs are missing, and this is not a Debian machine" \
			"What is missing, by the names of Debian's packages:" $missing
	if [ "$(id -u)" -ne 0 ]; then
		sv_die "packages are missing; install them with" \
			"  sudo apt-get install --no-install-recommends $(echo $missing)"
	fi
	log=$(mktemp)
	apt-get update -q >"$log" 2>&1 </dev/null ||
		echo "apt-get update failed; trying with what is known" >&2
	missing=$(sv_missing "$level")
	echo "installing" $missing
	if ! sv_install_packages $missing >>"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		sv_die "could not install the packages" $missing
	fi
	rm -f "$log"
	missing=$(sv_missing "$level")
	[ -z "$missing" ] || sv_die "still missing after the installation" $missing
}

# ------------------------------------------------------------------ accounts

# The first of these accounts that exists.
sv_account()
{
	local name

	for name in "$@"; do
		if id -u "$name" >/dev/null 2>&1; then
			echo "$name"
			return
		fi
	done
	sv_die "none of these accounts exists: $*"
}

# sv_as ACCOUNT COMMAND...: in place of this process when called by exec.
sv_as()
{
	local account=$1
	shift

	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid "$account" --regid "$(id -g "$account")" \
			--clear-groups -- env HOME="$RUN" "$@"
	else
		"$@"
	fi
}

# ----------------------------------------------------------------- directory

# A copy of the programs, links to everything else.
sv_copy_postgres()
{
	local root=$RUN/root
	local bindir libdir sharedir program

	bindir=$("$PG_CONFIG" --bindir)
	libdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)
	mkdir -p "$root$bindir" "$root$libdir" "$root$sharedir/extension"
	for program in postgres initdb pg_ctl; do
		cp "$bindir/$program" "$root$bindir/"
	done
	ln -s "$libdir"/* "$root$libdir/"
	ln -s "$sharedir"/* "$root$sharedir/" 2>/dev/null || true
	ln -s "$sharedir"/extension/* "$root$sharedir/extension/"
	# An older copy of this extension may be installed on the machine.
	rm -f "$root$libdir"/mysql_migrate.so \
		"$root$sharedir"/extension/mysql_migrate*
	PG_BIN=$root$bindir
}

# Can an account without rights live there, and run programs?
sv_is_usable()
{
	local probe=$1/probe

	[ ${#1} -le 70 ] || return 1
	case $1 in *[[:space:]]*) return 1 ;; esac
	printf '#!/bin/sh\nexit 0\n' >"$probe" && chmod 755 "$probe" &&
		(cd / && sv_as "$PG_ACCOUNT" "$probe" &&
		 sv_as "$MY_ACCOUNT" "$probe") 2>/dev/null || return 1
	rm -f "$probe"
}

sv_create_run()
{
	local parent

	if [ "$(id -u)" -eq 0 ]; then
		PG_ACCOUNT=$(sv_account postgres nobody)
		MY_ACCOUNT=$(sv_account mysql nobody)
	else
		PG_ACCOUNT=$(id -un)
		MY_ACCOUNT=$PG_ACCOUNT
	fi
	for parent in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
		RUN=$(mktemp -d "$parent/mysql_migrate.XXXXXX" 2>/dev/null) || continue
		chmod 755 "$RUN"
		if sv_is_usable "$RUN"; then
			install -d -o "$PG_ACCOUNT" -m 700 "$RUN/pg"
			install -d -o "$MY_ACCOUNT" -m 755 "$RUN/my"
			export RUN
			sv_copy_postgres
			return
		fi
		rm -rf "$RUN"
	done
	RUN=
	sv_die "found no directory for the servers" \
		"/tmp must allow programs to run, and a short path to it."
}

# --------------------------------------------------------------------- build

sv_make()
{
	make -s -C "$PROJECT" PG_CONFIG="$PG_CONFIG" "$@"
}

sv_build()
{
	sv_make -j "$(nproc)" all &&
		sv_make install DESTDIR="$RUN/root" >/dev/null
}

# ------------------------------------------------------------------- MariaDB

sv_free_port()
{
	local port

	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# As the account that initialization leaves: through the socket only.
sv_mariadb_root()
{
	mariadb --no-defaults -u root -S "$RUN/my/s" --batch
}

# A MariaDB that starts removes the temporary tables it finds in its tmpdir, so
# neither the server nor its installation may share one with another server.
sv_start_mariadb()
{
	[ -d "$RUN/my/data/mysql" ] ||
		(cd "$RUN/my" && sv_as "$MY_ACCOUNT" env TMPDIR="$RUN/my" \
			mariadb-install-db --no-defaults --datadir="$RUN/my/data" \
			--auth-root-authentication-method=normal --skip-test-db) >"$RUN/my.init.log" 2>&1 ||
		sv_die "could not initialize MariaDB" "$(tail -n 20 "$RUN/my.init.log")"
	MYSQL_PORT=${MYSQL_PORT:-$(sv_free_port)}
	(
		cd "$RUN/my" || exit
		exec setsid setpriv ${SV_MY_SETPRIV[@]+"${SV_MY_SETPRIV[@]}"} -- \
			mariadbd --no-defaults --datadir="$RUN/my/data" \
			--socket="$RUN/my/s" --port="$MYSQL_PORT" \
			--bind-address=127.0.0.1 --pid-file="$RUN/my/pid" \
			--tmpdir="$RUN/my" --skip-name-resolve \
			--character-set-server=utf8mb4 --innodb-buffer-pool-size=512M \
			--innodb-log-file-size=512M --innodb-flush-log-at-trx-commit=0 \
			--log-bin=binlog --binlog-format=ROW --sync-binlog=0 \
			--server-id=7 --max-allowed-packet=512M \
			${MARIADB_OPTIONS[@]+"${MARIADB_OPTIONS[@]}"}
	) >>"$RUN/my.log" 2>&1 </dev/null &
	MARIADB_PID=$!
	for _ in $(seq 600); do
		[ -S "$RUN/my/s" ] && [ -f "$RUN/my/pid" ] && break
		kill -0 "$MARIADB_PID" 2>/dev/null ||
			sv_die "MariaDB did not start" "$(tail -n 20 "$RUN/my.log")"
		sleep 0.1
	done
	MARIADB_PID=$(cat "$RUN/my/pid")
}

# One account that may do everything, one that may read; no other remains.
sv_mariadb_accounts()
{
	MYSQL_USER=mover
	MYSQL_PASSWORD=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
	MYSQL_HOST=127.0.0.1
	MYSQL_SOCKET=$RUN/my/s
	sv_mariadb_root <<-SQL || sv_die "could not create MariaDB's accounts"
		SET sql_log_bin = 0;
		DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
		FLUSH PRIVILEGES;
		CREATE USER mover@'%' IDENTIFIED BY '$MYSQL_PASSWORD';
		GRANT ALL ON *.* TO mover@'%' WITH GRANT OPTION;
		CREATE USER reader@'%' IDENTIFIED BY '$MYSQL_PASSWORD';
		GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO reader@'%';
	SQL
	export MYSQL_USER MYSQL_PASSWORD MYSQL_HOST MYSQL_PORT MYSQL_SOCKET
}

# ---------------------------------------------------------------- PostgreSQL

sv_start_postgres()
{
	if [ ! -d "$RUN/pg/data" ]; then
		(cd "$RUN/pg" && sv_as "$PG_ACCOUNT" "$PG_BIN/initdb" \
			-D "$RUN/pg/data" -U postgres -A trust --no-locale -E UTF8 -N) \
			>"$RUN/pg.init.log" 2>&1 || sv_die \
			"could not initialize PostgreSQL" "$(tail -n 20 "$RUN/pg.init.log")"
		cat >>"$RUN/pg/data/postgresql.conf" <<-CONF
			listen_addresses = ''
			unix_socket_directories = '$RUN/pg'
			fsync = off
			shared_buffers = 256MB
			max_wal_size = 4GB
			max_worker_processes = 16
			log_line_prefix = '%m %p %b '
			jit = off
		CONF
		printf '%s\n' ${POSTGRES_OPTIONS[@]+"${POSTGRES_OPTIONS[@]}"} \
			>>"$RUN/pg/data/postgresql.conf"
	fi
	(cd "$RUN/pg" && sv_as "$PG_ACCOUNT" "$PG_BIN/pg_ctl" -w -t 60 \
		-D "$RUN/pg/data" -l "$RUN/pg/log" start) >"$RUN/pg.start.log" \
		2>&1 </dev/null || sv_die "PostgreSQL did not start" \
		"$(tail -n 20 "$RUN/pg/log" "$RUN/pg.start.log" 2>/dev/null)"
	POSTGRES_PID=$(head -n 1 "$RUN/pg/data/postmaster.pid")
	PGHOST=$RUN/pg PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
	export PGHOST PGPORT PGUSER PGDATABASE
}

# ---------------------------------------------------------------------- both

sv_start()
{
	SV_MY_SETPRIV=()
	[ "$(id -u)" -ne 0 ] || SV_MY_SETPRIV=(--reuid "$MY_ACCOUNT"
		--regid "$(id -g "$MY_ACCOUNT")" --clear-groups)
	sv_start_mariadb
	sv_mariadb_accounts
	sv_start_postgres
}

# Does a process live in $RUN?  A number alone may be another's by now.
sv_is_ours()
{
	local cwd

	[ -n "${1:-}" ] && [ -n "$RUN" ] || return 1
	cwd=$(readlink "/proc/$1/cwd" 2>/dev/null) || return 1
	case $cwd in "$RUN"/*) return 0 ;; *) return 1 ;; esac
}

# sv_end PID SIGNAL...: each signal in turn, until the process is gone.
sv_end()
{
	local pid=$1 signal
	shift

	for signal in "$@"; do
		sv_is_ours "$pid" || return 0
		kill -s "$signal" "$pid" 2>/dev/null || true
		for _ in $(seq 200); do
			sv_is_ours "$pid" || return 0
			sleep 0.1
		done
	done
}

# PostgreSQL's postmaster: INT is a fast shutdown, QUIT an immediate one.
sv_stop_servers()
{
	POSTGRES_PID=$(head -n 1 "$RUN/pg/data/postmaster.pid" 2>/dev/null || true)
	MARIADB_PID=$(cat "$RUN/my/pid" 2>/dev/null || echo "${MARIADB_PID:-}")
	sv_end "$POSTGRES_PID" INT QUIT KILL
	sv_end "$MARIADB_PID" TERM KILL
}

sv_leftovers()
{
	local process pid count=0

	for process in /proc/[0-9]*; do
		pid=${process#/proc/}
		if sv_is_ours "$pid"; then
			count=$((count + 1))
		fi
	done
	echo $count
}

sv_stop()
{
	[ -n "$RUN" ] && [ -d "$RUN" ] || return 0
	sv_stop_servers
	rm -rf "$RUN"
}
