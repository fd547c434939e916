/*
 * src/base/compat.h
 *		What differs between PostgreSQL 13 and 18, in one place.
 */
#ifndef MM_BASE_COMPAT_H
#define MM_BASE_COMPAT_H

#include "postgres.h"

/* 16 took the macros of variable-length values out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 put it in front of the declaration, and took the old one away. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

#if PG_VERSION_NUM < 140000
#define pq_getmsgrawstring(msg) pq_getmsgstring(msg)
#endif

/* From 14 on it says how long the text became. */
#if PG_VERSION_NUM >= 140000
#define mm_ltoa(number, text)  pg_ltoa((number), (text))
#define mm_lltoa(number, text) pg_lltoa((number), (text))
#else
#define mm_ltoa(number, text)  (pg_ltoa((number), (text)), (int) strlen(text))
#define mm_lltoa(number, text) (pg_lltoa((number), (text)), (int) strlen(text))
#endif

/* 15 lets the sender say that the receiver is to be woken at once. */
#if PG_VERSION_NUM >= 150000
#define mm_shm_mq_send(queue, length, data) \
	shm_mq_send((queue), (length), (data), false, true)
#else
#define mm_shm_mq_send(queue, length, data) \
	shm_mq_send((queue), (length), (data), false)
#endif

/* 13 and 14 warn about unknown settings of the prefix, but do not reserve it. */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* Before 14 string keys were what a hash table had by default. */
#if PG_VERSION_NUM < 140000
#define HASH_STRINGS 0
#endif

/* 16 has one check for all kinds of objects. */
#if PG_VERSION_NUM >= 160000
#define mm_schema_aclcheck(schema, role, mode) \
	object_aclcheck(NamespaceRelationId, (schema), (role), (mode))
#else
#define mm_schema_aclcheck(schema, role, mode) \
	pg_namespace_aclcheck((schema), (role), (mode))
#endif

#if PG_VERSION_NUM >= 160000
#define mm_server_aclcheck(server, role, mode) \
	object_aclcheck(ForeignServerRelationId, (server), (role), (mode))
#else
#define mm_server_aclcheck(server, role, mode) \
	pg_foreign_server_aclcheck((server), (role), (mode))
#endif

#if PG_VERSION_NUM >= 160000
#define mm_database_aclcheck(database, role, mode) \
	object_aclcheck(DatabaseRelationId, (database), (role), (mode))
#else
#define mm_database_aclcheck(database, role, mode) \
	pg_database_aclcheck((database), (role), (mode))
#endif

/* The predefined roles were called default roles. */
#if PG_VERSION_NUM < 140000
#define ROLE_PG_READ_SERVER_FILES DEFAULT_ROLE_READ_SERVER_FILES
#endif

/* 17 added the restrictions, 18 the number of disabled nodes. */
#if PG_VERSION_NUM >= 180000
#define mm_foreignscan_path(root, rel, rows, startup, total, outer)    \
	create_foreignscan_path((root), (rel), NULL, (rows), 0, (startup), \
							(total), NIL, (outer), NULL, NIL, NIL)
#elif PG_VERSION_NUM >= 170000
#define mm_foreignscan_path(root, rel, rows, startup, total, outer) \
	create_foreignscan_path((root), (rel), NULL, (rows), (startup), \
							(total), NIL, (outer), NULL, NIL, NIL)
#else
#define mm_foreignscan_path(root, rel, rows, startup, total, outer) \
	create_foreignscan_path((root), (rel), NULL, (rows), (startup), \
							(total), NIL, (outer), NULL, NIL)
#endif

/* 13 has it in pgstat.h, which cannot be included where <mysql.h> is. */
#if PG_VERSION_NUM >= 140000
#include "utils/wait_event.h"
#else
#define PG_WAIT_EXTENSION 0x07000000U
#endif

/* From 17 on extensions may name what they wait for. */
#if PG_VERSION_NUM >= 170000
#define mm_new_wait_event(name) WaitEventExtensionNew(name)
#else
#define mm_new_wait_event(name) ((void) (name), PG_WAIT_EXTENSION)
#endif

/*
 * Before 16 an insertion without the free space map extends the table block by
 * block, and workers that share it queue up for the extension lock (measured:
 * twice as slow with four).
 */
#if PG_VERSION_NUM >= 160000
#define MM_BULK_INSERT_OPTIONS(shared) TABLE_INSERT_SKIP_FSM
#else
#define MM_BULK_INSERT_OPTIONS(shared) ((shared) ? 0 : TABLE_INSERT_SKIP_FSM)
#endif

/* 14 lets a column choose its compression. */
#if PG_VERSION_NUM >= 140000
#define mm_toast_compress(value, attribute) \
	toast_compress_datum((value), (attribute)->attcompression)
#else
#define mm_toast_compress(value, attribute) toast_compress_datum(value)
#endif

/* The executor's calls for one inserted row changed their arguments. */
#if PG_VERSION_NUM >= 160000
#define mm_insert_index_tuples(target, slot, estate) \
	ExecInsertIndexTuples((target), (slot), (estate), false, false, NULL, NIL, false)
#elif PG_VERSION_NUM >= 140000
#define mm_insert_index_tuples(target, slot, estate) \
	ExecInsertIndexTuples((target), (slot), (estate), false, false, NULL, NIL)
#else
#define mm_insert_index_tuples(target, slot, estate) \
	ExecInsertIndexTuples((slot), (estate), false, NULL, NIL)
#endif

#if PG_VERSION_NUM >= 140000
#define mm_compute_stored_generated(target, estate, slot) \
	ExecComputeStoredGenerated((target), (estate), (slot), CMD_INSERT)
#define mm_set_result_relation(estate, target) ((void) (estate), (void) (target))
#else
#define mm_compute_stored_generated(target, estate, slot) \
	ExecComputeStoredGenerated((estate), (slot), CMD_INSERT)
#define mm_set_result_relation(estate, target) \
	((estate)->es_result_relations = (target), \
	 (estate)->es_num_result_relations = 1,    \
	 (estate)->es_result_relation_info = (target))
#endif

/* 16 made it able to return errors softly. */
#if PG_VERSION_NUM >= 160000
#define mm_text_search_config(name) \
	get_ts_config_oid(stringToQualifiedNameList((name), NULL), true)
#else
#define mm_text_search_config(name) \
	get_ts_config_oid(stringToQualifiedNameList(name), true)
#endif

/* 14 gave the parser modes, 16 gave type names soft errors. */
#if PG_VERSION_NUM >= 140000
#define mm_raw_parser(text) raw_parser((text), RAW_PARSE_DEFAULT)
#else
#define mm_raw_parser(text) raw_parser(text)
#endif
#if PG_VERSION_NUM >= 160000
#define MM_PARSE_TYPE_RAISES NULL
#else
#define MM_PARSE_TYPE_RAISES false
#endif

/* 14 hashes by way of its TLS library. */
#include "common/sha2.h"
#if PG_VERSION_NUM >= 140000
#include "common/cryptohash.h"
#endif

#endif /* MM_BASE_COMPAT_H */
