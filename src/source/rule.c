/*
 * src/source/rule.c
 *		mysql_migrate.rule: reading rules, and what their patterns match.
 *
 * A pattern is a table ("orders"), a column ("orders.email", "*.email") or,
 * where the action is about columns, a MySQL type ("binary(16)", "tinyint(1)",
 * "bigint unsigned").  "*" stands for any characters, "?" for one; a name in
 * backquotes is taken as it is.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "base/compat.h"
#include "base/error.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "source/options.h"
#include "source/rule.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Columns of mysql_migrate.rule. */
enum
{
	COLUMN_ID = 1,
	COLUMN_OWNER,
	COLUMN_SERVER,
	COLUMN_PATTERN,
	COLUMN_ACTION,
	COLUMN_VALUE,
	NCOLUMNS = COLUMN_VALUE
};

static const char *const action_names[] = {
	[RULE_TYPE] = "type",
	[RULE_RENAME] = "rename",
	[RULE_USING] = "using",
	[RULE_SKIP] = "skip",
	[RULE_WHERE] = "where",
	[RULE_QUERY] = "query",
	[RULE_POLICY] = "policy",
};

/* Other spellings of MySQL's types (manual: "Using Data Types from Other Database Engines"). */
static const struct
{
	const char *spelling;
	const char *type;
} type_spellings[] = {
	{"integer", "int"},
	{"bool", "tinyint(1)"},
	{"boolean", "tinyint(1)"},
	{"dec", "decimal"},
	{"fixed", "decimal"},
	{"numeric", "decimal"},
	{"double precision", "double"},
	{"real", "double"},
	{"character varying", "varchar"},
	{"character", "char"},
	{"nvarchar", "varchar"},
	{"nchar", "char"},
	{"datetime", "datetime"},
};

/* ---------------------------------------------------------------- patterns */

static void
bad_pattern(const char *pattern, const char *why, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid pattern of a rule: \"%s\"",
					mm_error_clip(pattern, strlen(pattern))),
			 errdetail("%s", why),
			 errhint("%s", hint)));
}

#define PATTERN_HINT "Write a table (\"orders\"), a column (\"orders.email\", \"*.email\"), or a MySQL type (\"binary(16)\"); backquotes take a name as it is."

static bool
is_table_action(RuleAction action)
{
	return action == RULE_WHERE || action == RULE_QUERY;
}

static bool
is_column_action(RuleAction action)
{
	return action == RULE_TYPE || action == RULE_USING ||
		   action == RULE_POLICY;
}

/* One name of a pattern, up to a dot or the end; *p moves on. */
static RuleName
parse_name(const char *pattern, const char **p)
{
	RuleName name = {NULL, false};
	StringInfoData text;

	initStringInfo(&text);
	while (scanner_isspace(**p))
		(*p)++;
	if (**p == '`')
	{
		for ((*p)++; **p != '`' || (*p)[1] == '`'; (*p)++)
		{
			if (**p == '\0')
				bad_pattern(pattern, "A backquote has no end.", PATTERN_HINT);
			if (**p == '`')
				(*p)++;
			appendStringInfoChar(&text, **p);
		}
		(*p)++;
		while (scanner_isspace(**p))
			(*p)++;
	}
	else
	{
		while (**p != '\0' && **p != '.' && **p != '`')
			appendStringInfoChar(&text, *(*p)++);
		while (text.len > 0 && scanner_isspace(text.data[text.len - 1]))
			text.data[--text.len] = '\0';
		name.has_wildcards = strpbrk(text.data, "*?") != NULL;
	}
	if (text.len == 0)
		bad_pattern(pattern, "A name is empty.", PATTERN_HINT);
	if (**p != '\0' && **p != '.')
		bad_pattern(pattern, "Something follows upon a quoted name.",
					PATTERN_HINT);
	name.text = text.data;
	return name;
}

