/*
 * src/base/human.h
 *		Numbers as people read them.  Results are palloc'ed.
 */
#ifndef MM_BASE_HUMAN_H
#define MM_BASE_HUMAN_H

/* The format for one, or for any other number of things. */
#define mm_plural(number, one, many) ((number) == 1 ? (one) : (many))

/* 217031552 as "217,031,552". */
extern char *mm_human_number(uint64 number);

/* Seconds as "00:41" or "1:02:41". */
extern char *mm_human_duration(int64 seconds);

/* Bytes as pg_size_pretty shows them: "18 GB". */
extern char *mm_human_size(uint64 bytes);

#endif /* MM_BASE_HUMAN_H */
