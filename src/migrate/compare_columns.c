/*
 * src/migrate/compare_columns.c
 *		What is compared: columns, keys, and conditions on them on both sides.
 *
 * The text of a value is its canonical text, the same on both sides; only
 * bytes, whose canonical text is a checksum, are written as hexadecimal where
 * they are a key.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/integer.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "load/transform_value.h"
#include "migrate/compare_internal.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---------------------------------------------------------------- types */

static bool
is_one_of(const ColumnType *type, const char *const *names)
{
	for (; *names != NULL; names++)
	{
		if (strcmp(*names, type->data_type) == 0)
			return true;
	}
	return false;
}

static bool
is_character(const ColumnType *type)
{
	static const char *const names[] = {"char", "varchar", NULL};

	return is_one_of(type, names);
}

static bool
is_bytes(const ColumnType *type)
{
	static const char *const names[] = {"binary", "varbinary", NULL};

	return is_one_of(type, names) ||
		   (is_character(type) && type->charset != NULL &&
			strcmp(type->charset, "binary") == 0);
}

static bool
is_number(const ColumnType *type)
{
	return mm_type_is_integer(type) || strcmp(type->data_type, "decimal") == 0;
}

static bool
is_moment(const ColumnType *type)
{
	return mm_type_zero_date_question(type) != NULL;
}

/* ---------------------------------------------------------------- keys */

/*
 * is_known_here
 *		Has a key's value the same text on both sides?
 *
 * Beyond what checksums know: a text that an input function takes mostly comes
 * out again as it was.  Where that is sure not to be so, rows have no key.
 */
static bool
is_known_here(const RemoteColumn *column, Oid relation)
{
	const ColumnType *type = &column->type;
	AttrNumber attnum = get_attnum(relation, column->local_name);
	Oid local;

	if (attnum == InvalidAttrNumber || mm_type_rule(type) == NULL)
		return false;
	local = get_atttype(relation, attnum);
	if (is_bytes(type))
		return local == BYTEAOID || local == UUIDOID;
	if (mm_canonical_is_known(type, local))
		return true;
	if (local == BPCHAROID || local == BYTEAOID || local == JSONBOID)
		return mm_type_is_integer(type) && local == JSONBOID;
	if (is_moment(type))
		return type->fraction == 0 &&
			   (local == TEXTOID || local == VARCHAROID);
	return mm_type_is_integer(type) || strcmp(type->data_type, "time") == 0 ||
		   (strcmp(type->data_type, "decimal") == 0 && local == TEXTOID) ||
		   (is_character(type) && !OidIsValid(get_element_type(local)));
}

/*
 * The key that both sides know rows by.  One with a column that is skipped,
 * or not here, or of a type that shows its values in another way, is none; nor is one that may be NULL and holds dates, since a
 * zero date that became NULL is no longer told from the rows without a date.
 */
static const ChunkKey *
usable_key(const RemoteTable *table, Oid relation)
{
	const ChunkKey *key = mm_chunk_key(table);

	for (int i = 0; key != NULL && i < key->ncolumns; i++)
	{
		const RemoteColumn *column = key->columns[i];

		if (column->is_skipped || column->transform != NULL ||
			(key->nullable &&
			 mm_type_zero_date_question(&column->type) != NULL) ||
			!is_known_here(column, relation))
			return NULL;
	}
	return key;
}

bool
mm_compare_has_key(const RemoteTable *table, Oid relation)
{
	return usable_key(table, relation) != NULL;
}

const RemoteColumn *
mm_compare_null_column(const RemoteTable *table, Oid relation)
{
	const ChunkKey *key = usable_key(table, relation);

	return key != NULL && key->nullable ? key->columns[0] : NULL;
}

/* Collations that sort bytes, and do not ignore trailing blanks. */
static bool
sorts_bytes(const ColumnType *type)
{
	static const char *const collations[] = {
		"utf8mb4_nopad_bin",
		"utf8mb3_nopad_bin",
		"utf8_nopad_bin",
		"ascii_nopad_bin",
		"utf8mb4_0900_bin",
	};

	for (int i = 0; type->collation != NULL && i < lengthof(collations); i++)
	{
		if (strcmp(type->collation, collations[i]) == 0)
			return true;
	}
	return false;
}