/* Lower case, one blank between words, none around parentheses and commas. */
static char *
normal_type(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = text; *p != '\0'; p++)
	{
		char last = out.len > 0 ? out.data[out.len - 1] : '(';

		if (!scanner_isspace(*p))
		{
			if ((*p == '(' || *p == ',' || *p == ')') && last == ' ')
				out.data[--out.len] = '\0';
			appendStringInfoChar(&out, pg_ascii_tolower((unsigned char) *p));
		}
		else if (last != ' ' && last != '(' && last != ',')
			appendStringInfoChar(&out, ' ');
	}
	if (out.len > 0 && out.data[out.len - 1] == ' ')
		out.data[--out.len] = '\0';
	return out.data;
}

/* Cut a word off the end; false when the text does not end with it. */
static bool
cut_tail(char *text, const char *tail)
{
	Size length = strlen(text);
	Size tail_length = strlen(tail);

	if (length <= tail_length ||
		strcmp(text + length - tail_length, tail) != 0)
		return false;
	text[length - tail_length] = '\0';
	return true;
}

/* "binary(16)", "bigint unsigned" into the rule; false: not MySQL's. */
static bool
parse_type(Rule *rule, const char *text)
{
	char *type = normal_type(text);
	char *open;
	ColumnType probe;

	(void) cut_tail(type, " zerofill");
	rule->is_unsigned = cut_tail(type, " unsigned");
	for (int i = 0; i < lengthof(type_spellings); i++)
	{
		Size length = strlen(type_spellings[i].spelling);

		if (strncmp(type, type_spellings[i].spelling, length) == 0 &&
			(type[length] == '\0' || type[length] == '('))
		{
			type = psprintf("%s%s", type_spellings[i].type, type + length);
			break;
		}
	}
	open = strchr(type, '(');
	if (open != NULL)
	{
		char *close = type + strlen(type) - 1;

		if (close <= open + 1 || *close != ')')
			return false;
		*open = *close = '\0';
		rule->type_size = open + 1;
	}
	memset(&probe, 0, sizeof(probe));
	probe.data_type = type;
	probe.column_type = type;
	if (mm_type_rule(&probe) == NULL)
		return false;
	rule->type = type;
	return true;
}

static void
parse_pattern(Rule *rule)
{
	const char *p = rule->pattern;
	RuleName first = parse_name(rule->pattern, &p);

	if (*p == '\0' && is_column_action(rule->action))
	{
		if (!parse_type(rule, rule->pattern))
			bad_pattern(rule->pattern,
						psprintf("\"%s\" works on columns, and this is no type of MySQL.",
								 action_names[rule->action]),
						psprintf("Name a column (\"%s.column\", \"%s.*\" for all of a table), or a MySQL type such as \"binary(16)\".",
								 first.text, first.text));
		return;
	}
	rule->table = first;
	if (*p == '.')
	{
		p++;
		rule->column = parse_name(rule->pattern, &p);
		if (*p != '\0')
			bad_pattern(rule->pattern, "It has more than two names.",
						PATTERN_HINT);
		if (is_table_action(rule->action))
			bad_pattern(rule->pattern,
						psprintf("\"%s\" works on a table as a whole.",
								 action_names[rule->action]),
						psprintf("Name the table: \"%s\".", first.text));
	}
	if ((rule->action == RULE_QUERY ||
		 (rule->action == RULE_RENAME && rule->column.text == NULL)) &&
		first.has_wildcards)
		bad_pattern(rule->pattern,
					psprintf("\"%s\" is for one table, not for many.",
							 action_names[rule->action]),
					"Name the table without wildcards, or in backquotes.");
	if (rule->action == RULE_RENAME && rule->column.has_wildcards)
		bad_pattern(rule->pattern,
					"Two columns of a table cannot have the same name.",
					"Name the column without wildcards, or in backquotes.");
}

/* ---------------------------------------------------------------- a rule */

const char *
mm_rule_action_name(RuleAction action)
{
	return action_names[action];
}

static RuleAction
action_of(const char *name)
{
	for (int i = 0; i < lengthof(action_names); i++)
	{
		if (strcmp(action_names[i], name) == 0)
			return (RuleAction) i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown action of a rule: \"%s\"",
					mm_error_clip(name, strlen(name))),
			 errhint("%s", mm_options_name_hint(name, lengthof(action_names),
												action_names))));
}

