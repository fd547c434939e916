/*
 * src/ddl/ddl_name.c
 *		Local names of everything in a remote schema.
 *
 * In PostgreSQL tables, views, sequences and indexes of a schema share one
 * namespace, and every table, view and enum type is a type besides.  Names are
 * handed out in this order, so that the visible ones stay as they are: tables
 * and views, MariaDB sequences, primary keys, secondary indexes, partitions,
 * sequences of AUTO_INCREMENT columns, twin indexes, enum types.
 */
#include "postgres.h"

#include "utils/hsearch.h"

#include "base/compat.h"
#include "ddl/ddl_internal.h"


/* A set of names, each with a count and what took it first. */
typedef struct NameEntry
{
	char name[NAMEDATALEN]; /* key */
	int uses;
	const char *owner;
} NameEntry;

typedef struct NameRun
{
	RemoteSchema *schema;
	const DdlOptions *options;
	NoteList *notes;
	HTAB *relations;   /* names taken in the schema */
	HTAB *types;	   /* enum types */
	HTAB *index_names; /* how many indexes want a name */
} NameRun;

static HTAB *
create_names(const char *title)
{
	HASHCTL control;

	memset(&control, 0, sizeof(control));
	control.keysize = NAMEDATALEN;
	control.entrysize = sizeof(NameEntry);
	control.hcxt = CurrentMemoryContext;
	return hash_create(title, 256, &control,
					   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static bool
name_is_taken(HTAB *names, const char *name)
{
	return hash_search(names, name, HASH_FIND, NULL) != NULL;
}

/* Count one use; returns the entry, whose first owner stays. */
static NameEntry *
take_name(HTAB *names, const char *name, const char *owner)
{
	bool found;
	NameEntry *entry = hash_search(names, name, HASH_ENTER, &found);

	if (!found)
	{
		entry->uses = 0;
		entry->owner = owner;
	}
	entry->uses++;
	return entry;
}

static char *
fold_name(const NameRun *run, const char *name)
{
	return mm_ident_fold(name, run->options->identifiers);
}

/* `name`, or with _1, _2 ... the first that is in neither set. */
static char *
free_name(HTAB *names, HTAB *also, const char *name)
{
	char *candidate = mm_ident_clip(name);

	for (int i = 1; name_is_taken(names, candidate) ||
					(also != NULL && name_is_taken(also, candidate));
		 i++)
		candidate = mm_ident_clip(psprintf("%s_%d", name, i));
	return candidate;
}

/* Say so when a name was changed by more than its case. */
static void
note_rename(const NameRun *run, const char *table, const char *object,
			const char *folded, const char *local, const char *why)
{
	Note *note;

	if (strcmp(folded, local) == 0)
		return;
	note = mm_note_add(run->notes, NOTE_NOTE, table, object,
					   psprintf("renamed to \"%s\"", local));
	mm_note_explain(run->notes, note, why,
					"Use the new name in queries and scripts.", NULL);
}

static void
note_collision(const NameRun *run, const char *table, const char *object,
			   const char *other, const char *local)
{
	Note *note = mm_note_add(run->notes, NOTE_BLOCKER, table, object,
							 psprintf("becomes \"%s\", and so does \"%s\"",
									  local, other));

	mm_note_explain(run->notes, note,
					"The names differ only in what the identifiers option "
					"changes.",
					"A rule \"rename\" for one of them, or options => "
					"'{\"identifiers\": \"keep\"}'.",
					NULL);
}

/* A name in the schema's namespace that must not be changed: table, view. */
static const char *
assign_relation(NameRun *run, const char *remote, const char *preset)
{
	char *folded = fold_name(run, remote);
	char *local = preset != NULL ? pstrdup(preset) :
								   mm_ident_clip(folded);
	NameEntry *entry = take_name(run->relations, local, remote);

	if (preset == NULL)
		note_rename(run, local, remote, folded, local,
					"Names have at most 63 bytes.");
	if (entry->uses > 1)
		note_collision(run, local, remote, entry->owner, local);
	return local;
}

/* A column's name: clipped, not a system column's, noted. */
static const char *
column_name(NameRun *run, const char *table, const char *object,
			const char *remote)
{
	char *folded = fold_name(run, remote);
	char *local = mm_ident_clip(folded);

	if (mm_ident_is_system_column(local))
	{
		local = psprintf("%s_", local);
		note_rename(run, table, object, folded, local,
					"Every PostgreSQL table has a system column of this "
					"name.");
		return local;
	}
	note_rename(run, table, object, folded, local,
				"Names have at most 63 bytes.");
	return local;
}

static void
assign_columns(NameRun *run, const char *table, const char *remote_table,
			   List *columns)
{
	HTAB *names = create_names("columns of a table");
	ListCell *lc;

	foreach(lc, columns)
	{
		RemoteColumn *column = lfirst(lc);
		char *object = psprintf("%s.%s", remote_table, column->name);
		NameEntry *entry;

		if (column->local_name == NULL)
			column->local_name = column_name(run, table, object, column->name);
		entry = take_name(names, column->local_name, column->name);
		if (entry->uses > 1)
			note_collision(run, table, object, entry->owner,
						   column->local_name);
	}
	hash_destroy(names);
}

static void
assign_tables(NameRun *run)
{
	ListCell *lc;

	foreach(lc, run->schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		table->local_schema = run->options->local_schema;
		table->local_name = assign_relation(run, table->name,
											table->local_name);
		table->load_name = table->local_name;
		assign_columns(run, table->local_name, table->name, table->columns);
	}
	foreach(lc, run->schema->programs)
	{
		RemoteProgram *program = lfirst(lc);

		if (program->kind != REMOTE_VIEW)
			continue;
		program->local_name = assign_relation(run, program->name,
											  program->local_name);
		assign_columns(run, program->local_name, program->name,
					   program->columns);
	}
	foreach(lc, run->schema->sequences)
	{
		RemoteSequence *sequence = lfirst(lc);

		sequence->local_name = assign_relation(run, sequence->name,
											   sequence->local_name);
	}
}

/* The name of a secondary index: its own when nobody else wants it. */
static void
assign_index(NameRun *run, RemoteTable *table, RemoteIndex *index)
{
	char *folded = fold_name(run, index->name);
	char *wanted = mm_ident_clip(folded);
	NameEntry *entry = hash_search(run->index_names, wanted, HASH_FIND, NULL);
	char *object = psprintf("%s.%s", table->name, index->name);

	if (entry->uses == 1 && !name_is_taken(run->relations, wanted))
	{
		index->local_name = wanted;
		note_rename(run, table->local_name, object, folded, wanted,
					"Names have at most 63 bytes.");
	}
	else
	{
		index->local_name = free_name(run->relations, NULL,
									  psprintf("%s_%s", table->local_name,
											   folded));
		note_rename(run, table->local_name, object, folded, index->local_name,
					"Index names are unique in a schema, not in a table.");
	}
	take_name(run->relations, index->local_name, index->name);
}

static void
assign_indexes(NameRun *run)
{
	ListCell *lc;
	ListCell *li;

	foreach(lc, run->schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		foreach(li, table->indexes)
		{
			RemoteIndex *index = lfirst(li);

			if (index->is_primary)
			{
				index->local_name = free_name(run->relations, NULL,
											  psprintf("%s_pkey",
													   table->local_name));
				take_name(run->relations, index->local_name, "PRIMARY");
			}
			else
				take_name(run->index_names,
						  mm_ident_clip(fold_name(run, index->name)),
						  index->name);
		}
	}
	foreach(lc, run->schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		foreach(li, table->indexes)
		{
			RemoteIndex *index = lfirst(li);

			if (!index->is_primary)
				assign_index(run, table, index);
		}
	}
}

/* Names that only we give: identity sequences, twin indexes. */
static void
assign_helpers(NameRun *run)
{
	ListCell *lc;
	ListCell *li;

	foreach(lc, run->schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		foreach(li, table->columns)
		{
			RemoteColumn *column = lfirst(li);

			if (!column->is_auto_increment)
				continue;
			column->local_sequence = free_name(run->relations, NULL,
											   psprintf("%s_%s_seq",
														table->local_name,
														column->local_name));
			take_name(run->relations, column->local_sequence, column->name);
		}
		foreach(li, table->indexes)
		{
			RemoteIndex *index = lfirst(li);

			if (!index->is_unique ||
				run->options->case_insensitive != CASE_UNIQUE)
				continue;
			index->local_case_name = free_name(run->relations, NULL,
											   psprintf("%s_ci",
														index->local_name));
			take_name(run->relations, index->local_case_name, index->name);
		}
	}
}

static const char *
assign_partition(NameRun *run, const RemoteTable *table, const char *remote)
{
	char *local = free_name(run->relations, run->types,
							psprintf("%s_%s", table->local_name,
									 fold_name(run, remote)));

	take_name(run->relations, local, remote);
	return local;
}

/*
 * Partitions are tables of the schema here, named after table and partition.
 * The names are handed out even where the table becomes a plain one.
 */
static void
assign_partitions(NameRun *run, RemoteTable *table)
{
	const char *last = NULL;
	const char *local = NULL;
	ListCell *lc;

	if (table->partitions == NIL || run->options->flatten_partitions)
		return;
	foreach(lc, table->partitions)
	{
		RemotePartition *partition = lfirst(lc);

		if (last == NULL || strcmp(last, partition->name) != 0)
			local = assign_partition(run, table, partition->name);
		last = partition->name;
		partition->local_name = local;
		if (partition->subname != NULL)
			partition->local_subname = assign_partition(run, table,
														partition->subname);
	}
	table->local_default_partition = assign_partition(run, table, "default");
}

static void
assign_enum_types(NameRun *run)
{
	ListCell *lc;
	ListCell *lcol;

	foreach(lc, run->schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		foreach(lcol, table->columns)
		{
			RemoteColumn *column = lfirst(lcol);
			char *wanted;

			if (column->type.data_type == NULL ||
				strcmp(column->type.data_type, "enum") != 0)
				continue;
			wanted = mm_ident_clip(psprintf("%s_%s", table->local_name,
											column->local_name));
			column->local_enum = free_name(run->relations, run->types, wanted);
			note_rename(run, table->local_name,
						psprintf("%s.%s", table->name, column->name),
						wanted, column->local_enum,
						"The name of its enum type is taken.");
			take_name(run->types, column->local_enum, column->name);
		}
	}
}

/* A name unique among the constraints of a table. */
static const char *
constraint_name(NameRun *run, HTAB *names, RemoteTable *table,
				const char *remote)
{
	char *folded = fold_name(run, remote);
	char *local = free_name(names, NULL, folded);

	note_rename(run, table->local_name,
				psprintf("%s.%s", table->name, remote), folded, local,
				"Names have at most 63 bytes and are unique among the "
				"constraints of a table.");
	take_name(names, local, remote);
	return local;
}

static void
assign_constraints(NameRun *run, RemoteTable *table)
{
	HTAB *names = create_names("constraints of a table");
	ListCell *lc;

	/* only unique indexes become constraints */
	foreach(lc, table->indexes)
	{
		RemoteIndex *index = lfirst(lc);

		if (index->is_unique)
			take_name(names, index->local_name, index->name);
	}
	foreach(lc, table->foreign_keys)
	{
		RemoteForeignKey *key = lfirst(lc);

		key->local_name = constraint_name(run, names, table, key->name);
	}
	foreach(lc, table->checks)
	{
		RemoteCheck *check = lfirst(lc);

		check->local_name = constraint_name(run, names, table, check->name);
	}
	hash_destroy(names);
}

/* Triggers, routines and events: names in namespaces of their own. */
static void
assign_programs(NameRun *run)
{
	ListCell *lc;

	foreach(lc, run->schema->programs)
	{
		RemoteProgram *program = lfirst(lc);

		if (program->kind != REMOTE_VIEW)
			program->local_name = mm_ident_clip(fold_name(run, program->name));
	}
}

void
mm_ddl_assign_names(RemoteSchema *schema, const DdlOptions *options,
					List *taken, NoteList *notes)
{
	NameRun run = {.schema = schema, .options = options, .notes = notes};
	ListCell *lc;

	run.relations = create_names("relations");
	run.types = create_names("types");
	run.index_names = create_names("index names");

	assign_tables(&run);

	/* existing names only stand in the way of names that we choose */
	foreach(lc, taken)
	{
		if (!name_is_taken(run.relations, lfirst(lc)))
			take_name(run.relations, lfirst(lc), "existing relation");
	}
	assign_indexes(&run);
	foreach(lc, schema->tables)
		assign_partitions(&run, lfirst(lc));
	assign_helpers(&run);
	assign_enum_types(&run);
	foreach(lc, schema->tables)
		assign_constraints(&run, lfirst(lc));
	assign_programs(&run);

	hash_destroy(run.relations);
	hash_destroy(run.types);
	hash_destroy(run.index_names);
}
