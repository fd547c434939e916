/*
 * src/migrate/sync_book.c
 *		Rows that are put off, and counts, in the book.
 *
 * A row that is to be deleted waits until the rows that refer to it are gone;
 * one that another row stands in the way of waits until all rows were seen.
 * Both wait in mysql_migrate.put_off, by their packed keys.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/json_object.h"
#include "job/store.h"
#include "migrate/sync_internal.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct PutOff
{
	const char *action;
	const char *reason;
	char *key; /* hexadecimal */
} PutOff;

void
mm_sync_put_off(Applier *applier, const char *action, const RowPair *pair,
				const char *reason)
{
	MemoryContext old = MemoryContextSwitchTo(applier->batch_context);
	PutOff *row = palloc(sizeof(PutOff));

	row->action = action;
	row->reason = reason ? pstrdup(reason) : NULL;
	row->key = palloc(2 * pair->key_length + 1);
	hex_encode(pair->key, pair->key_length, row->key);
	row->key[2 * pair->key_length] = '\0';
	applier->put_off = lappend(applier->put_off, row);
	MemoryContextSwitchTo(old);
}

/* In the transaction of the batch. */
void
mm_sync_store_put_off(Applier *applier)
{
	StoreScope scope;
	ListCell *cell;

	if (applier->put_off == NIL)
		return;
	mm_store_enter(&scope);
	foreach(cell, applier->put_off)
	{
		PutOff *row = lfirst(cell);
		const char *args[] = {psprintf(INT64_FORMAT, applier->task->job_id),
							  psprintf(INT64_FORMAT, applier->map->id),
							  row->action, row->key, row->reason};

		(void) mm_store_execute("INSERT INTO mysql_migrate.put_off"
								" (job, table_map, action, key, reason)"
								" VALUES ($1::bigint, $2::bigint, $3,"
								"  decode($4, 'hex'), $5)",
								lengthof(args), args);
	}
	mm_store_leave(&scope);
	applier->put_off = NIL;
}

/*
 * The oldest ones, up to the number `last`: what is put off again meanwhile has
 * a greater one.
 */
List *
mm_sync_get_put_off(const Applier *applier, const char *action, int64 last,
					int limit)
{
	List *list = NIL;
	ListCell *cell;
	const char *args[] = {mm_store_number(applier->task->job_id),
						  mm_store_number(applier->map->id), action,
						  mm_store_number(last), mm_store_number(limit)};

	foreach(cell, mm_store_get_rows("SELECT id, encode(key, 'hex')"
									"  FROM mysql_migrate.put_off"
									" WHERE job = $1::bigint AND table_map = $2::bigint"
									"   AND action = $3 AND id <= $4::bigint"
									" ORDER BY id LIMIT $5::int",
									lengthof(args), args))
	{
		char **values = lfirst(cell);
		PutOffRow *row = palloc(sizeof(PutOffRow));

		row->id = strtoll(values[0], NULL, 10);
		row->length = strlen(values[1]) / 2;
		row->key = palloc(row->length + 1);
		hex_decode(values[1], strlen(values[1]), row->key);
		pfree(values[1]);
		list = lappend(list, row);
	}
	return list;
}

int64
mm_sync_last_put_off(const Applier *applier, const char *action)
{
	const char *args[] = {mm_store_number(applier->task->job_id),
						  mm_store_number(applier->map->id), action};

	return strtoll(mm_store_get_value("SELECT coalesce(max(id), 0)"
									  "  FROM mysql_migrate.put_off"
									  " WHERE job = $1::bigint AND table_map = $2::bigint"
									  "   AND action = $3",
									  lengthof(args), args),
				   NULL, 10);
}

void
mm_sync_forget_put_off(const PutOffRow *row)
{
	const char *args[] = {psprintf(INT64_FORMAT, row->id)};

	mm_store_execute_alone("DELETE FROM mysql_migrate.put_off WHERE id = $1::bigint",
						   lengthof(args), args);
}

/* ---------------------------------------------------------------- counts */

#define COUNT(member)                         \
	{                                         \
#member, offsetof(SyncCounts, member) \
	}

static const struct
{
	const char *name;
	size_t offset;
} count_names[] = {
	COUNT(inserted),
	COUNT(updated),
	COUNT(deleted),
	COUNT(rejected),
	COUNT(changed),
	COUNT(extra),
	COUNT(unequal),
	COUNT(doomed),
};

char *
mm_sync_counts_json(const SyncCounts *counts, const char *uncompared)
{
	StringInfoData json;

	initStringInfo(&json);
	for (int i = 0; i < lengthof(count_names); i++)
		mm_json_add_raw(&json, count_names[i].name,
						psprintf(INT64_FORMAT, *(const int64 *) ((const char *) counts + count_names[i].offset)));
	mm_json_add_text(&json, "uncompared", uncompared);
	mm_json_end(&json);
	return json.data;
}

/*
 * Rows are committed batch by batch.  What a worker had written before it died
 * is told all the same; what is left to do is looked for anew.
 */
void
mm_sync_load_counts(const Task *task, SyncCounts *counts)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, task->job_id),
						  psprintf("%d", task->id)};

	memset(counts, 0, sizeof(*counts));
	mm_store_enter(&scope);
	if (mm_store_execute("SELECT r->>'inserted', r->>'updated',"
						 "       r->>'deleted', r->>'rejected'"
						 "  FROM (SELECT remark::json AS r"
						 "          FROM mysql_migrate.task"
						 "         WHERE job = $1::bigint AND id = $2::int"
						 "           AND remark IS NOT NULL) AS t",
						 lengthof(args), args) == 1)
	{
		for (int i = 0; i < 4; i++)
		{
			char *value = mm_store_value(0, i + 1);

			*(int64 *) ((char *) counts + count_names[i].offset) =
				value ? strtoll(value, NULL, 10) : 0;
		}
	}
	mm_store_leave(&scope);
}

void
mm_sync_save_counts(const Task *task, const SyncCounts *counts)
{
	const char *args[] = {psprintf(INT64_FORMAT, task->job_id),
						  psprintf("%d", task->id),
						  mm_sync_counts_json(counts, NULL)};

	mm_store_execute_alone("UPDATE mysql_migrate.task SET remark = $3"
						   " WHERE job = $1::bigint AND id = $2::int",
						   lengthof(args), args);
}
