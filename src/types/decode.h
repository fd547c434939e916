/*
 * src/types/decode.h
 *		The decoders that the type table names, and what they share.
 *
 * All follow DecodeWire: they never raise for a bad value, they fill
 * context->error and return false.
 */
#ifndef MM_TYPES_DECODE_H
#define MM_TYPES_DECODE_H

#include "port/pg_bswap.h"
#include "types/type_map.h"

/* The protocol is little endian. */
#ifdef WORDS_BIGENDIAN
#define mm_le16(x) pg_bswap16(x)
#define mm_le32(x) pg_bswap32(x)
#define mm_le64(x) pg_bswap64(x)
#else
#define mm_le16(x) (x)
#define mm_le32(x) (x)
#define mm_le64(x) (x)
#endif

/* Numbers at the beginning of bytes of the protocol, which may lie anywhere. */
static inline uint32
mm_wire_uint32(const char *bytes)
{
	uint32 number;

	memcpy(&number, bytes, sizeof(number));
	return mm_le32(number);
}

static inline uint64
mm_wire_uint64(const char *bytes)
{
	uint64 number;

	memcpy(&number, bytes, sizeof(number));
	return mm_le64(number);
}

static inline float
mm_wire_float(const char *bytes)
{
	uint32 bits = mm_wire_uint32(bytes);
	float number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

static inline double
mm_wire_double(const char *bytes)
{
	uint64 bits = mm_wire_uint64(bytes);
	double number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

/* SRID_MAXIMUM of PostGIS's liblwgeom. */
#define POSTGIS_MAX_SRID 999999

/* A flag in the type of PostGIS's EWKB: the SRID follows. */
#define EWKB_SRID 0x20000000U

extern bool mm_decode_integer(DecodeContext *context, const WireValue *value,
							  Datum *datum, bool *isnull);
extern bool mm_decode_decimal(DecodeContext *context, const WireValue *value,
							  Datum *datum, bool *isnull);
extern bool mm_decode_float(DecodeContext *context, const WireValue *value,
							Datum *datum, bool *isnull);
extern bool mm_decode_bit(DecodeContext *context, const WireValue *value,
						  Datum *datum, bool *isnull);
extern bool mm_decode_temporal(DecodeContext *context, const WireValue *value,
							   Datum *datum, bool *isnull);
extern bool mm_decode_time(DecodeContext *context, const WireValue *value,
						   Datum *datum, bool *isnull);
extern bool mm_decode_text(DecodeContext *context, const WireValue *value,
						   Datum *datum, bool *isnull);
extern bool mm_decode_text_bytes(DecodeContext *context,
								 const WireValue *value, Datum *datum);
extern bool mm_decode_bytes(DecodeContext *context, const WireValue *value,
							Datum *datum, bool *isnull);
extern bool mm_decode_enum(DecodeContext *context, const WireValue *value,
						   Datum *datum, bool *isnull);
extern bool mm_decode_set(DecodeContext *context, const WireValue *value,
						  Datum *datum, bool *isnull);
extern bool mm_decode_json(DecodeContext *context, const WireValue *value,
						   Datum *datum, bool *isnull);
extern bool mm_decode_geometry(DecodeContext *context, const WireValue *value,
							   Datum *datum, bool *isnull);
extern bool mm_decode_vector(DecodeContext *context, const WireValue *value,
							 Datum *datum, bool *isnull);

/* Through MySQL's text and the local type's input function. */
extern bool mm_decode_input(DecodeContext *context, const WireValue *value,
							Datum *datum, bool *isnull);

/*
 * The local type's input function: false with context->error filled when it
 * does not like the text.
 */
extern bool mm_input_softly(DecodeContext *context, char *text, Datum *datum);

/* The same, and false too when the value is not all that the text says. */
extern bool mm_input_whole(DecodeContext *context, char *text, Datum *datum);

/* A value as MySQL prints it; palloc'ed, NUL-terminated. */
extern char *mm_wire_text(const WireField *field, const WireValue *value);

/* An integer of any width; *is_negative, and its magnitude's bits. */
extern uint64 mm_wire_integer(const WireField *field, const WireValue *value,
							  bool *is_negative);

/* Text after the policies: false when it must be refused. */
extern bool mm_text_clean(DecodeContext *context, const char **bytes,
						  Size *length);

/* A field of a DecodeError, cut at the border of a character. */
extern void mm_decode_clip(char *field, Size size, const char *text);

/* Fill context->error; `shown` is the value, which is clipped. */
extern bool mm_decode_fail(DecodeContext *context, int sqlerrcode,
						   const char *hint, const char *shown,
						   const char *message, ...) pg_attribute_printf(5, 6);

#endif /* MM_TYPES_DECODE_H */
