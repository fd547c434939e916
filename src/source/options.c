/*
 * src/source/options.c
 *		The option table: name, where it may stand, check, what it sets.
 *
 * The validator runs at CREATE and ALTER with all options the object will
 * have, so what is stored is well formed.  Options that reach into the file
 * system of the PostgreSQL server (and the unix socket, which logs in as its
 * operating system user) may only be set by who could read these files anyway.
 *
 * Options of mysql_fdw that have no meaning here are taken with a NOTICE, so
 * that an existing CREATE SERVER can be reused.
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "base/compat.h"
#include "base/error.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "source/options.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

/* Where an option may stand. */
#define ON_SERVER  (1 << 0)
#define ON_MAPPING (1 << 1)
#define ON_TABLE   (1 << 2)
#define ON_COLUMN  (1 << 3)

/* A name further away than this is not a misspelling. */
#define NEAR_ENOUGH	 4
#define LONGEST_NAME 40

typedef enum OptionKind
{
	OPTION_TEXT, /* may be empty */
	OPTION_NAME, /* may not */
	OPTION_FILE, /* needs pg_read_server_files */
	OPTION_BOOL,
	OPTION_INT,
	OPTION_REAL,
	OPTION_CHOICE,
	OPTION_IGNORED /* taken with a NOTICE */
} OptionKind;

typedef struct OptionChoice
{
	const char *word;
	int value;
} OptionChoice;

typedef struct OptionRule
{
	const char *name;
	int where;
	OptionKind kind;
	int conn_offset;   /* in ConnInfo; -1: none */
	int policy_offset; /* in ValuePolicies; -1: none */
	double min;
	double max;
	const OptionChoice *choices;
	const char *remark; /* of an ignored option: why */
} OptionRule;

static const OptionChoice ssl_choices[] = {
	{"disabled", SSL_MODE_DISABLED_},
	{"preferred", SSL_MODE_PREFERRED_},
	{"required", SSL_MODE_REQUIRED_},
	{"verify_ca", SSL_MODE_VERIFY_CA_},
	{"verify_full", SSL_MODE_VERIFY_FULL_},
	{NULL},
};

static const OptionChoice zero_date_choices[] = {
	{"null", ZERO_DATE_NULL},
	{"-infinity", ZERO_DATE_INFINITY},
	{"error", ZERO_DATE_ERROR},
	{NULL},
};

static const OptionChoice partial_date_choices[] = {
	{"error", PARTIAL_DATE_ERROR},
	{"null", PARTIAL_DATE_NULL},
	{"first", PARTIAL_DATE_FIRST},
	{NULL},
};

static const OptionChoice nul_choices[] = {
	{"error", BAD_TEXT_ERROR},
	{"strip", BAD_TEXT_STRIP},
	{"replace", BAD_TEXT_REPLACE},
	{NULL},
};

static const OptionChoice encoding_choices[] = {
	{"error", BAD_TEXT_ERROR},
	{"strip", BAD_TEXT_STRIP},
	{"replace", BAD_TEXT_REPLACE},
	{"latin1", BAD_TEXT_LATIN1},
	{NULL},
};

static const OptionChoice bad_json_choices[] = {
	{"error", BAD_TEXT_ERROR},
	{"replace", BAD_TEXT_REPLACE},
	{NULL},
};

#define CONN(member)   offsetof(ConnInfo, member), -1
#define POLICY(member) -1, offsetof(ValuePolicies, member)
#define NOWHERE		   -1, -1

static const char *const read_only_remark =
	"Foreign tables of this wrapper are read-only.";

