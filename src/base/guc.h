/*
 * src/base/guc.h
 *		Every setting of the extension.
 *
 * Bare variables only: utils/guc.h cannot be included where <mysql.h> is.
 */
#ifndef MM_BASE_GUC_H
#define MM_BASE_GUC_H

/* Seconds to wait for a connection where the server has no connect_timeout. */
extern int mm_guc_connect_timeout;

/* Rows of a table with a key that one transaction loads at most. */
extern int mm_guc_max_piece_rows;

/* Defines the settings and reserves the prefix; once, from _PG_init. */
extern void mm_guc_define(void);

#endif /* MM_BASE_GUC_H */