static Oid
local_collation(Oid relation, AttrNumber attnum)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation),
									  Int16GetDatum(attnum));
	Oid collation = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		collation = ((Form_pg_attribute) GETSTRUCT(tuple))->attcollation;
		ReleaseSysCache(tuple);
	}
	return collation;
}

static bool
has_same_order(const RemoteColumn *column, Oid relation,
			   const ValuePolicies *policies)
{
	const ColumnType *type = &column->type;
	AttrNumber attnum = get_attnum(relation, column->local_name);
	Oid local = get_atttype(relation, attnum);

	policies = mm_type_policies(type, policies);
	if (is_number(type))
		return local == INT2OID || local == INT4OID || local == INT8OID ||
			   local == NUMERICOID;
	/* A policy that moves dates may move them over a bound. */
	if (is_moment(type))
		return (local == DATEOID || local == TIMESTAMPOID ||
				local == TIMESTAMPTZOID) &&
			   policies->partial_date == PARTIAL_DATE_ERROR;
	if (is_bytes(type))
		return local == BYTEAOID || local == UUIDOID;
	return is_character(type) && sorts_bytes(type) &&
		   (local == TEXTOID || local == VARCHAROID) &&
		   policies->nul == BAD_TEXT_ERROR &&
		   policies->encoding == BAD_TEXT_ERROR &&
		   local_collation(relation, attnum) == C_COLLATION_OID;
}

const RemoteColumn *
mm_compare_range_column(const RemoteTable *table, Oid relation,
						const ValuePolicies *policies)
{
	const ChunkKey *key = usable_key(table, relation);

	if (key == NULL || !mm_chunk_can_walk(key) ||
		!has_same_order(key->columns[0], relation, policies))
		return NULL;
	return key->columns[0];
}

/* ---------------------------------------------------------------- columns */

static void
take_key_column(Comparison *comparison, const RemoteColumn *column,
				const CanonicalColumn *canonical, AttrNumber attnum)
{
	KeyColumn *key = &comparison->keys[comparison->nkeys++];
	Oid relation = comparison->request.relation;
	Oid collation;

	key->column = column;
	key->canonical = *canonical;
	key->local_name = column->local_name;
	get_atttypetypmodcoll(relation, attnum, &key->local_type,
						  &key->local_typmod, &collation);
}

/* In the order of the key, whose columns have all been matched. */
static void
match_key(Comparison *comparison, const ChunkKey *key)
{
	Oid relation = comparison->request.relation;

	comparison->keys = palloc0((key ? key->ncolumns : 1) * sizeof(KeyColumn));
	for (int i = 0; key != NULL && i < key->ncolumns; i++)
	{
		for (int c = 0; c < comparison->ncolumns; c++)
		{
			const CanonicalColumn *canonical = &comparison->columns[c];

			if (strcmp(canonical->remote_name, key->columns[i]->name) == 0)
				take_key_column(comparison, key->columns[i], canonical,
								get_attnum(relation,
										   key->columns[i]->local_name));
		}
	}
}

static bool
is_compared(const Comparison *comparison, const RemoteColumn *column)
{
	return !column->is_skipped &&
		   (column->transform != NULL || mm_type_rule(&column->type) != NULL) &&
		   get_attnum(comparison->request.relation, column->local_name) !=
			   InvalidAttrNumber;
}

/* How the column's values are compared, unless by canonical text. */
static ByValue *
by_value(const Comparison *comparison, const RemoteColumn *column, Oid type,
		 int32 typmod)
{
	const CompareRequest *request = &comparison->request;

	if (column->transform != NULL)
		return mm_transform_value_create(request->table, column,
										 request->policies, type, typmod);
	if (mm_canonical_is_known(&column->type, type))
		return NULL;
	return mm_by_value_create(&column->type, request->policies, type, typmod,
							  CurrentMemoryContext);
}