static const OptionRule rules[] = {
	/* How to get there. */
	{"host", ON_SERVER, OPTION_NAME, CONN(host)},
	{"port", ON_SERVER, OPTION_INT, CONN(port), 1, 65535},
	{"socket", ON_SERVER, OPTION_FILE, CONN(socket)},
	{"dbname", ON_SERVER | ON_TABLE, OPTION_NAME, CONN(dbname)},
	{"connect_timeout", ON_SERVER, OPTION_INT, CONN(connect_timeout), 0, 3600},
	{"read_timeout", ON_SERVER, OPTION_INT, CONN(read_timeout), 0, 604800},
	{"compress", ON_SERVER, OPTION_BOOL, CONN(compress)},
	{"ssl_mode", ON_SERVER, OPTION_CHOICE, CONN(ssl_mode),
	 .choices = ssl_choices},
	{"ssl_key", ON_SERVER | ON_MAPPING, OPTION_FILE, CONN(ssl_key)},
	{"ssl_cert", ON_SERVER | ON_MAPPING, OPTION_FILE, CONN(ssl_cert)},
	{"ssl_ca", ON_SERVER, OPTION_FILE, CONN(ssl_ca)},
	{"ssl_capath", ON_SERVER, OPTION_FILE, CONN(ssl_capath)},
	{"ssl_cipher", ON_SERVER, OPTION_NAME, CONN(ssl_cipher)},
	{"mysql_default_file", ON_SERVER, OPTION_FILE, CONN(default_file)},
	{"init_command", ON_SERVER, OPTION_TEXT, CONN(init_command)},
	{"sql_mode", ON_SERVER, OPTION_TEXT, CONN(sql_mode)},
	{"character_set", ON_SERVER, OPTION_IGNORED, NOWHERE,
	 .remark = "Connections always use utf8mb4, from which nothing is lost."},
	{"secure_auth", ON_SERVER, OPTION_IGNORED, NOWHERE,
	 .remark = "The old password hashes it forbids are never used."},
	{"reconnect", ON_SERVER, OPTION_IGNORED, NOWHERE,
	 .remark = "A lost connection is opened anew with the next transaction; within one it would show other data."},
	{"keep_connections", ON_SERVER, OPTION_BOOL, NOWHERE},

	/* Who. */
	{"username", ON_MAPPING, OPTION_NAME, CONN(user)},
	{"password", ON_MAPPING, OPTION_TEXT, CONN(password)},
	{"password_required", ON_MAPPING, OPTION_BOOL, NOWHERE},

	/* What. */
	{"table_name", ON_TABLE, OPTION_NAME, NOWHERE},
	{"query", ON_TABLE, OPTION_NAME, NOWHERE},
	{"column_name", ON_COLUMN, OPTION_NAME, NOWHERE},

	/* Values that PostgreSQL cannot hold. */
	{"zero_date", ON_SERVER | ON_TABLE | ON_COLUMN, OPTION_CHOICE, POLICY(zero_date),
	 .choices = zero_date_choices},
	{"partial_date", ON_SERVER | ON_TABLE | ON_COLUMN, OPTION_CHOICE, POLICY(partial_date),
	 .choices = partial_date_choices},
	{"nul", ON_SERVER | ON_TABLE | ON_COLUMN, OPTION_CHOICE, POLICY(nul),
	 .choices = nul_choices},
	{"encoding", ON_SERVER | ON_TABLE | ON_COLUMN, OPTION_CHOICE, POLICY(encoding),
	 .choices = encoding_choices},
	{"bad_json", ON_SERVER | ON_TABLE | ON_COLUMN, OPTION_CHOICE, POLICY(json),
	 .choices = bad_json_choices},

	/* Planning. */
	{"use_remote_estimate", ON_SERVER | ON_TABLE, OPTION_BOOL, NOWHERE},
	{"fdw_startup_cost", ON_SERVER, OPTION_REAL, NOWHERE, 0, 1e10},
	{"fdw_tuple_cost", ON_SERVER, OPTION_REAL, NOWHERE, 0, 1e10},
	{"analyze_sampling", ON_SERVER | ON_TABLE, OPTION_IGNORED, NOWHERE,
	 .remark = "ANALYZE chooses the way of sampling by itself."},
	{"fetch_size", ON_SERVER | ON_TABLE, OPTION_IGNORED, NOWHERE,
	 .remark = "Rows are streamed one by one in constant memory."},
	{"max_blob_size", ON_SERVER | ON_TABLE, OPTION_IGNORED, NOWHERE,
	 .remark = "Values are never cut."},
	{"async_capable", ON_SERVER | ON_TABLE, OPTION_IGNORED, NOWHERE,
	 .remark = "Foreign scans run one after the other."},

	/* Writing. */
	{"updatable", ON_SERVER | ON_TABLE, OPTION_IGNORED, NOWHERE},
	{"truncatable", ON_SERVER | ON_TABLE, OPTION_IGNORED, NOWHERE},
	{"batch_size", ON_SERVER | ON_TABLE, OPTION_IGNORED, NOWHERE},
};

PG_FUNCTION_INFO_V1(mysql_migrate_validator);

/* ---- reading ---- */

const char *
mm_option_get(List *options, const char *name)
{
	ListCell *lc;

	foreach(lc, options)
	{
		DefElem *option = lfirst(lc);

		if (strcmp(option->defname, name) == 0)
			return defGetString(option);
	}
	return NULL;
}

bool
mm_option_bool(List *options, const char *name, bool fallback)
{
	ListCell *lc;

	foreach(lc, options)
	{
		DefElem *option = lfirst(lc);

		if (strcmp(option->defname, name) == 0)
			return defGetBoolean(option);
	}
	return fallback;
}

double
mm_option_number(List *options, const char *name, double fallback)
{
	const char *text = mm_option_get(options, name);

	return text == NULL ? fallback : strtod(text, NULL);
}

