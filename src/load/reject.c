/*
 * src/load/reject.c
 *		A row that cannot be brought over, and what is told about it.
 */
#include "postgres.h"

#include "load/reject.h"

bool
mm_reject_is_row_error(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category ==
			   ERRCODE_TO_CATEGORY(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED) ||
		   category ==
			   ERRCODE_TO_CATEGORY(ERRCODE_TRIGGERED_ACTION_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_RAISE_EXCEPTION);
}

void
mm_reject_too_many(const RejectedRow *row)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("too many rows were rejected"),
			 errdetail("The last one: %s", row->reason),
			 errhint("Mend the cause (see mysql_migrate.reject), or raise the option \"max_rejects\".")));
}
