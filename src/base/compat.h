/*
 * src/base/compat.h
 *		What differs between PostgreSQL 13 and 18, in one place.
 */
#ifndef MM_BASE_COMPAT_H
#define MM_BASE_COMPAT_H

#include "postgres.h"

#endif							/* MM_BASE_COMPAT_H */
