/*
 * src/ddl/ddl_index.c
 *		Indexes, and the keys that are constraints over them.
 *
 * Every index is built after the data.  A primary key, and a unique key over
 * plain ascending columns, is a unique index first (which may be built beside
 * others) and then a constraint USING INDEX, which is short.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_internal.h"

/* Bytes that always fit a B-tree entry, with room for other columns. */
#define SAFE_KEY_CHARACTERS 600

/* What the parts of an index have become. */
typedef struct IndexParts
{
	StringInfoData list;	   /* "a, left(b, 10) DESC" */
	StringInfoData lower_list; /* the same over lower() */
	StringInfoData group_list; /* without DESC, for the listing query */
	StringInfoData not_null;   /* "a IS NOT NULL AND ..." */
	bool is_plain;			   /* ascending columns alone */
	bool has_descending;
	bool has_expression;
	bool has_text;	 /* case-insensitive text */
	bool is_long;	 /* a value may be too long for a B-tree */
	const char *why; /* not NULL: cannot be made */
	const char *original;
} IndexParts;

/* The index as MySQL has it: "UNIQUE KEY `a` (`b`(10), `c` DESC)". */
static char *
index_text(const RemoteIndex *index)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfo(&text, "%sKEY %s (",
					 index->is_primary					  ? "PRIMARY " :
					 index->is_unique					  ? "UNIQUE " :
					 index->kind == REMOTE_INDEX_FULLTEXT ? "FULLTEXT " :
					 index->kind == REMOTE_INDEX_SPATIAL  ? "SPATIAL " :
															"",
					 mm_quote_remote_ident(index->name));
	foreach(lc, index->columns)
	{
		RemoteIndexColumn *part = lfirst(lc);

		appendStringInfo(&text, "%s%s",
						 lc == list_head(index->columns) ? "" : ", ",
						 part->column != NULL ?
							 mm_quote_remote_ident(part->column->name) :
							 psprintf("(%s)", part->expression));
		if (part->prefix_length > 0)
			appendStringInfo(&text, "(" INT64_FORMAT ")",
							 part->prefix_length);
		if (part->is_descending)
			appendStringInfoString(&text, " DESC");
	}
	appendStringInfoChar(&text, ')');
	return text.data;
}

static void
note_index(DdlBuild *build, RemoteTable *table, RemoteIndex *index,
		   const char *why, const char *next_step, const char *original)
{
	/* a lost unique index is a lost guarantee */
	mm_ddl_note(build->notes, index->is_unique ? NOTE_WARNING : NOTE_NOTE,
				table, index->name, "index not made", why, next_step,
				original != NULL ? original : index_text(index));
}

/* Can values of the type be put in order? */
static bool
has_btree_order(LocalKind kind)
{
	return kind != KIND_JSON && kind != KIND_POINT && kind != KIND_GEOMETRY &&
		   kind != KIND_OTHER;
}

static bool
is_long_text(const RemoteColumn *column, LocalKind kind, int64 prefix)
{
	if (kind == KIND_JSONB || kind == KIND_TEXT_ARRAY)
		return true;
	if (kind != KIND_TEXT && kind != KIND_BYTEA)
		return false;
	if (prefix > 0)
		return prefix > SAFE_KEY_CHARACTERS;
	return column->type.char_length < 0 ||
		   column->type.char_length > SAFE_KEY_CHARACTERS;
}

