/*
 * src/base/transaction.c
 *		Transactions of background workers, in the role of the caller; attempts
 *		that may fail without the transaction.
 *
 * The security context belongs into the transaction: between transactions the
 * server wants none (an assertion of StartTransaction).
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/transaction.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

static Oid transaction_role = InvalidOid;

static void
leave_context(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		SetUserIdAndSecContext(transaction_role, 0);
}

void
mm_transaction_role(Oid role)
{
	if (!OidIsValid(transaction_role))
		RegisterXactCallback(leave_context, NULL);
	transaction_role = role;
	SetUserIdAndSecContext(role, 0);
}

void
mm_transaction_start(void)
{
	StartTransactionCommand();
	if (OidIsValid(transaction_role))
		SetUserIdAndSecContext(transaction_role, SECURITY_LOCAL_USERID_CHANGE);
}

ErrorData *
mm_transaction_try(TryInTransaction attempt, void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		attempt(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error != NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
							 ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION))
		ReThrowError(error);
	return error;
}
