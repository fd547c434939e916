/*
 * src/base/search_path.h
 *		Names in our own statements mean the system's.
 */
#ifndef MM_BASE_SEARCH_PATH_H
#define MM_BASE_SEARCH_PATH_H

/* Until it is unpinned, or the transaction or subtransaction is aborted. */
extern int mm_search_path_pin(void);
extern void mm_search_path_unpin(int level);

#endif /* MM_BASE_SEARCH_PATH_H */
