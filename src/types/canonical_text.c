/*
 * src/types/canonical_text.c
 *		The local halves of the checksum texts, from the stored Datum.
 *
 * They share nothing with the decoders, so that a mistake there shows.
 */
#include "postgres.h"

#include <sys/socket.h>

#include "base/compat.h"
#include "base/digest.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "types/canonical.h"
#include "types/canonical_text.h"
#include "types/decode.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/geo_decls.h"
#include "utils/inet.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"
#include "utils/varbit.h"

/* The output function's text: what any other local type is compared by. */
void
mm_canonical_value(StringInfo out, Datum value, Oid type,
				   const ColumnType *column)
{
	Oid function;
	bool is_varlena;

	if (type == TEXTOID || type == VARCHAROID)
	{
		mm_canonical_text(out, value, type, column);
		return;
	}
	getTypeOutputInfo(type, &function, &is_varlena);
	appendStringInfoString(out, OidOutputFunctionCall(function, value));
}

static void
append_int32(StringInfo out, int32 number)
{
	char *text = mm_text_reserve(out, MAXINT8LEN + 1);

	out->len += mm_ltoa(number, text);
}

static void
append_int64(StringInfo out, int64 number)
{
	char *text = mm_text_reserve(out, MAXINT8LEN + 1);

	out->len += mm_lltoa(number, text);
}

/* numeric with exactly `scale` digits, or more where they are not zeros. */
static void
append_numeric(StringInfo out, Datum value, int scale)
{
	char *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	char *point = strchr(text, '.');
	int digits = point != NULL ? (int) strlen(point + 1) : 0;
	int length = (int) strlen(text);

	while (digits > scale && text[length - 1] == '0')
	{
		length--;
		digits--;
	}
	if (point != NULL && digits == 0)
		length = (int) (point - text);
	appendBinaryStringInfo(out, text, length);
	if (digits == 0 && scale > 0)
		appendStringInfoChar(out, '.');
	for (; digits < scale; digits++)
		appendStringInfoChar(out, '0');
	pfree(text);
}

/* An integer's text, whichever type holds it; false: none of them. */
static bool
append_integer(StringInfo out, Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			append_int32(out, DatumGetInt16(value));
			return true;
		case INT4OID:
			append_int32(out, DatumGetInt32(value));
			return true;
		case INT8OID:
			append_int64(out, DatumGetInt64(value));
			return true;
		case BOOLOID:
			appendStringInfoChar(out, DatumGetBool(value) ? '1' : '0');
			return true;
		case NUMERICOID:
			append_numeric(out, value, 0);
			return true;
		default:
			return false;
	}
}

void
mm_canonical_integer(StringInfo out, Datum value, Oid type,
					 const ColumnType *column)
{
	if (!append_integer(out, value, type))
		mm_canonical_value(out, value, type, column);
}

static void
canonical_int2(StringInfo out, Datum value, Oid type, const ColumnType *column)
{
	append_int32(out, DatumGetInt16(value));
}

static void
canonical_int4(StringInfo out, Datum value, Oid type, const ColumnType *column)
{
	append_int32(out, DatumGetInt32(value));
}

static void
canonical_int8(StringInfo out, Datum value, Oid type, const ColumnType *column)
{
	append_int64(out, DatumGetInt64(value));
}

CanonicalText
mm_canonical_of_type(CanonicalText canonical, Oid type)
{
	if (canonical != mm_canonical_integer)
		return canonical;
	switch (type)
	{
		case INT2OID:
			return canonical_int2;
		case INT4OID:
			return canonical_int4;
		case INT8OID:
			return canonical_int8;
		default:
			return canonical;
	}
}

/* MySQL prints every digit of the scale. */
void
mm_canonical_decimal(StringInfo out, Datum value, Oid type,
					 const ColumnType *column)
{
	if (type == NUMERICOID)
		append_numeric(out, value, column->scale);
	else
		mm_canonical_value(out, value, type, column);
}

static void
append_hex(StringInfo out, const void *bytes, Size length)
{
	static const char digits[] = "0123456789ABCDEF";

	for (Size i = 0; i < length; i++)
	{
		unsigned char byte = ((const unsigned char *) bytes)[i];

		appendStringInfoChar(out, digits[byte >> 4]);
		appendStringInfoChar(out, digits[byte & 15]);
	}
}

/* The bits, as they stand in WKB: little endian. */
static void
append_double(StringInfo out, double number)
{
	uint64 bits;

	memcpy(&bits, &number, sizeof(bits));
	bits = mm_le64(bits);
	append_hex(out, &bits, sizeof(bits));
}

