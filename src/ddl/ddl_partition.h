/*
 * src/ddl/ddl_partition.h
 *		What the files about partitioned tables share with each other.
 */
#ifndef MM_DDL_DDL_PARTITION_H
#define MM_DDL_DDL_PARTITION_H

#include "ddl/ddl_internal.h"

typedef enum PartitionMethod
{
	PARTITION_RANGE,
	PARTITION_LIST,
	PARTITION_HASH /* KEY is one, too */
} PartitionMethod;

/* What MySQL computes from the column of a key. */
typedef enum KeyMap
{
	MAP_COLUMN, /* nothing */
	MAP_YEAR,
	MAP_YEAR_MONTH, /* 202412 */
	MAP_DAYS,
	MAP_SECONDS,
	MAP_EPOCH,
	MAP_EXPRESSION /* computed here as well */
} KeyMap;

/* One column or expression that a table is partitioned by. */
typedef struct KeyPart
{
	KeyMap map;
	RemoteColumn *column; /* NULL: an expression */
	const char *sql;
} KeyPart;

typedef enum BoundKind
{
	BOUND_UNKNOWN,
	BOUND_VALUE,
	BOUND_NULL,
	BOUND_MINIMUM, /* no value of the column is below it */
	BOUND_MAXIMUM  /* all values are */
} BoundKind;

typedef struct KeyBound
{
	BoundKind kind;
	const char *sql;
} KeyBound;

/* One partition as it will be. */
typedef struct LocalPartition
{
	RemotePartition *remote; /* NULL: made for NULLs or strays alone */
	const char *name;
	const char *values; /* "FOR VALUES ...", "DEFAULT" */
	const char *check;	/* condition of the default partition, or NULL */
} LocalPartition;

struct DdlPartitions
{
	PartitionMethod method;
	List *keys;	   /* of KeyPart * */
	List *subkeys; /* the same of subpartitions, or NIL */
	List *list;	   /* of LocalPartition * */
	List *remarks; /* of char * */
};

/* ---- ddl_partition_key.c ---- */

/* What the table is partitioned by, or NIL with *why set. */
extern List *mm_ddl_partition_keys(DdlBuild *build, RemoteTable *table,
								   PartitionMethod method,
								   const char *expression, const char **why);

/* One value of VALUES LESS THAN or VALUES IN. */
extern KeyBound mm_ddl_partition_bound(DdlBuild *build, const KeyPart *key,
									   const ExprNode *node);

/* ---- ddl_partition_value.c ---- */

/* The partitions and what each holds; gives the obstacle, or NULL. */
extern const char *mm_ddl_partition_values(DdlBuild *build,
										   DdlPartitions *partitions,
										   RemoteTable *table);
extern char *mm_ddl_hash_values(int modulus, int remainder);

#endif /* MM_DDL_DDL_PARTITION_H */