static const OptionRule *
find_rule(const char *name, int where)
{
	for (int i = 0; i < lengthof(rules); i++)
	{
		if ((rules[i].where & where) != 0 && strcmp(rules[i].name, name) == 0)
			return &rules[i];
	}
	return NULL;
}

static const OptionChoice *
find_choice(const OptionRule *rule, const char *value)
{
	for (const OptionChoice *choice = rule->choices; choice->word; choice++)
	{
		if (pg_strcasecmp(choice->word, value) == 0)
			return choice;
	}
	return NULL;
}

void
mm_options_fill_conn_info(List *options, ConnInfo *info)
{
	ListCell *lc;

	foreach(lc, options)
	{
		DefElem *option = lfirst(lc);
		const OptionRule *rule = find_rule(option->defname,
										   ON_SERVER | ON_MAPPING);
		char *member;

		if (rule == NULL || rule->conn_offset < 0)
			continue;
		member = (char *) info + rule->conn_offset;
		switch (rule->kind)
		{
			case OPTION_BOOL:
				*(bool *) member = defGetBoolean(option);
				break;
			case OPTION_INT:
				*(int *) member = atoi(defGetString(option));
				break;
			case OPTION_CHOICE:
				*(SslMode *) member = (SslMode)
										  find_choice(rule, defGetString(option))
											  ->value;
				break;
			default:
				*(const char **) member = defGetString(option);
				break;
		}
	}
}

/*
 * mm_options_policies
 *		All policies are enums, which are ints.
 */
void
mm_options_policies(List *options, ValuePolicies *policies)
{
	ListCell *lc;

	foreach(lc, options)
	{
		DefElem *option = lfirst(lc);
		const OptionRule *rule = find_rule(option->defname, ON_TABLE);

		if (rule == NULL || rule->policy_offset < 0)
			continue;
		*(int *) ((char *) policies + rule->policy_offset) =
			find_choice(rule, defGetString(option))->value;
	}
}

/* ---- checking ---- */

char *
mm_options_name_hint(const char *name, int nnames, const char *const *names)
{
	StringInfoData out;
	const char *nearest = NULL;
	int distance = NEAR_ENOUGH;
	int length = strlen(name);

	for (int i = 0; i < nnames && length <= LONGEST_NAME; i++)
	{
		int d = varstr_levenshtein_less_equal(name, length,
											  names[i],
											  strlen(names[i]),
											  1, 1, 1,
											  distance, true);

		if (d < distance && d <= length / 2)
		{
			distance = d;
			nearest = names[i];
		}
	}

	initStringInfo(&out);
	if (nearest != NULL)
		appendStringInfo(&out, "Perhaps you meant the option \"%s\". ",
						 nearest);
	if (nnames == 0)
		appendStringInfoString(&out, "There are no valid options here.");
	else
		appendStringInfoString(&out, "Valid options are: ");
	for (int i = 0; i < nnames; i++)
		appendStringInfo(&out, "%s%s", names[i],
						 i < nnames - 1 ? ", " : ".");
	return out.data;
}

/* What others call them. */
static const struct
{
	const char *ours;
	const char *name;
} foreign_names[] = {
	{"username", "user"},
	{"username", "user_name"},
	{"password", "pass"},
	{"password", "passwd"},
	{"password", "pwd"},
	{"host", "hostname"},
	{"host", "server"},
	{"host", "address"},
	{"dbname", "database"},
	{"dbname", "db"},
	{"dbname", "schema"},
	{"table_name", "table"},
};

/* Our name for an option that is not known by this one. */
static const char *
our_name(const char *name)
{
	for (int i = 0; i < lengthof(foreign_names); i++)
	{
		if (pg_strcasecmp(foreign_names[i].name, name) == 0)
			return foreign_names[i].ours;
	}
	return name;
}

/* Where an option belongs that does not belong here. */
static const char *
place_of(int where)
{
	return (where & ON_SERVER) != 0	 ? "the server" :
		   (where & ON_MAPPING) != 0 ? "the user mapping" :
		   (where & ON_TABLE) != 0	 ? "the foreign table" :
									   "a column of the foreign table";
}

static char *
name_hint(const char *name, int where, int nnames, const char *const *names)
{
	const char *ours = our_name(name);
	const OptionRule *rule = find_rule(ours, ~0);

	if (rule == NULL)
		return mm_options_name_hint(name, nnames, names);
	if ((rule->where & where) == 0)
		return psprintf("\"%s\" is an option of %s.", ours,
						place_of(rule->where));
	return psprintf("The option is called \"%s\".", ours);
}

/*
 * reject_name
 *		Raise for a name that is no option of this kind of object.
 */
static void
reject_name(const char *name, int where)
{
	const char *names[lengthof(rules)];
	int nnames = 0;

	for (int i = 0; i < lengthof(rules); i++)
	{
		if ((rules[i].where & where) != 0)
			names[nnames++] = rules[i].name;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 errhint("%s", name_hint(name, where, nnames, names))));
}

