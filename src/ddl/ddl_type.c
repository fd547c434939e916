/*
 * src/ddl/ddl_type.c
 *		Column types as DDL sees them: their kind, their text, and one type for
 *		all columns that foreign keys tie together.
 */
#include "postgres.h"

#include "ddl/ddl_internal.h"

typedef struct KindName
{
	const char *prefix;
	LocalKind kind;
} KindName;

/* Prefixes of local type names; the first that matches is taken. */
static const KindName kind_names[] = {
	{"boolean", KIND_BOOLEAN},
	{"bool", KIND_BOOLEAN},
	{"smallint", KIND_SMALLINT},
	{"int2", KIND_SMALLINT},
	{"bigint", KIND_BIGINT},
	{"int8", KIND_BIGINT},
	{"interval", KIND_INTERVAL},
	{"integer", KIND_INTEGER},
	{"int4", KIND_INTEGER},
	{"numeric", KIND_NUMERIC},
	{"decimal", KIND_NUMERIC},
	{"real", KIND_REAL},
	{"float4", KIND_REAL},
	{"double precision", KIND_DOUBLE},
	{"float8", KIND_DOUBLE},
	{"text[]", KIND_TEXT_ARRAY},
	{"character varying", KIND_TEXT},
	{"varchar", KIND_TEXT},
	{"character", KIND_TEXT},
	{"char", KIND_TEXT},
	{"text", KIND_TEXT},
	{"citext", KIND_TEXT},
	{"bytea", KIND_BYTEA},
	{"date", KIND_DATE},
	{"timestamptz", KIND_TIMESTAMPTZ},
	{"timestamp", KIND_TIMESTAMP},
	{"time", KIND_TIME},
	{"jsonb", KIND_JSONB},
	{"json", KIND_JSON},
	{"bit", KIND_BIT},
	{"varbit", KIND_BIT},
	{"uuid", KIND_UUID},
	{"inet", KIND_INET},
	{"point", KIND_POINT},
	{"geometry", KIND_GEOMETRY},
	{NULL},
};

LocalKind
mm_ddl_kind(const RemoteColumn *column)
{
	char *name = mm_type_local_name(&column->type);

	if (name == NULL)
		return KIND_ENUM;
	if (strstr(name, "[]") != NULL)
		return strncmp(name, "text", 4) == 0 ? KIND_TEXT_ARRAY : KIND_OTHER;
	/* a type of an extension has its schema before it */
	if (strrchr(name, '.') != NULL)
		name = strrchr(name, '.') + 1;
	for (const KindName *kind = kind_names; kind->prefix != NULL; kind++)
	{
		Size len = strlen(kind->prefix);
		char next;

		if (pg_strncasecmp(name, kind->prefix, len) != 0)
			continue;
		next = name[len];
		if (next != '\0' && next != '(' && next != ' ')
			continue;
		if (kind->kind == KIND_TIMESTAMP &&
			strstr(name, "with time zone") != NULL)
			return KIND_TIMESTAMPTZ;
		return kind->kind;
	}
	return KIND_OTHER;
}

char *
mm_ddl_column_type(const RemoteTable *table, const RemoteColumn *column)
{
	char *name = mm_type_local_name(&column->type);

	if (name != NULL)
		return name;
	return mm_quote_local_name(table->local_schema, column->local_enum);
}

/* Does `text` end in `tail`? */
static bool
ends_with(const char *text, const char *tail)
{
	Size len = strlen(text);
	Size tail_len = strlen(tail);

	return len >= tail_len && strcmp(text + len - tail_len, tail) == 0;
}

bool
mm_ddl_is_binary_text(const RemoteColumn *column)
{
	return column->type.collation != NULL &&
		   mm_ddl_kind(column) == KIND_TEXT &&
		   (ends_with(column->type.collation, "_bin") ||
			strcmp(column->type.collation, "binary") == 0);
}

bool
mm_ddl_is_case_insensitive(const RemoteColumn *column)
{
	const char *collation = column->type.collation;

	return collation != NULL && mm_ddl_kind(column) == KIND_TEXT &&
		   (ends_with(collation, "_ci") || strstr(collation, "_ci_") != NULL);
}

bool
mm_ddl_is_not_null(const RemoteColumn *column)
{
	return column->not_null && !column->is_nullable_here;
}

