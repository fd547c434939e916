/*
 * src/base/search_path.h
 *		Our own statements mean the same in every session.
 */
#ifndef MM_BASE_SEARCH_PATH_H
#define MM_BASE_SEARCH_PATH_H

/* Until it is unpinned, or the transaction or subtransaction is aborted. */
extern int mm_search_path_pin(void);
extern void mm_search_path_unpin(int level);

#endif /* MM_BASE_SEARCH_PATH_H */
