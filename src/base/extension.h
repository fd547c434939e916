/*
 * src/base/extension.h
 *		Other extensions of this database, whose types a migration can use.
 */
#ifndef MM_BASE_EXTENSION_H
#define MM_BASE_EXTENSION_H

/*
 * The schema of an extension, quoted where it has to be; NULL: it is not
 * installed here.  palloc'ed.
 */
extern char *mm_extension_schema(const char *name);

#endif /* MM_BASE_EXTENSION_H */