/* false: a volatile expression gives another value each time. */
static bool
take_column(Comparison *comparison, const RemoteColumn *column)
{
	Oid relation = comparison->request.relation;
	CanonicalColumn *canonical = &comparison->columns[comparison->ncolumns];
	Oid type;
	int32 typmod;
	Oid collation;

	canonical->type = &column->type;
	canonical->rule = mm_type_rule(&column->type);
	canonical->remote_name = column->name;
	/* In the local query's result, not in the table. */
	canonical->attnum = comparison->ncolumns + 1;
	get_atttypetypmodcoll(relation, get_attnum(relation, column->local_name),
						  &type, &typmod, &collation);
	canonical->by_value = by_value(comparison, column, type, typmod);
	if (canonical->by_value == NULL && column->transform != NULL)
		return false;
	canonical->local_type = type;
	canonical->not_null = column->not_null;
	canonical->by_digest = comparison->request.depth == COMPARE_FULL;
	comparison->is_deep |= canonical->by_value != NULL;
	comparison->local_names[comparison->ncolumns++] = column->local_name;
	return true;
}

/*
 * Have rows with different keys different texts?  Not where a policy gives two
 * values the same one.
 */
static bool
are_distinct(const Comparison *comparison)
{
	for (int i = 0; i < comparison->nkeys; i++)
	{
		const CanonicalColumn *column = &comparison->keys[i].canonical;
		const ValuePolicies *policies =
			mm_type_policies(column->type, comparison->request.policies);

		if (column->by_value != NULL ||
			(is_moment(column->type) &&
			 policies->partial_date == PARTIAL_DATE_FIRST) ||
			(column->type->charset != NULL &&
			 (policies->nul != BAD_TEXT_ERROR ||
			  policies->encoding != BAD_TEXT_ERROR)))
			return false;
	}
	return comparison->nkeys > 0;
}

/*
 * mm_compare_match_columns
 *		Columns that are on both sides; the names of the others are kept.
 */
void
mm_compare_match_columns(Comparison *comparison)
{
	const RemoteTable *table = comparison->request.table;
	int number = list_length(table->columns);
	const ChunkKey *key = NULL;
	StringInfoData uncompared;
	ListCell *cell;

	initStringInfo(&uncompared);
	comparison->columns = palloc0(number * sizeof(CanonicalColumn));
	comparison->local_names = palloc(number * sizeof(char *));
	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (!is_compared(comparison, column) ||
			!take_column(comparison, column))
			appendStringInfo(&uncompared, "%s%s",
							 uncompared.len > 0 ? ", " : "", column->name);
	}
	mm_canonical_prepare(comparison->ncolumns, comparison->columns);
	/* Rows whose key is NULL are known by their values. */
	if (!comparison->request.scope.is_null)
		key = usable_key(table, comparison->request.relation);
	match_key(comparison, key);
	comparison->row_sum = mm_row_sum_create(comparison->ncolumns,
											comparison->columns,
											comparison->request.policies,
											are_distinct(comparison));
	comparison->uncompared = uncompared.len > 0 ? uncompared.data : NULL;
}

/* ---------------------------------------------------------------- values */

char *
mm_compare_remote_text(const RemoteColumn *column,
					   const ValuePolicies *policies)
{
	CanonicalColumn canonical;

	if (is_bytes(&column->type))
		return psprintf("HEX(%s)", mm_quote_remote_ident(column->name));
	memset(&canonical, 0, sizeof(canonical));
	canonical.type = &column->type;
	canonical.remote_name = column->name;
	return mm_canonical_remote_column(&canonical, policies);
}

char *
mm_compare_remote_key_text(const Comparison *comparison, const KeyColumn *key)
{
	char *text = mm_compare_remote_text(key->column,
										comparison->request.policies);

	/* A uuid is written in lower case here. */
	if (key->local_type == UUIDOID && is_character(&key->column->type) &&
		!is_bytes(&key->column->type))
		return psprintf("LOWER(%s)", text);
	return text;
}

char *
mm_compare_remote_crc(const Comparison *comparison)
{
	return mm_canonical_remote_crc(comparison->ncolumns, comparison->columns,
								   comparison->request.policies);
}

char *
mm_compare_remote_row_text(const Comparison *comparison)
{
	return mm_canonical_remote_text(comparison->ncolumns, comparison->columns,
									comparison->request.policies);
}

