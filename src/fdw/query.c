/*
 * src/fdw/query.c
 *		SQL functions that send a statement of the user's own to MySQL:
 *		mysql_query and mysql_execute.
 */
#include "postgres.h"

#include <ctype.h>

#include "base/argument.h"
#include "fdw/reader.h"
#include "fdw/result_set.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/session.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(mysql_migrate_mysql_query);
PG_FUNCTION_INFO_V1(mysql_migrate_mysql_execute);

/* Statements that read begin with one of these. */
static const char *const reading_words[] = {
	"SELECT",
	"WITH",
	"TABLE",
	"VALUES",
	"SHOW",
	"EXPLAIN",
	"DESCRIBE",
	"DESC",
	"ANALYZE",
};

/*
 * skip_to_word
 *		The first word of a statement, behind blanks, comments and
 *		parentheses.  Comments that MySQL executes count as words.
 */
static const char *
skip_to_word(const char *p)
{
	for (;;)
	{
		if (*p == '(' || isspace((unsigned char) *p))
			p++;
		else if (*p == '#' ||
				 (p[0] == '-' && p[1] == '-' &&
				  (p[2] == '\0' || isspace((unsigned char) p[2]))))
			p += strcspn(p, "\n");
		else if (p[0] == '/' && p[1] == '*' && p[2] != '!' && p[2] != 'M')
		{
			p = strstr(p + 2, "*/");
			if (p == NULL)
				return "";
			p += 2;
		}
		else
			return p;
	}
}

static bool
is_word(const char *text, const char *word)
{
	int length = strlen(word);

	return pg_strncasecmp(text, word, length) == 0 &&
		   !isalnum((unsigned char) text[length]) && text[length] != '_';
}

/*
 * is_analyze_table
 *		ANALYZE of a statement tells how it is run (MariaDB); ANALYZE TABLE
 *		writes, and ends the transaction.
 */
static bool
is_analyze_table(const char *text)
{
	const char *next;

	if (!is_word(text, "ANALYZE"))
		return false;
	next = skip_to_word(text + strlen("ANALYZE"));
	return is_word(next, "TABLE") || is_word(next, "LOCAL") ||
		   is_word(next, "NO_WRITE_TO_BINLOG") || *next == '/';
}

/*
 * check_reading
 *		Refuse what does not read.  The remote transaction is READ ONLY, but a
 *		COMMIT would end it, and DDL would too.
 */
static void
check_reading(const char *sql)
{
	const char *word = skip_to_word(sql);

	for (int i = 0; i < lengthof(reading_words); i++)
	{
		if (is_word(word, reading_words[i]) && !is_analyze_table(word))
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("mysql_query can only run statements that read"),
			 errdetail("The statement does not begin with SELECT, WITH, TABLE, VALUES, SHOW, EXPLAIN or DESCRIBE."),
			 errhint("Use mysql_execute(server, sql) for everything else.")));
}

/*
 * attnums_of
 *		Every column of a row description, dropped ones do not occur in it.
 */
static List *
attnums_of(TupleDesc desc)
{
	List *attnums = NIL;

	for (int i = 1; i <= desc->natts; i++)
		attnums = lappend_int(attnums, i);
	return attnums;
}

/*
 * mysql_query(server text, sql text) returns setof record
 *		The rows of a remote statement, in the types of the column definition
 *		list.
 */
Datum
mysql_migrate_mysql_query(PG_FUNCTION_ARGS)
{
	ReaderRequest request = {0};
	RemoteReader *reader;
	ResultSet set;
	Datum *values;
	bool *isnull;

	mm_result_set_refuse_restricted("mysql_query");
	request.server = mm_options_server(mm_argument_text(fcinfo, 0, "server"),
									   false);
	request.sql = mm_argument_text(fcinfo, 1, "sql");
	check_reading(request.sql);
	mm_result_set_begin(&set, fcinfo);

	request.user_id = GetUserId();
	request.table = "mysql_query";
	request.title = psprintf("the result of mysql_query on server \"%s\"",
							 request.server->servername);
	request.desc = set.desc;
	request.attnums = attnums_of(set.desc);
	request.is_exact = true;
	mm_options_policies(request.server->options, &request.policies);

	values = palloc(sizeof(Datum) * set.desc->natts);
	isnull = palloc(sizeof(bool) * set.desc->natts);
	reader = mm_reader_create(&request);
	while (mm_reader_next(reader, values, isnull))
		mm_result_set_put(&set, values, isnull);
	mm_reader_close(reader);
	return (Datum) 0;
}

/*
 * mysql_execute(server text, sql text) returns bigint
 *		Rows affected by a remote statement, which is committed at once.
 *
 * The COMMIT afterwards keeps that true for a statement that opens a
 * transaction or switches autocommit off.
 */
Datum
mysql_migrate_mysql_execute(PG_FUNCTION_ARGS)
{
	ForeignServer *server;
	RemoteSession *session;
	uint64 affected;

	mm_result_set_refuse_restricted("mysql_execute");
	PreventCommandIfReadOnly("mysql_execute");
	server = mm_options_server(mm_argument_text(fcinfo, 0, "server"), false);
	session = mm_session_get_autocommit(server, GetUserId());
	affected = mm_conn_execute(mm_session_conn(session),
							   mm_argument_text(fcinfo, 1, "sql"));
	mm_conn_execute(mm_session_conn(session), "COMMIT");
	PG_RETURN_INT64((int64) affected);
}