bool
mm_ddl_needs_empty_label(const RemoteColumn *column)
{
	ListCell *lc;

	if (column->type.decision != DECISION_WIDE ||
		column->type.data_type == NULL ||
		strcmp(column->type.data_type, "enum") != 0)
		return false;
	foreach(lc, column->type.labels)
	{
		if (*(char *) lfirst(lc) == '\0')
			return false;
	}
	return true;
}

#if PG_VERSION_NUM >= 180000

/* Is the column part of an index or a foreign key? */
static bool
is_in_key(const RemoteTable *table, const RemoteColumn *column)
{
	ListCell *lc;
	ListCell *lp;

	foreach(lc, table->indexes)
	{
		foreach(lp, ((RemoteIndex *) lfirst(lc))->columns)
		{
			RemoteIndexColumn *part = lfirst(lp);

			/* an expression may name any column */
			if (part->column == column || part->column == NULL)
				return true;
		}
	}
	foreach(lc, table->foreign_keys)
	{
		if (list_member_ptr(((RemoteForeignKey *) lfirst(lc))->columns,
							column))
			return true;
	}
	return false;
}
#endif

bool
mm_ddl_stays_virtual(const RemoteTable *table, const RemoteColumn *column)
{
#if PG_VERSION_NUM >= 180000
	/* virtual columns have no user-defined types and stand in no index */
	return !column->is_stored && mm_ddl_kind(column) != KIND_ENUM &&
		   mm_ddl_kind(column) != KIND_GEOMETRY && !is_in_key(table, column);
#else
	return false;
#endif
}

/* ---- one type for columns tied by foreign keys ---- */

typedef struct TiedColumn
{
	RemoteTable *table;
	RemoteColumn *column;
	int group; /* index of the group's first member */
} TiedColumn;

typedef struct TiedColumns
{
	TiedColumn *members;
	int count;
	int space;
} TiedColumns;

/* The member of a column, added when it is new. */
static int
find_member(TiedColumns *tied, RemoteTable *table, RemoteColumn *column)
{
	for (int i = 0; i < tied->count; i++)
	{
		if (tied->members[i].column == column)
			return i;
	}
	if (tied->count == tied->space)
	{
		tied->space *= 2;
		tied->members = repalloc(tied->members,
								 tied->space * sizeof(TiedColumn));
	}
	tied->members[tied->count] = (TiedColumn){table, column, tied->count};
	return tied->count++;
}

/* Everything in the group of b joins the group of a. */
static void
join_groups(TiedColumns *tied, int a, int b)
{
	int from = tied->members[b].group;
	int to = tied->members[a].group;

	if (from == to)
		return;
	for (int i = 0; i < tied->count; i++)
	{
		if (tied->members[i].group == from)
			tied->members[i].group = to;
	}
}

static void
collect_tied(TiedColumns *tied, const RemoteSchema *schema)
{
	ListCell *lc;
	ListCell *lf;

	foreach(lc, schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		foreach(lf, table->foreign_keys)
		{
			RemoteForeignKey *key = lfirst(lf);
			RemoteTable *parent;
			ListCell *lcol;
			ListCell *lref;

			if (key->referenced_schema != NULL &&
				strcmp(key->referenced_schema, schema->name) != 0)
				continue;
			parent = mm_catalog_find_table(schema, key->referenced_table);
			if (parent == NULL)
				continue;
			forboth(lcol, key->columns, lref, key->referenced_columns)
			{
				RemoteColumn *target = mm_catalog_find_column(parent,
															  lfirst(lref));

				if (target != NULL)
					join_groups(tied,
								find_member(tied, parent, target),
								find_member(tied, table, lfirst(lcol)));
			}
		}
	}
}

/* How wide an integer-like kind is; 0 for all others. */
static int
integer_rank(LocalKind kind)
{
	switch (kind)
	{
		case KIND_BOOLEAN:
			return 1;
		case KIND_SMALLINT:
			return 2;
		case KIND_INTEGER:
			return 3;
		case KIND_BIGINT:
			return 4;
		case KIND_NUMERIC:
			return 5;
		default:
			return 0;
	}
}

static bool
same_labels(List *a, List *b)
{
	ListCell *la;
	ListCell *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
	{
		if (strcmp(lfirst(la), lfirst(lb)) != 0)
			return false;
	}
	return true;
}