/* The SQL of one part: a column, a prefix of it, or an expression. */
static char *
part_sql(DdlBuild *build, RemoteTable *table, RemoteIndexColumn *part,
		 IndexParts *parts)
{
	RemoteColumn *column = part->column;
	LocalKind kind;
	char *name;

	if (column == NULL)
	{
		ExprResult *result = mm_expr_value(build->schema, build->options, table,
										   NULL, part->expression);

		parts->has_expression = true;
		if (result->sql == NULL || !result->is_immutable)
		{
			parts->why = result->sql == NULL ? result->reason :
											   "The expression is not immutable in PostgreSQL.";
			parts->original = part->expression;
			return NULL;
		}
		return psprintf("(%s)", result->sql);
	}
	if (column->is_skipped)
	{
		parts->why = psprintf("Column \"%s\" was left out.", column->name);
		return NULL;
	}
	kind = mm_ddl_kind(column);
	if (!has_btree_order(kind))
	{
		parts->why = psprintf("Values of type %s have no order.",
							  mm_ddl_column_type(table, column));
		return NULL;
	}
	name = mm_quote_local_name(NULL, column->local_name);
	parts->is_long |= is_long_text(column, kind, part->prefix_length);
	parts->has_text |= mm_ddl_is_case_insensitive(column);
	if (part->prefix_length <= 0 ||
		(column->type.char_length > 0 &&
		 part->prefix_length >= column->type.char_length) ||
		(kind != KIND_TEXT && kind != KIND_BYTEA))
		return name;
	parts->has_expression = true;
	if (kind == KIND_BYTEA)
		return psprintf("(substring(%s from 1 for " INT64_FORMAT "))", name,
						part->prefix_length);
	return psprintf("left(%s, " INT64_FORMAT ")", name, part->prefix_length);
}

static void
read_parts(DdlBuild *build, RemoteTable *table, RemoteIndex *index,
		   IndexParts *parts)
{
	ListCell *lc;

	memset(parts, 0, sizeof(IndexParts));
	initStringInfo(&parts->list);
	initStringInfo(&parts->lower_list);
	initStringInfo(&parts->group_list);
	initStringInfo(&parts->not_null);
	foreach(lc, index->columns)
	{
		RemoteIndexColumn *part = lfirst(lc);
		char *sql = part_sql(build, table, part, parts);
		const char *comma = lc == list_head(index->columns) ? "" : ", ";
		const char *order = part->is_descending && !index->is_primary ?
								" DESC" :
								"";

		if (sql == NULL)
			return;
		parts->has_descending |= *order != '\0';
		appendStringInfo(&parts->list, "%s%s%s", comma, sql, order);
		if (part->column != NULL && mm_ddl_is_case_insensitive(part->column))
			appendStringInfo(&parts->lower_list, "%slower(%s)%s", comma, sql,
							 order);
		else
			appendStringInfo(&parts->lower_list, "%s%s%s", comma, sql, order);
		appendStringInfo(&parts->group_list, "%s%s", comma, sql);
		appendStringInfo(&parts->not_null, "%s%s IS NOT NULL",
						 *comma == '\0' ? "" : " AND ", sql);
	}
	parts->is_plain = !parts->has_expression && !parts->has_descending;
}

/* The query that finds what a unique index would refuse. */
static char *
duplicates_query(RemoteTable *table, const char *list, const char *not_null)
{
	return psprintf("SELECT %s, count(*) FROM %s WHERE %s GROUP BY %s "
					"HAVING count(*) > 1",
					list, mm_ddl_final_name(table),
					not_null, list);
}

/* tsvector over all columns, as one document. */
static void
fulltext_index(DdlBuild *build, RemoteTable *table, RemoteIndex *index)
{
	const char *config = build->options->text_search_config;
	StringInfoData document;
	DdlStatement *statement;
	ListCell *lc;

	initStringInfo(&document);
	foreach(lc, index->columns)
	{
		RemoteIndexColumn *part = lfirst(lc);

		if (part->column == NULL || part->column->is_skipped ||
			mm_ddl_kind(part->column) != KIND_TEXT)
		{
			note_index(build, table, index,
					   "A full text index here is over text columns.",
					   "Create a GIN index over to_tsvector() by hand.", NULL);
			return;
		}
		appendStringInfo(&document, "%scoalesce(%s, '')",
						 document.len == 0 ? "" : " || ' ' || ",
						 mm_quote_local_name(NULL, part->column->local_name));
	}
	statement = mm_ddl_emit(build, DDL_INDEX, table, index->local_name,
							psprintf("CREATE INDEX %s ON %s USING gin "
									 "(to_tsvector(%s::regconfig, %s))",
									 mm_quote_local_name(NULL,
														 index->local_name),
									 mm_ddl_load_name(table),
									 mm_quote_local_literal(config != NULL ?
																config :
																"simple"),
									 document.data));
	statement->reason = "FULLTEXT: search with to_tsvector(...) @@ "
						"websearch_to_tsquery(...) over the same expression";
	/* a document of more than a megabyte of lexemes is refused */
	statement->may_fail = true;
}