static void
append_hex(StringInfo out, const char *bytes, Size length)
{
	static const char digits[] = "0123456789ABCDEF";

	for (Size i = 0; i < length; i++)
	{
		appendStringInfoChar(out, digits[(unsigned char) bytes[i] >> 4]);
		appendStringInfoChar(out, digits[(unsigned char) bytes[i] & 15]);
	}
}

static char *
value_text(const ColumnType *type, const TypeRule *rule, Datum value,
		   Oid local_type)
{
	StringInfoData out;

	initStringInfo(&out);
	if (is_bytes(type) && local_type == BYTEAOID)
	{
		struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);

		append_hex(&out, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	}
	else if (is_bytes(type) && local_type == UUIDOID)
		append_hex(&out, (const char *) DatumGetPointer(value), 16);
	else
		rule->canonical(&out, value, local_type, type);
	return out.data;
}

char *
mm_compare_value_text(const RemoteColumn *column, Datum value, Oid type)
{
	return value_text(&column->type, mm_type_rule(&column->type), value, type);
}

/* Is the local key an integer, and which one? */
bool
mm_compare_key_is_number(const KeyColumn *key)
{
	return key->local_type == INT2OID || key->local_type == INT4OID ||
		   key->local_type == INT8OID;
}

int64
mm_compare_key_number(const KeyColumn *key, Datum value)
{
	return key->local_type == INT8OID ? DatumGetInt64(value) :
		   key->local_type == INT4OID ? DatumGetInt32(value) :
										DatumGetInt16(value);
}

/* The text of a key column's local value. */
char *
mm_compare_key_text(const KeyColumn *key, Datum value)
{
	return value_text(key->canonical.type, key->canonical.rule, value,
					  key->local_type);
}

/* ---------------------------------------------------------------- literals */

char *
mm_compare_remote_literal(const ColumnType *type, const char *text)
{
	StringInfoData out;

	if (is_number(type) || strcmp(type->data_type, "bit") == 0)
		return pstrdup(text);
	text = mm_canonical_shown(type, text);
	initStringInfo(&out);
	if (is_bytes(type))
		appendStringInfo(&out, "X'%s'", text);
	else
	{
		appendStringInfoString(&out, "_utf8mb4 X'");
		append_hex(&out, text, strlen(text));
		appendStringInfoChar(&out, '\'');
	}
	return out.data;
}

/* MySQL's integer may be one that the local type does not reach to. */
static Oid
comparable_type(Oid type, const char *text)
{
	if (type != INT2OID && type != INT4OID && type != INT8OID)
		return type;
	return mm_type_takes(INT8OID, -1, text) ? INT8OID : NUMERICOID;
}

bool
mm_compare_may_be_local(const ColumnType *column, const char *text, Oid type,
						int32 typmod)
{
	if (type == TEXTARRAYOID || type == BYTEAOID || type == BITOID ||
		type == VARBITOID)
		return true;
	text = mm_canonical_shown(column, text);
	return mm_type_takes(comparable_type(type, text), typmod, text);
}

char *
mm_compare_local_literal(const ColumnType *column, const char *text, Oid type,
						 int32 typmod)
{
	text = mm_canonical_shown(column, text);
	if (type == TEXTARRAYOID)
		return psprintf("pg_catalog.string_to_array(%s, ',')",
						mm_quote_local_literal(text));
	if (type == BYTEAOID)
		return psprintf("'\\x%s'::pg_catalog.bytea", text);
	if (type == BITOID || type == VARBITOID)
		return psprintf("'" INT64_FORMAT "'::pg_catalog.int8::%s",
						(int64) strtoull(text, NULL, 10),
						format_type_with_typemod(type, typmod));
	/* "character" would be one of them. */
	if (type == BPCHAROID)
		return psprintf("%s::pg_catalog.bpchar", mm_quote_local_literal(text));
	return psprintf("%s::%s", mm_quote_local_literal(text),
					format_type_extended(comparable_type(type, text), -1,
										 FORMAT_TYPE_FORCE_QUALIFY));
}

/* ---------------------------------------------------------------- scopes */

static void
append_and(StringInfo out)
{
	if (out->len > 0)
		appendStringInfoString(out, " AND ");
}

/*
 * Both bounds of a range.  Of integers MySQL compares by BETWEEN at half the
 * cost of two comparisons (measured); it includes both ends.
 */
