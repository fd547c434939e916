/*
 * src/migrate/patience.h
 *		What is done again when MySQL was away for a while.
 */
#ifndef MM_MIGRATE_PATIENCE_H
#define MM_MIGRATE_PATIENCE_H

#include "job/handler.h"

/*
 * Run a part of the leader's work outside of a transaction.  When it loses or
 * cannot get its connection, its transaction is aborted and it is run again
 * from its beginning, for a minute; other errors go through.
 */
typedef void (*PatientPart)(JobProcess *process, void *arg);

extern void mm_patience_run(JobProcess *process, PatientPart part, void *arg);

#endif /* MM_MIGRATE_PATIENCE_H */