static void
spatial_index(DdlBuild *build, RemoteTable *table, RemoteIndex *index)
{
	RemoteIndexColumn *part = linitial(index->columns);
	LocalKind kind = part->column == NULL || part->column->is_skipped ?
						 KIND_OTHER :
						 mm_ddl_kind(part->column);

	if (kind != KIND_POINT && kind != KIND_GEOMETRY)
	{
		note_index(build, table, index,
				   "The column's type has no spatial index here.",
				   "Install PostGIS before migrating, or leave it out.", NULL);
		return;
	}
	mm_ddl_emit(build, DDL_INDEX, table, index->local_name,
				psprintf("CREATE INDEX %s ON %s USING gist (%s)",
						 mm_quote_local_name(NULL, index->local_name),
						 mm_ddl_load_name(table),
						 mm_quote_local_name(NULL,
											 part->column->local_name)));
}

/* PRIMARY KEY or UNIQUE over the index just made. */
static void
add_key(DdlBuild *build, RemoteTable *table, RemoteIndex *index)
{
	char *name = mm_quote_local_name(NULL, index->local_name);
	DdlStatement *statement;

	statement = mm_ddl_emit(build, DDL_KEY, table, index->local_name,
							psprintf("ALTER TABLE %s ADD CONSTRAINT %s %s "
									 "USING INDEX %s",
									 mm_ddl_load_name(table),
									 name,
									 index->is_primary ? "PRIMARY KEY" : "UNIQUE",
									 name));
	/* its index may be missing */
	statement->may_fail = true;
}

/*
 * The twin over lower(): 'a' and 'A' were equal in MySQL.  Fails where the
 * data has pairs that differ in more than case, e.g. in accents: then the
 * plain index still stands.
 */
static void
add_case_index(DdlBuild *build, RemoteTable *table, RemoteIndex *index,
			   IndexParts *parts)
{
	DdlStatement *statement;
	char *group = pstrdup(parts->lower_list.data);

	if (index->local_case_name == NULL || !parts->has_text)
		return;
	statement = mm_ddl_emit(build, DDL_INDEX, table, index->local_case_name,
							psprintf("CREATE UNIQUE INDEX %s ON %s (%s)",
									 mm_quote_local_name(NULL,
														 index->local_case_name),
									 mm_ddl_load_name(table),
									 parts->lower_list.data));
	statement->reason = "unique without regard to case, as in MySQL";
	statement->may_fail = true;
	if (!parts->has_descending)
		statement->listing = duplicates_query(table, group,
											  parts->not_null.data);
}

/*
 * A partitioned table has no constraints USING INDEX: its keys are made whole,
 * on all partitions at once.
 */
static void
add_partitioned_key(DdlBuild *build, RemoteTable *table, RemoteIndex *index,
					IndexParts *parts)
{
	DdlStatement *statement;

	statement = mm_ddl_emit(build, DDL_KEY, table, index->local_name,
							psprintf("ALTER TABLE %s ADD CONSTRAINT %s %s (%s)",
									 mm_ddl_load_name(table),
									 mm_quote_local_name(NULL,
														 index->local_name),
									 index->is_primary ? "PRIMARY KEY" : "UNIQUE",
									 parts->list.data));
	statement->may_fail = true;
	statement->listing = duplicates_query(table, parts->group_list.data,
										  parts->not_null.data);
}

