/*
 * src/types/crc32.h
 *		CRC-32 as MySQL's CRC32() and zlib compute it.
 */
#ifndef MM_TYPES_CRC32_H
#define MM_TYPES_CRC32_H

extern uint32 mm_crc32(const char *bytes, Size length);

#endif /* MM_TYPES_CRC32_H */