void
mm_canonical_float(StringInfo out, Datum value, Oid type,
				   const ColumnType *column)
{
	if (type == FLOAT4OID)
		append_double(out, (double) DatumGetFloat4(value));
	else if (type == FLOAT8OID)
		append_double(out, DatumGetFloat8(value));
	else
		mm_canonical_value(out, value, type, column);
}

void
mm_canonical_bit(StringInfo out, Datum value, Oid type,
				 const ColumnType *column)
{
	VarBit *bits;
	uint64 number = 0;
	int nbits;

	if (append_integer(out, value, type))
		return;
	if (type != BITOID && type != VARBITOID)
	{
		mm_canonical_value(out, value, type, column);
		return;
	}
	bits = DatumGetVarBitP(value);
	nbits = VARBITLEN(bits);
	for (int i = 0; i < nbits; i++)
		number = number << 1 |
				 ((VARBITS(bits)[i / 8] >> (7 - i % 8)) & 1);
	appendStringInfo(out, UINT64_FORMAT, number);
}

/* ---------------------------------------------------------------- strings */

/* The bytes of a string type; char(n) without the blanks that pad it. */
static struct varlena *
detoast_text(Datum value, Oid type, Size *length)
{
	struct varlena *text = PG_DETOAST_DATUM_PACKED(value);

	*length = VARSIZE_ANY_EXHDR(text);
	if (type == BPCHAROID)
	{
		while (*length > 0 && VARDATA_ANY(text)[*length - 1] == ' ')
			(*length)--;
	}
	return text;
}

static bool
is_text_type(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

void
mm_canonical_text(StringInfo out, Datum value, Oid type,
				  const ColumnType *column)
{
	struct varlena *text;
	Size length;

	if (!is_text_type(type))
	{
		mm_canonical_value(out, value, type, column);
		return;
	}
	text = detoast_text(value, type, &length);
	appendBinaryStringInfo(out, VARDATA_ANY(text), (int) length);
	if ((Pointer) text != DatumGetPointer(value))
		pfree(text);
}

typedef void (*AppendDigest)(StringInfo out, const char *bytes, Size length);

static void
append_crc(StringInfo out, const char *bytes, Size length)
{
	appendStringInfo(out, "%u", mm_canonical_crc(bytes, length));
}

static void
append_digest(StringInfo out, const char *bytes, Size length)
{
	char hex[MM_DIGEST_SIZE];

	mm_digest(bytes, length, hex);
	appendStringInfoString(out, hex);
}

/* A value of any size as `take` wants its bytes. */
static void
with_bytes(StringInfo out, Datum value, Oid type, const ColumnType *column,
		   AppendDigest take)
{
	if (is_text_type(type) || type == BYTEAOID || type == JSONOID)
	{
		Size length;
		struct varlena *bytes = detoast_text(value, type, &length);

		take(out, VARDATA_ANY(bytes), length);
		if ((Pointer) bytes != DatumGetPointer(value))
			pfree(bytes);
	}
	else if (type == UUIDOID)
		take(out, (const char *) DatumGetPointer(value), UUID_LEN);
	else
	{
		StringInfoData text;

		initStringInfo(&text);
		mm_canonical_value(&text, value, type, column);
		take(out, text.data, text.len);
		pfree(text.data);
	}
}

static void
append_length_and_crc(StringInfo out, const char *bytes, Size length)
{
	appendStringInfo(out, "%zu:", length);
	append_crc(out, bytes, length);
}

static void
append_length_and_digest(StringInfo out, const char *bytes, Size length)
{
	appendStringInfo(out, "%zu:", length);
	append_digest(out, bytes, length);
}

/* Length and sum, so that a row's text stays small whatever it holds. */
void
mm_canonical_sum(StringInfo out, Datum value, Oid type,
				 const ColumnType *column)
{
	with_bytes(out, value, type, column, append_length_and_crc);
}

static void
sum_by_digest(StringInfo out, Datum value, Oid type, const ColumnType *column)
{
	with_bytes(out, value, type, column, append_length_and_digest);
}

static void
append_text_excerpt(StringInfo out, const char *text, Size length)
{
	if (length <= CANONICAL_SHOWN_TEXT)
	{
		appendBinaryStringInfo(out, text, (int) length);
		return;
	}
	appendBinaryStringInfo(out, text,
						   pg_mbcharcliplen(text, (int) length,
											CANONICAL_EXCERPT));
	appendStringInfo(out, "... (%zu bytes, SHA-256 ", length);
	append_digest(out, text, length);
	appendStringInfoChar(out, ')');
}

static void
append_bytes_excerpt(StringInfo out, const char *bytes, Size length)
{
	if (length <= CANONICAL_SHOWN_BYTES)
	{
		append_hex(out, bytes, length);
		return;
	}
	append_hex(out, bytes, CANONICAL_EXCERPT);
	appendStringInfo(out, "... (%zu bytes, SHA-256 ", length);
	append_digest(out, bytes, length);
	appendStringInfoChar(out, ')');
}

void
mm_canonical_excerpt(StringInfo out, Datum value, Oid type,
					 const ColumnType *column)
{
	with_bytes(out, value, type, column,
			   mm_canonical_is_bytes(column) ? append_bytes_excerpt :
											   append_text_excerpt);
}

void
mm_canonical_set(StringInfo out, Datum value, Oid type,
				 const ColumnType *column)
{
	Datum *elements;
	int count;

	if (type != TEXTARRAYOID)
	{
		mm_canonical_value(out, value, type, column);
		return;
	}
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		mm_canonical_text(out, elements[i], TEXTOID, column);
	}
	pfree(elements);
}