static void
btree_index(DdlBuild *build, RemoteTable *table, RemoteIndex *index)
{
	IndexParts parts;
	DdlStatement *statement;

	read_parts(build, table, index, &parts);
	if (parts.why != NULL)
	{
		note_index(build, table, index, parts.why,
				   "Create an index that serves the same queries by hand.",
				   parts.original);
		return;
	}
	if (table->is_partitioned_here && index->is_unique && parts.is_plain)
	{
		add_partitioned_key(build, table, index, &parts);
		add_case_index(build, table, index, &parts);
		return;
	}
	statement = mm_ddl_emit(build, DDL_INDEX, table, index->local_name,
							psprintf("CREATE %sINDEX %s ON %s (%s)",
									 index->is_unique ? "UNIQUE " : "",
									 mm_quote_local_name(NULL,
														 index->local_name),
									 mm_ddl_load_name(table),
									 parts.list.data));
	statement->may_fail = index->is_unique || parts.is_long ||
						  parts.has_expression;
	if (index->is_unique)
		statement->listing = duplicates_query(table, parts.group_list.data,
											  parts.not_null.data);
	if (parts.is_long)
		statement->reason = "values of more than about 2700 bytes do not fit "
							"a B-tree index";

	if (index->is_primary && parts.has_expression)
		mm_ddl_note(build->notes, NOTE_WARNING, table, index->name,
					"primary key not made",
					"It is over the beginning of a column; a unique index "
					"takes its place.",
					"Add a primary key over whole columns.",
					index_text(index));
	else if (index->is_primary || (index->is_unique && parts.is_plain))
		add_key(build, table, index);
	if (index->is_unique)
		add_case_index(build, table, index, &parts);
}

void
mm_ddl_indexes(DdlBuild *build, RemoteTable *table)
{
	ListCell *lc;

	foreach(lc, table->indexes)
	{
		RemoteIndex *index = lfirst(lc);

		switch (index->kind)
		{
			case REMOTE_INDEX_FULLTEXT:
				fulltext_index(build, table, index);
				break;
			case REMOTE_INDEX_SPATIAL:
				spatial_index(build, table, index);
				break;
			default:
				btree_index(build, table, index);
				break;
		}
		if (index->is_invisible)
			mm_ddl_note(build->notes, NOTE_NOTE, table, index->name,
						"index is visible",
						"PostgreSQL has no invisible indexes.",
						"Drop it if nothing needs it.", NULL);
	}
}

/* A long part of such an index: its digest, or its beginning. */
static char *
short_part(const RemoteIndexColumn *part, bool is_unique)
{
	char *name = mm_quote_local_name(NULL, part->column->local_name);
	LocalKind kind = mm_ddl_kind(part->column);

	if (part->prefix_length > 0 && kind == KIND_TEXT)
		name = psprintf("left(%s, " INT64_FORMAT ")", name,
						part->prefix_length);
	else if (part->prefix_length > 0 && kind == KIND_BYTEA)
		name = psprintf("substring(%s from 1 for " INT64_FORMAT ")", name,
						part->prefix_length);
	if (!is_long_text(part->column, kind, part->prefix_length))
		return part->prefix_length > 0 ? psprintf("(%s)", name) : name;
	if (is_unique)
		return kind == KIND_BYTEA ? psprintf("sha256(%s)", name) :
									psprintf("md5(%s)", name);
	return kind == KIND_BYTEA ?
			   psprintf("(substring(%s from 1 for %d))", name,
						SAFE_KEY_CHARACTERS) :
			   psprintf("left(%s, %d)", name, SAFE_KEY_CHARACTERS);
}

char *
mm_ddl_long_index(const RemoteTable *table, const RemoteIndex *index)
{
	StringInfoData list;
	RemoteIndexColumn *first = linitial(index->columns);
	bool is_hash = !index->is_unique && list_length(index->columns) == 1 &&
				   first->column != NULL && first->prefix_length == 0;
	bool any_long = false;
	ListCell *lc;

	initStringInfo(&list);
	foreach(lc, index->columns)
	{
		RemoteIndexColumn *part = lfirst(lc);
		LocalKind kind = part->column == NULL ? KIND_OTHER :
												mm_ddl_kind(part->column);

		if (part->column == NULL || part->column->is_skipped)
			return NULL;
		if (is_long_text(part->column, kind, part->prefix_length))
		{
			if (kind != KIND_TEXT && kind != KIND_BYTEA)
				return NULL;
			any_long = true;
		}
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ",
						 is_hash ? mm_quote_local_name(NULL, part->column->local_name) :
								   short_part(part, index->is_unique));
	}
	if (!any_long || index->kind == REMOTE_INDEX_FULLTEXT ||
		index->kind == REMOTE_INDEX_SPATIAL)
		return NULL;
	return psprintf("CREATE %sINDEX %s ON %s %s(%s)",
					index->is_unique ? "UNIQUE " : "",
					mm_quote_local_name(NULL, index->local_name),
					mm_ddl_load_name(table), is_hash ? "USING hash " : "",
					list.data);
}