/* What is known about one group. */
typedef struct GroupFacts
{
	int members;
	int widest; /* rank */
	const char *widest_type;
	const char *chosen_type; /* by a rule of the user, or NULL */
	bool all_integers;
	bool has_identity;
	bool is_wide; /* some member was decided wide */
	bool has_enum;
	bool labels_differ;
	const RemoteColumn *first_enum;
} GroupFacts;

static void
gather_facts(const TiedColumns *tied, int group, GroupFacts *facts)
{
	memset(facts, 0, sizeof(GroupFacts));
	facts->all_integers = true;
	for (int i = 0; i < tied->count; i++)
	{
		RemoteColumn *column = tied->members[i].column;
		LocalKind kind;
		int rank;

		if (tied->members[i].group != group)
			continue;
		facts->members++;
		if (column->type.local_type != NULL && facts->chosen_type == NULL)
			facts->chosen_type = column->type.local_type;
		facts->has_identity |= column->is_auto_increment;
		kind = mm_ddl_kind(column);
		rank = integer_rank(kind);
		facts->is_wide |= column->type.decision == DECISION_WIDE;
		facts->all_integers &= rank > 0;
		if (rank > facts->widest)
		{
			facts->widest = rank;
			facts->widest_type = mm_type_local_name(&column->type);
		}
		if (kind == KIND_ENUM)
		{
			facts->has_enum = true;
			if (facts->first_enum == NULL)
				facts->first_enum = column;
			else if (!same_labels(facts->first_enum->type.labels,
								  column->type.labels))
				facts->labels_differ = true;
		}
	}
	if (facts->has_identity && facts->widest == integer_rank(KIND_NUMERIC))
		facts->widest_type = "bigint";
	if (facts->has_identity && facts->widest == integer_rank(KIND_BOOLEAN))
		facts->widest_type = "smallint";
}

/* Can a decision give this type?  Then its own decoder goes on serving it. */
static bool
decide_type(ColumnType *column, const char *type)
{
	Decision before = column->decision;

	if (column->local_type != NULL)
		return false;
	for (int i = 0; i < 2; i++)
	{
		char *name;

		column->decision = i == 0 ? DECISION_WIDE : DECISION_NARROW;
		name = mm_type_local_name(column);
		if (name != NULL && strcmp(name, type) == 0)
			return true;
	}
	column->decision = before;
	return false;
}

static void
change_type(const TiedColumn *member, const char *type, const char *why,
			NoteList *notes)
{
	char *before = mm_type_local_name(&member->column->type);

	if (before != NULL && strcmp(before, type) == 0)
		return;
	if (!decide_type(&member->column->type, type))
		member->column->type.local_type = pstrdup(type);
	mm_ddl_note(notes, NOTE_NOTE, member->table, member->column->name,
				psprintf("column becomes %s instead of %s", type,
						 before != NULL ? before : "its own enum type"),
				why, "Nothing to do.", member->column->type.column_type);
}

static void
unify_group(TiedColumns *tied, int group, NoteList *notes)
{
	GroupFacts facts;
	const char *why = "Columns tied by foreign keys need one type.";

	gather_facts(tied, group, &facts);
	if (facts.members < 2)
		return;
	for (int i = 0; i < tied->count; i++)
	{
		TiedColumn *member = &tied->members[i];

		if (member->group != group)
			continue;
		/* What a rule has chosen is the rule's to remember. */
		member->column->is_tied = facts.chosen_type == NULL;
		if (facts.chosen_type != NULL)
			change_type(member, facts.chosen_type, why, notes);
		else if (facts.all_integers)
			change_type(member, facts.widest_type, why, notes);
		else if (facts.has_enum && facts.labels_differ)
			change_type(member, "text", why, notes);
		else if (facts.has_enum && member->column != facts.first_enum &&
				 facts.first_enum->local_enum != NULL)
			member->column->local_enum = facts.first_enum->local_enum;
	}
}

void
mm_ddl_unify_types(RemoteSchema *schema, NoteList *notes)
{
	TiedColumns tied = {.space = 64};

	tied.members = palloc(tied.space * sizeof(TiedColumn));
	collect_tied(&tied, schema);
	for (int i = 0; i < tied.count; i++)
	{
		/* a group is named by its first member, unless that one moved on */
		bool is_first = true;

		for (int j = 0; j < i && is_first; j++)
			is_first = tied.members[j].group != tied.members[i].group;
		if (is_first)
			unify_group(&tied, tied.members[i].group, notes);
	}
}
