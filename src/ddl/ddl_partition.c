/*
 * src/ddl/ddl_partition.c
 *		Partitioned tables.
 *
 * They become plain tables here; the note holds the partitions as they were.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_internal.h"

void
mm_ddl_partitions(DdlBuild *build, RemoteTable *table)
{
	RemotePartition *first;
	StringInfoData text;
	ListCell *lc;
	const char *last = NULL;
	bool is_first = true;

	if (table->partitions == NIL)
		return;
	first = linitial(table->partitions);
	if (first->name == NULL)
		return;
	initStringInfo(&text);
	appendStringInfo(&text, "PARTITION BY %s (%s)", first->method,
					 first->expression != NULL ? first->expression : "");
	if (first->submethod != NULL)
		appendStringInfo(&text, " SUBPARTITION BY %s (%s)", first->submethod,
						 first->subexpression != NULL ?
							 first->subexpression :
							 "");
	appendStringInfoString(&text, " (");
	foreach(lc, table->partitions)
	{
		RemotePartition *partition = lfirst(lc);

		/* one row per subpartition */
		if (last != NULL && strcmp(last, partition->name) == 0)
			continue;
		last = partition->name;
		appendStringInfo(&text, "%sPARTITION %s", is_first ? "" : ", ",
						 mm_quote_remote_ident(partition->name));
		is_first = false;
		if (partition->description == NULL)
			continue;
		if (strncmp(partition->method, "RANGE", 5) == 0)
			appendStringInfo(&text, " VALUES LESS THAN (%s)",
							 partition->description);
		else if (strncmp(partition->method, "LIST", 4) == 0)
			appendStringInfo(&text, " VALUES IN (%s)", partition->description);
	}
	appendStringInfoChar(&text, ')');
	mm_ddl_note(build->notes, NOTE_NOTE, table, table->name,
				"partitioned table becomes a plain table",
				"Its rows are all in one table here.",
				"Partition it by hand before it grows large, if it needs to "
				"be.",
				text.data);
}