/*
 * reject_value
 *		Raise for a value; never called for a password.
 */
static void
reject_value(const OptionRule *rule, const char *value, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\"", rule->name),
			 errdetail("The value is \"%s\".",
					   mm_error_clip(value, strlen(value))),
			 errhint("%s", expected)));
}

static void
check_file_right(const OptionRule *rule)
{
	if (superuser() ||
		has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to set option \"%s\"", rule->name),
			 errdetail("It makes the server use a file or socket with the rights of its operating system user."),
			 errhint("Ask a superuser, or a member of role pg_read_server_files, to set it.")));
}

static void
check_number(const OptionRule *rule, const char *value)
{
	char *end;
	double number;

	errno = 0;
	number = strtod(value, &end);
	if (end == value || *end != '\0' || errno != 0 ||
		!(number >= rule->min && number <= rule->max) ||
		(rule->kind == OPTION_INT &&
		 strspn(value, "0123456789") != strlen(value)))
		reject_value(rule, value,
					 psprintf(rule->kind == OPTION_INT ?
								  "It must be a whole number from %.0f to %.0f." :
								  "It must be a number from %g to %g.",
							  rule->min, rule->max));
}

static void
check_choice(const OptionRule *rule, const char *value)
{
	StringInfoData words;

	if (find_choice(rule, value) != NULL)
		return;
	initStringInfo(&words);
	for (const OptionChoice *choice = rule->choices; choice->word; choice++)
		appendStringInfo(&words, "%s\"%s\"",
						 choice == rule->choices ? "" :
						 choice[1].word == NULL	 ? " or " :
												   ", ",
						 choice->word);
	reject_value(rule, value, psprintf("It must be %s.", words.data));
}

static void
check_value(const OptionRule *rule, DefElem *option)
{
	const char *value = defGetString(option);
	bool flag;

	switch (rule->kind)
	{
		case OPTION_FILE:
			check_file_right(rule);
			/* FALLTHROUGH */
		case OPTION_NAME:
			if (value[0] == '\0')
				reject_value(rule, value, "It must not be empty.");
			break;
		case OPTION_BOOL:
			if (!parse_bool(value, &flag))
				reject_value(rule, value, "It must be \"true\" or \"false\".");
			break;
		case OPTION_INT:
		case OPTION_REAL:
			check_number(rule, value);
			break;
		case OPTION_CHOICE:
			check_choice(rule, value);
			break;
		case OPTION_IGNORED:
			ereport(NOTICE,
					(errmsg("option \"%s\" has no effect", rule->name),
					 errdetail("%s", rule->remark == NULL ?
										 read_only_remark :
										 rule->remark)));
			break;
		case OPTION_TEXT:
			break;
	}
}

/*
 * check_together
 *		What one option alone does not show.
 */
static void
check_together(List *options, int where)
{
	const char *other = NULL;

	if (mm_option_get(options, "table_name") != NULL)
		other = "table_name";
	else if (mm_option_get(options, "dbname") != NULL)
		other = "dbname";
	if (where == ON_TABLE && other != NULL &&
		mm_option_get(options, "query") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"query\" and \"%s\" exclude each other",
						other),
				 errdetail("A foreign table shows either a remote table or the result of a query, which names its databases itself."),
				 errhint("Drop one of the two options.")));

	if (where == ON_MAPPING && !superuser() &&
		!mm_option_bool(options, "password_required", true))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set option \"password_required\" to false"),
				 errdetail("Without a password the connection could use credentials of the server."),
				 errhint("Only a superuser may do so.")));
}

static int
where_of_catalog(Oid catalog)
{
	switch (catalog)
	{
		case ForeignServerRelationId:
			return ON_SERVER;
		case UserMappingRelationId:
			return ON_MAPPING;
		case ForeignTableRelationId:
			return ON_TABLE;
		case AttributeRelationId:
			return ON_COLUMN;
		default:
			return 0; /* the wrapper itself has no options */
	}
}

/*
 * mysql_migrate_validator(text[], oid)
 *		Validator of the foreign data wrapper.
 */
Datum
mysql_migrate_validator(PG_FUNCTION_ARGS)
{
	List *options = untransformRelOptions(PG_GETARG_DATUM(0));
	int where = where_of_catalog(PG_GETARG_OID(1));
	ListCell *lc;

	foreach(lc, options)
	{
		DefElem *option = lfirst(lc);
		const OptionRule *rule = find_rule(option->defname, where);

		if (rule == NULL)
			reject_name(option->defname, where);
		check_value(rule, option);
	}
	check_together(options, where);
	PG_RETURN_VOID();
}
