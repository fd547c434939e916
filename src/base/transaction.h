/*
 * src/base/transaction.h
 *		Transactions of background workers, in the role of the caller.
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

#endif /* MM_BASE_TRANSACTION_H */
