/*
 * src/load/writer_internal.h
 *		What the writers share and nobody else sees.
 */
#ifndef MM_LOAD_WRITER_INTERNAL_H
#define MM_LOAD_WRITER_INTERNAL_H

#include "load/writer.h"

extern Writer *mm_heap_writer_open(Relation relation, int nattnums,
								   const AttrNumber *attnums, bool shared);
extern Writer *mm_executor_writer_open(Relation relation, int nattnums,
									   const AttrNumber *attnums);

#endif /* MM_LOAD_WRITER_INTERNAL_H */