/* jsonb is compared as a value elsewhere: its text is not MySQL's. */
void
mm_canonical_json(StringInfo out, Datum value, Oid type,
				  const ColumnType *column)
{
	if (type != JSONBOID)
		mm_canonical_sum(out, value, type, column);
}

/* ---------------------------------------------------------------- the rest */

/*
 * MySQL's form of a geometry in a bytea: the SRID of EWKB moves to the front
 * (see mm_decode_geometry).
 */
static void
append_ewkb(StringInfo out, const char *bytes, Size length)
{
	uint32 type = 0;
	uint32 srid = 0;

	if (length >= 9 && bytes[0] == 1)
	{
		memcpy(&type, bytes + 1, sizeof(type));
		type = mm_le32(type);
	}
	if ((type & EWKB_SRID) == 0)
	{
		append_hex(out, &srid, sizeof(srid));
		append_hex(out, bytes, length);
		return;
	}
	type = mm_le32(type & ~EWKB_SRID);
	append_hex(out, bytes + 5, sizeof(srid));
	append_hex(out, bytes, 1);
	append_hex(out, &type, sizeof(type));
	append_hex(out, bytes + 9, length - 9);
}

/* MySQL sums the hexadecimal text. */
static void
sum_geometry(StringInfo out, Datum value, Oid type, const ColumnType *column,
			 AppendDigest append_digest)
{
	StringInfoData hex;

	initStringInfo(&hex);
	if (type == POINTOID)
	{
		Point *point = DatumGetPointP(value);

		append_hex(&hex, "\0\0\0\0\x01\x01\0\0\0", 9);
		append_double(&hex, point->x);
		append_double(&hex, point->y);
	}
	else if (type == BYTEAOID)
	{
		struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);

		append_ewkb(&hex, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	}
	else
		mm_canonical_value(&hex, value, type, column);
	append_digest(out, hex.data, hex.len);
	pfree(hex.data);
}

void
mm_canonical_geometry(StringInfo out, Datum value, Oid type,
					  const ColumnType *column)
{
	sum_geometry(out, value, type, column, append_crc);
}

static void
geometry_by_digest(StringInfo out, Datum value, Oid type,
				   const ColumnType *column)
{
	sum_geometry(out, value, type, column, append_digest);
}

void
mm_canonical_vector(StringInfo out, Datum value, Oid type,
					const ColumnType *column)
{
	Datum *elements;
	int count;

	if (type != FLOAT4ARRAYOID)
	{
		mm_canonical_value(out, value, type, column);
		return;
	}
	deconstruct_array(DatumGetArrayTypeP(value), FLOAT4OID, 4, true,
					  TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		float number = DatumGetFloat4(elements[i]);
		uint32 bits;

		memcpy(&bits, &number, sizeof(bits));
		bits = mm_le32(bits);
		append_hex(out, &bits, sizeof(bits));
	}
	pfree(elements);
}

/* The bytes of the address: there is more than one way to write it. */
void
mm_canonical_inet(StringInfo out, Datum value, Oid type,
				  const ColumnType *column)
{
	inet *address;

	if (type != INETOID && type != CIDROID)
	{
		mm_canonical_value(out, value, type, column);
		return;
	}
	address = DatumGetInetPP(value);
	append_hex(out, ip_addr(address), ip_addrsize(address));
	if (ip_bits(address) != ip_maxbits(address))
		appendStringInfo(out, "/%d", ip_bits(address));
}

void
mm_canonical_uuid(StringInfo out, Datum value, Oid type,
				  const ColumnType *column)
{
	if (type == UUIDOID)
		append_hex(out, DatumGetUUIDP(value)->data, UUID_LEN);
	else
		mm_canonical_value(out, value, type, column);
}

/* ---------------------------------------------------------------- by digest */

CanonicalText
mm_canonical_by_digest(CanonicalText canonical)
{
	if (canonical == mm_canonical_sum || canonical == mm_canonical_json)
		return sum_by_digest;
	if (canonical == mm_canonical_geometry)
		return geometry_by_digest;
	return canonical;
}
