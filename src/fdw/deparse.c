/*
 * src/fdw/deparse.c
 *		How a foreign scan is said in MySQL's SQL.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "base/ident.h"
#include "fdw/deparse.h"
#include "source/options.h"
#include "utils/lsyscache.h"

RemoteRelation *
mm_deparse_relation(Oid foreign_table)
{
	RemoteRelation *remote = palloc0(sizeof(RemoteRelation));

	remote->table = GetForeignTable(foreign_table);
	remote->server = GetForeignServer(remote->table->serverid);
	remote->query = mm_option_get(remote->table->options, "query");
	if (remote->query != NULL)
		return remote;

	remote->name = mm_option_get(remote->table->options, "table_name");
	if (remote->name == NULL)
		remote->name = get_rel_name(foreign_table);
	remote->database = mm_option_get(remote->table->options, "dbname");
	if (remote->database == NULL)
		remote->database = mm_options_dbname(remote->server);
	if (remote->database == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("no remote database is known for foreign table \"%s\"",
						get_rel_name(foreign_table)),
				 errhint("Set the option \"dbname\" of the foreign table or of server \"%s\".",
						 remote->server->servername)));
	return remote;
}

const char *
mm_deparse_column_name(Oid foreign_table, TupleDesc desc, AttrNumber attnum)
{
	const char *name = mm_option_get(GetForeignColumnOptions(foreign_table,
															 attnum),
									 "column_name");

	return name != NULL ? name :
						  NameStr(TupleDescAttr(desc, attnum - 1)->attname);
}

/* The policies that columns have of their own, over those of the table. */
const ValuePolicies **
mm_deparse_policies(Oid foreign_table, const List *attnums,
					const ValuePolicies *policies)
{
	const ValuePolicies **own = palloc0(Max(list_length(attnums), 1) *
										sizeof(ValuePolicies *));
	const ListCell *lc;
	int i = 0;

	foreach(lc, attnums)
	{
		List *options = GetForeignColumnOptions(foreign_table, lfirst_int(lc));
		ValuePolicies *mixed = palloc(sizeof(ValuePolicies));

		*mixed = *policies;
		mm_options_policies(options, mixed);
		own[i++] = mixed;
	}
	return own;
}

/*
 * query_length
 *		Length of a query without what may follow its last word: a semicolon
 *		would end the statement around it.
 */
static int
query_length(const char *query)
{
	int length = strlen(query);

	while (length > 0 && strchr("; \t\r\n", query[length - 1]) != NULL)
		length--;
	return length;
}

void
mm_deparse_from(StringInfo sql, const RemoteRelation *remote)
{
	/* The query may end in a comment up to the end of its line. */
	if (remote->query != NULL)
		appendStringInfo(sql, "FROM (%.*s\n) AS `query`",
						 query_length(remote->query), remote->query);
	else
		appendStringInfo(sql, "FROM %s.%s",
						 mm_quote_remote_ident(remote->database),
						 mm_quote_remote_ident(remote->name));
}

void
mm_deparse_select(StringInfo sql, const RemoteRelation *remote,
				  Relation relation, const Bitmapset *used, List **attnums)
{
	TupleDesc desc = RelationGetDescr(relation);
	bool whole_row =
		bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used);
	const char *separator = "";

	*attnums = NIL;
	appendStringInfoString(sql, "SELECT ");
	for (int attnum = 1; attnum <= desc->natts; attnum++)
	{
		if (TupleDescAttr(desc, attnum - 1)->attisdropped)
			continue;
		if (!whole_row &&
			!bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, used))
			continue;
		appendStringInfo(sql, "%s%s", separator,
						 mm_quote_remote_ident(mm_deparse_column_name(RelationGetRelid(relation),
																	  desc,
																	  attnum)));
		separator = ", ";
		*attnums = lappend_int(*attnums, attnum);
	}
	if (*attnums == NIL)
		appendStringInfoString(sql, "NULL"); /* rows are counted only */
	appendStringInfoChar(sql, ' ');
	mm_deparse_from(sql, remote);
}
