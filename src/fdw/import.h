/*
 * src/fdw/import.h
 *		IMPORT FOREIGN SCHEMA.
 */
#ifndef MM_FDW_IMPORT_H
#define MM_FDW_IMPORT_H

#include "foreign/fdwapi.h"

/* A List of char *: the CREATE FOREIGN TABLE commands. */
extern List *mm_import_schema(ImportForeignSchemaStmt *stmt, Oid server_id);

#endif /* MM_FDW_IMPORT_H */
