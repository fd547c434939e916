/*
 * src/base/digest.h
 *		A digest that both servers know, whatever their version.
 */
#ifndef MM_BASE_DIGEST_H
#define MM_BASE_DIGEST_H

/* With the end of the string. */
#define MM_DIGEST_SIZE 33

/* The same as an expression of MySQL: format of one text. */
#define MM_DIGEST_REMOTE "LEFT(SHA2(%s, 256), 32)"

/* The first half of the SHA-256, in hexadecimal.  Raises. */
extern void mm_digest(const char *bytes, Size length, char *hex);

#endif /* MM_BASE_DIGEST_H */