Rule *
mm_rule_create(int64 id, const char *pattern, const char *action,
			   const char *value)
{
	Rule *rule = palloc0(sizeof(Rule));

	rule->id = id;
	rule->pattern = pstrdup(pattern);
	rule->action = action_of(action);
	rule->value = value ? pstrdup(value) : NULL;
	parse_pattern(rule);
	return rule;
}

static int
compare_ids(const ListCell *a, const ListCell *b)
{
	const Rule *left = lfirst(a);
	const Rule *right = lfirst(b);

	return left->id < right->id ? -1 : left->id > right->id ? 1 :
															  0;
}

/*
 * mm_rule_read
 *		Read without row-level security, but only what the current user owns.
 */
List *
mm_rule_read(const char *server)
{
	Oid schema = get_namespace_oid("mysql_migrate", true);
	Oid relid = OidIsValid(schema) ? get_relname_relid("rule", schema) :
									 InvalidOid;
	Relation relation;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;
	List *rules = NIL;

	if (!OidIsValid(relid))
		return NIL;
	relation = table_open(relid, AccessShareLock);
	ScanKeyInit(&key, COLUMN_OWNER, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(GetUserId()));
	scan = systable_beginscan(relation, InvalidOid, false,
							  GetTransactionSnapshot(), 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Datum values[NCOLUMNS];
		bool isnull[NCOLUMNS];

		heap_deform_tuple(tuple, RelationGetDescr(relation), values, isnull);
		if (strcmp(TextDatumGetCString(values[COLUMN_SERVER - 1]), server) != 0)
			continue;
		rules = lappend(rules,
						mm_rule_create(DatumGetInt64(values[COLUMN_ID - 1]),
									   TextDatumGetCString(values[COLUMN_PATTERN - 1]),
									   TextDatumGetCString(values[COLUMN_ACTION - 1]),
									   isnull[COLUMN_VALUE - 1] ? NULL :
																  TextDatumGetCString(values[COLUMN_VALUE - 1])));
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	list_sort(rules, compare_ids);
	return rules;
}

/* ---------------------------------------------------------------- matching */

static bool
same_character(char a, char b, bool folds)
{
	return folds ? pg_ascii_tolower((unsigned char) a) ==
					   pg_ascii_tolower((unsigned char) b) :
				   a == b;
}

static bool
glob(const char *pattern, const char *name, bool folds)
{
	for (; *pattern != '\0'; pattern++, name++)
	{
		if (*pattern == '*')
		{
			do
			{
				if (glob(pattern + 1, name, folds))
					return true;
			} while (*name++ != '\0');
			return false;
		}
		if (*name == '\0' ||
			(*pattern != '?' && !same_character(*pattern, *name, folds)))
			return false;
	}
	return *name == '\0';
}

static bool
name_matches(const RuleName *name, const char *remote, bool folds)
{
	if (name->has_wildcards)
		return glob(name->text, remote, folds);
	return folds ? pg_strcasecmp(name->text, remote) == 0 :
				   strcmp(name->text, remote) == 0;
}

/* "16" of "binary(16)", NULL: no parentheses. */
static char *
size_of_type(const char *column_type)
{
	char *type = normal_type(column_type);
	char *open = strchr(type, '(');
	char *close = strrchr(type, ')');

	if (open == NULL || close == NULL)
		return NULL;
	*close = '\0';
	return open + 1;
}

static bool
type_matches(const Rule *rule, const ColumnType *type)
{
	char *size;

	if (strcmp(rule->type, type->data_type) != 0 ||
		(rule->is_unsigned && !type->is_unsigned))
		return false;
	if (rule->type_size == NULL)
		return true;
	size = size_of_type(type->column_type);
	return size != NULL && glob(rule->type_size, size, true);
}

/* 0: does not match; the most exact pattern has the highest number. */
static int
column_rank(const Rule *rule, const char *table, bool folds_names,
			const RemoteColumn *column)
{
	if (rule->type != NULL)
		return !type_matches(rule, &column->type) ? 0 :
			   rule->type_size != NULL			  ? 3 :
													2;
	if (rule->column.text == NULL ||
		!name_matches(&rule->table, table, folds_names) ||
		!name_matches(&rule->column, column->name, true))
		return 0;
	if (!rule->table.has_wildcards)
		return rule->column.has_wildcards ? 5 : 6;
	return rule->column.has_wildcards ? 1 : 4;
}

bool
mm_rule_matches_table(const Rule *rule, const char *table, bool folds_names)
{
	return rule->type == NULL &&
		   name_matches(&rule->table, table, folds_names);
}

Rule *
mm_rule_for_table(List *rules, RuleAction action, const char *table,
				  bool folds_names)
{
	Rule *best = NULL;
	ListCell *cell;

	foreach(cell, rules)
	{
		Rule *rule = lfirst(cell);

		if (rule->action != action || rule->column.text != NULL ||
			!mm_rule_matches_table(rule, table, folds_names))
			continue;
		rule->matched = true;
		if (best == NULL || best->table.has_wildcards ||
			!rule->table.has_wildcards)
			best = rule;
	}
	return best;
}

Rule *
mm_rule_for_column(List *rules, RuleAction action, const char *table,
				   bool folds_names, const RemoteColumn *column)
{
	Rule *best = NULL;
	int best_rank = 0;
	ListCell *cell;

	foreach(cell, rules)
	{
		Rule *rule = lfirst(cell);
		int rank = 0;

		if (rule->action == action)
			rank = column_rank(rule, table, folds_names, column);
		if (rank == 0)
			continue;
		rule->matched = true;
		if (rank >= best_rank)
		{
			best = rule;
			best_rank = rank;
		}
	}
	return best;
}

/* ---------------------------------------------------------------- applying */

static void
apply_to_columns(const RemoteSchema *schema, List *rules, const char *table,
				 List *columns)
{
	ListCell *cell;

	foreach(cell, columns)
	{
		RemoteColumn *column = lfirst(cell);
		Rule *rename = mm_rule_for_column(rules, RULE_RENAME, table,
										  schema->folds_names, column);
		Rule *type = mm_rule_for_column(rules, RULE_TYPE, table,
										schema->folds_names, column);

		if (mm_rule_for_column(rules, RULE_SKIP, table, schema->folds_names,
							   column) != NULL)
			column->is_skipped = true;
		if (rename != NULL)
		{
			column->local_name = rename->value;
			column->is_renamed = true;
		}
		if (type != NULL)
			column->type.local_type = type->value;
	}
}

static bool
is_skipped(const RemoteSchema *schema, List *rules, const char *table)
{
	return mm_rule_for_table(rules, RULE_SKIP, table,
							 schema->folds_names) != NULL;
}

void
mm_rule_apply_names(RemoteSchema *schema, List *rules)
{
	List *tables = NIL;
	List *programs = NIL;
	ListCell *cell;

	foreach(cell, schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		Rule *rename = mm_rule_for_table(rules, RULE_RENAME, table->name,
										 schema->folds_names);

		if (is_skipped(schema, rules, table->name))
			continue;
		if (rename != NULL)
			table->local_name = rename->value;
		apply_to_columns(schema, rules, table->name, table->columns);
		tables = lappend(tables, table);
	}
	schema->tables = tables;
	foreach(cell, schema->programs)
	{
		RemoteProgram *program = lfirst(cell);
		Rule *rename;

		if (program->kind == REMOTE_VIEW)
		{
			if (is_skipped(schema, rules, program->name))
				continue;
			rename = mm_rule_for_table(rules, RULE_RENAME, program->name,
									   schema->folds_names);
			if (rename != NULL)
				program->local_name = rename->value;
			apply_to_columns(schema, rules, program->name, program->columns);
		}
		programs = lappend(programs, program);
	}
	schema->programs = programs;
}
