/*
 * src/types/crc32.c
 *		CRC-32 as MySQL's CRC32() and zlib compute it.
 *
 * zlib is fast with long inputs, and takes a byte at a time of short ones,
 * such as the text of a row: those are done here, sixteen bytes at a time, with
 * a table for each of the sixteen ("slicing"), a sixth of the time (measured).
 */
#include "postgres.h"

#include <zlib.h>

#include "types/crc32.h"

#define POLYNOMIAL 0xEDB88320u

/* From here on zlib is faster. */
#define LONG_INPUT 256

#define SLICES 16

/* table[n][b]: what byte b comes to with n zero bytes behind it. */
static uint32 table[SLICES][256];

static void
fill_table(void)
{
	for (int byte = 0; byte < 256; byte++)
	{
		uint32 crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		table[0][byte] = crc;
	}
	for (int byte = 0; byte < 256; byte++)
	{
		for (int n = 1; n < SLICES; n++)
			table[n][byte] = table[n - 1][byte] >> 8 ^
							 table[0][table[n - 1][byte] & 255];
	}
}

/* Byte by byte, so that their order in a word does not matter. */
static inline uint32
four_bytes(const unsigned char *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32) bytes[3] << 24;
}

/* What four bytes come to with n zero bytes behind them. */
static inline uint32
sliced(uint32 four, int n)
{
	return table[n + 3][four & 255] ^ table[n + 2][four >> 8 & 255] ^
		   table[n + 1][four >> 16 & 255] ^ table[n][four >> 24];
}

static uint32
crc_of_short(const unsigned char *bytes, Size length)
{
	uint32 crc = 0xFFFFFFFF;

	if (table[0][1] == 0)
		fill_table();
	for (; length >= 16; bytes += 16, length -= 16)
		crc = sliced(crc ^ four_bytes(bytes), 12) ^
			  sliced(four_bytes(bytes + 4), 8) ^
			  sliced(four_bytes(bytes + 8), 4) ^
			  sliced(four_bytes(bytes + 12), 0);
	for (; length >= 4; bytes += 4, length -= 4)
		crc = sliced(crc ^ four_bytes(bytes), 0);
	for (; length > 0; length--)
		crc = crc >> 8 ^ table[0][(crc ^ *bytes++) & 255];
	return ~crc;
}

uint32
mm_crc32(const char *bytes, Size length)
{
	uLong crc;

	if (length < LONG_INPUT)
		return crc_of_short((const unsigned char *) bytes, length);
	crc = crc32(0L, Z_NULL, 0);
	/* zlib takes an int's worth at a time. */
	while (length > 0)
	{
		uInt part = (uInt) Min(length, (Size) 1 << 30);

		crc = crc32(crc, (const Bytef *) bytes, part);
		bytes += part;
		length -= part;
	}
	return (uint32) crc;
}
