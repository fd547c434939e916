/*
 * src/base/transaction.h
 *		Transactions of background workers, in the role of the caller; attempts
 *		that may fail without the transaction.
 */
#ifndef MM_BASE_TRANSACTION_H
#define MM_BASE_TRANSACTION_H

/*
 * Every transaction of this process from now on runs as `role`, and what runs
 * in it (expressions, triggers) cannot SET ROLE to the session's own.
 */
extern void mm_transaction_role(Oid role);

/* StartTransactionCommand, in that role. */
extern void mm_transaction_start(void);

/*
 * Something in a subtransaction; its error, in the current memory context, or
 * NULL.  It is for the caller to say which errors are an answer: one that is
 * not goes on with ReThrowError.  A cancel or a shutdown is none, and raised.
 */
typedef void (*TryInTransaction)(void *arg);
extern ErrorData *mm_transaction_try(TryInTransaction attempt, void *arg);

#endif /* MM_BASE_TRANSACTION_H */