static void
append_range(StringInfo out, const ColumnType *type, const char *name,
			 const char *lower, const char *upper)
{
	int128 first = mm_type_is_integer(type) ? mm_integer_of(lower) + 1 : 0;

	if (!mm_type_is_integer(type) || first > PG_UINT64_MAX)
		appendStringInfo(out, "%s > %s AND %s <= %s", name,
						 mm_compare_remote_literal(type, lower), name,
						 mm_compare_remote_literal(type, upper));
	else
		appendStringInfo(out, "%s BETWEEN %s AND %s", name,
						 mm_integer_text(first),
						 mm_compare_remote_literal(type, upper));
}

char *
mm_compare_remote_scope(const CompareScope *scope, const char *where)
{
	StringInfoData out;

	initStringInfo(&out);
	if (scope->column != NULL)
	{
		const RemoteColumn *column = scope->column;
		char *name = mm_quote_remote_ident(column->name);

		if (scope->is_null)
			appendStringInfo(&out, "%s IS NULL", name);
		else if (!column->not_null && scope->lower == NULL)
			appendStringInfo(&out, "%s IS NOT NULL", name);
		if (scope->lower != NULL && scope->upper != NULL)
			append_range(&out, &column->type, name, scope->lower,
						 scope->upper);
		else if (scope->lower != NULL)
			appendStringInfo(&out, "%s > %s", name,
							 mm_compare_remote_literal(&column->type,
													   scope->lower));
		else if (scope->upper != NULL)
		{
			append_and(&out);
			appendStringInfo(&out, "%s <= %s", name,
							 mm_compare_remote_literal(&column->type,
													   scope->upper));
		}
	}
	if (where != NULL)
	{
		append_and(&out);
		appendStringInfo(&out, "(%s)", where);
	}
	return out.len > 0 ? out.data : NULL;
}

static char *
local_scope(const CompareScope *scope, Oid relation)
{
	const RemoteColumn *column = scope->column;
	StringInfoData out;
	AttrNumber attnum;
	char *name;
	Oid type;
	int32 typmod;
	Oid collation;

	if (column == NULL)
		return NULL;
	initStringInfo(&out);
	attnum = get_attnum(relation, column->local_name);
	get_atttypetypmodcoll(relation, attnum, &type, &typmod, &collation);
	name = mm_quote_local_name(NULL, column->local_name);
	if (scope->is_null)
		appendStringInfo(&out, "%s IS NULL", name);
	else if (!column->not_null && scope->lower == NULL)
		appendStringInfo(&out, "%s IS NOT NULL", name);
	if (scope->lower != NULL)
	{
		append_and(&out);
		appendStringInfo(&out, "%s > %s", name,
						 mm_compare_local_literal(&column->type, scope->lower, type, typmod));
	}
	if (scope->upper != NULL)
	{
		append_and(&out);
		appendStringInfo(&out, "%s <= %s", name,
						 mm_compare_local_literal(&column->type, scope->upper, type, typmod));
	}
	return out.len > 0 ? out.data : NULL;
}

/*
 * mm_compare_local_rows
 *		The rows of a scope that the table's filter is about, too.  Rows that
 *		are looked up by their key are asked for without it: a stale one may
 *		not pass it any more.
 */
char *
mm_compare_local_rows(const Comparison *comparison, const CompareScope *scope)
{
	const char *filter = comparison->request.table->local_filter;
	char *range = local_scope(scope, comparison->request.relation);

	if (filter == NULL || comparison->request.where == NULL)
		return range;
	return range == NULL ? psprintf("(%s)", filter) :
						   psprintf("%s AND (%s)", range, filter);
}

/* " FROM shop.orders WHERE ..." */
void
mm_compare_append_from(StringInfo sql, const Comparison *comparison,
					   const CompareScope *scope, const char *condition)
{
	const RemoteTable *table = comparison->request.table;
	char *range = mm_compare_remote_scope(scope, comparison->request.where);

	appendStringInfo(sql, " FROM %s", mm_catalog_from(table));
	if (range != NULL || condition != NULL)
		appendStringInfo(sql, " WHERE %s%s%s", range ? range : "",
						 range && condition ? " AND " : "",
						 condition ? condition : "");
}
