/*
 * src/types/decode_text.c
 *		Text, bytes, enum, set, JSON, geometry and vector into Datums.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/compat.h"
#include "base/error.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "parser/parse_coerce.h"
#include "types/decode.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/geo_decls.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/uuid.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static Datum
varlena_datum(const char *bytes, Size length)
{
	struct varlena *result = palloc(length + VARHDRSZ);

	SET_VARSIZE(result, length + VARHDRSZ);
	memcpy(VARDATA(result), bytes, length);
	return PointerGetDatum(result);
}

/* PostgreSQL stores up to 1 GB - 1, header included. */
static bool
check_size(DecodeContext *context, Size length)
{
	if (length <= MaxAllocSize - VARHDRSZ)
		return true;
	return mm_decode_fail(context, ERRCODE_PROGRAM_LIMIT_EXCEEDED,
						  "Reject the row (on_error => 'reject'), or leave it out with a filter.",
						  NULL, "value of %zu bytes is too large", length);
}

/* ---------------------------------------------------------------- text */

/* Byte for byte, with the policies for NUL and invalid sequences. */
static bool
clean_bytes(DecodeContext *context, const char **bytes, Size *length)
{
	const ValuePolicies *policies = context->policies;
	const char *from = *bytes;
	const char *end = from + *length;
	StringInfoData out;

	initStringInfo(&out);
	while (from < end)
	{
		int width = 1;
		BadTextPolicy policy;

		if (*from != '\0')
		{
			width = pg_utf_mblen((const unsigned char *) from);
			if (from + width <= end &&
				pg_utf8_islegal((const unsigned char *) from, width))
			{
				appendBinaryStringInfo(&out, from, width);
				from += width;
				continue;
			}
			width = 1;
		}
		policy = *from == '\0' ? policies->nul : policies->encoding;
		if (policy == BAD_TEXT_ERROR || policy == BAD_TEXT_LATIN1)
			return mm_decode_fail(context,
								  ERRCODE_UNTRANSLATABLE_CHARACTER,
								  *from == '\0' ?
									  "Set the option \"nul\" to \"strip\" or \"replace\", or give the column type bytea." :
									  "Set the option \"encoding\" to \"replace\" or \"strip\".",
								  NULL, *from == '\0' ? "text cannot hold the byte 00 (at offset %zu)" : "bytes are not valid UTF-8 (at offset %zu)",
								  (Size) (from - *bytes));
		if (policy == BAD_TEXT_REPLACE)
			appendStringInfoString(&out, REPLACEMENT);
		from += width;
	}
	*bytes = out.data;
	*length = out.len;
	return true;
}

/*
 * The byte that MySQL's latin1 has for a character, -1: none.  It is cp1252
 * with the five free places taken by U+0081 ... U+009D (manual: "West European
 * Character Sets").
 */
static int
latin1_byte(pg_wchar c)
{
	static const uint16 high[32] = {
		0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
		0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

	if (c < 0x80 || (c >= 0xa0 && c <= 0xff))
		return (int) c;
	for (int i = 0; i < lengthof(high); i++)
	{
		if (high[i] == c)
			return 0x80 + i;
	}
	return -1;
}

/*
 * UTF-8 that was stored as latin1 and has been encoded once more: taken back
 * where the whole text is that, left alone where it is not.
 */
static void
decode_twice(DecodeContext *context, const char **bytes, Size *length)
{
	const unsigned char *from = (const unsigned char *) *bytes;
	const unsigned char *end = from + *length;
	char *out;
	Size n = 0;
	bool is_ascii = true;

	for (const unsigned char *p = from; p < end && is_ascii; p++)
		is_ascii = *p < 0x80;
	if (is_ascii)
		return;
	out = palloc(*length);
	while (from < end)
	{
		int byte = latin1_byte(utf8_to_unicode(from));

		if (byte < 0)
			return;
		out[n++] = (char) byte;
		from += pg_utf_mblen(from);
	}
	if (!pg_verify_mbstr(PG_UTF8, out, (int) n, true))
		return;
	context->converted++;
	*bytes = out;
	*length = n;
}

/* MySQL has put "?" for characters: nothing here can tell which they were. */
static bool
take_lossy(DecodeContext *context, const char **bytes, Size *length)
{
	*bytes += strlen(MARK_OF_LOSS);
	*length -= strlen(MARK_OF_LOSS);
	if (context->policies->encoding == BAD_TEXT_ERROR ||
		context->policies->encoding == BAD_TEXT_LATIN1)
		return mm_decode_fail(context, ERRCODE_UNTRANSLATABLE_CHARACTER,
							  "Correct the column's character set in MySQL (cp932 for sjis, gbk for gb2312), or set the option \"encoding\" to \"replace\" for \"?\".",
							  mm_error_clip(*bytes, *length),
							  "text has characters that MySQL's %s cannot convert to Unicode",
							  context->type->charset);
	return true;
}

static bool
is_marked(const DecodeContext *context, const char *bytes, Size length)
{
	return length >= strlen(MARK_OF_LOSS) &&
		   memcmp(bytes, MARK_OF_LOSS, strlen(MARK_OF_LOSS)) == 0 &&
		   mm_type_may_lose(context->type);
}

bool
mm_text_clean(DecodeContext *context, const char **bytes, Size *length)
{
	bool is_lossy;
	bool is_bad;

	if (!check_size(context, *length))
		return false;
	is_lossy = is_marked(context, *bytes, *length);
	if (is_lossy && !take_lossy(context, bytes, length))
		return false;
	/* What MySQL marked may hold the byte 00 like any other text. */
	is_bad = !pg_verify_mbstr(PG_UTF8, *bytes, (int) *length, true);
	if (is_bad && !clean_bytes(context, bytes, length))
		return false;
	if (is_lossy || is_bad)
		context->converted++;
	else if (context->policies->encoding == BAD_TEXT_LATIN1)
		decode_twice(context, bytes, length);
	return true;
}

/* varchar(n) counts characters. */
static bool
check_length(DecodeContext *context, const char *bytes, Size length)
{
	int limit = context->local_typmod - VARHDRSZ;

	if ((context->local_type != VARCHAROID && context->local_type != BPCHAROID) ||
		context->local_typmod < (int32) VARHDRSZ || length <= (Size) limit ||
		pg_mbstrlen_with_len(bytes, (int) length) <= limit)
		return true;
	return mm_decode_fail(context, ERRCODE_STRING_DATA_RIGHT_TRUNCATION,
						  "Give the column a longer type.",
						  mm_error_clip(bytes, length),
						  "value too long for type character varying(%d)",
						  limit);
}

bool
mm_decode_text(DecodeContext *context, const WireValue *value,
			   Datum *datum, bool *isnull)
{
	const char *bytes = value->bytes;
	Size length = value->len;

	if (!mm_text_clean(context, &bytes, &length) ||
		!check_length(context, bytes, length))
		return false;
	*datum = varlena_datum(bytes, length);
	return true;
}

/* ---------------------------------------------------------------- bytes */

/* Text in a bytea column, where the byte 00 and wrong UTF-8 have a place. */
bool
mm_decode_text_bytes(DecodeContext *context, const WireValue *value,
					 Datum *datum)
{
	const char *bytes = value->bytes;
	Size length = value->len;

	if (!check_size(context, length))
		return false;
	if (is_marked(context, bytes, length))
	{
		if (!take_lossy(context, &bytes, &length))
			return false;
		context->converted++;
	}
	*datum = varlena_datum(bytes, length);
	return true;
}

bool
mm_decode_bytes(DecodeContext *context, const WireValue *value,
				Datum *datum, bool *isnull)
{
	if (context->local_type == UUIDOID)
	{
		pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

		if (value->len != UUID_LEN)
			return mm_decode_fail(context, ERRCODE_INVALID_BINARY_REPRESENTATION,
								  "Use type bytea.", NULL,
								  "value of %zu bytes is no uuid", value->len);
		memcpy(uuid->data, value->bytes, UUID_LEN);
		*datum = UUIDPGetDatum(uuid);
		return true;
	}
	if (!check_size(context, value->len))
		return false;
	*datum = varlena_datum(value->bytes, value->len);
	return true;
}

/* ---------------------------------------------------------------- enum and set */

typedef struct EnumLabel
{
	char *text;
	Size length;
	Oid value;
} EnumLabel;

typedef struct EnumCache
{
	int nlabels;
	int max_labels;
	EnumLabel *labels;
} EnumCache;

static Oid
lookup_label(DecodeContext *context, const WireValue *value)
{
	EnumCache *cache = context->state;
	char *label;
	HeapTuple tuple;
	Oid oid;
	MemoryContext old;

	for (int i = 0; cache != NULL && i < cache->nlabels; i++)
	{
		if (cache->labels[i].length == value->len &&
			memcmp(cache->labels[i].text, value->bytes, value->len) == 0)
			return cache->labels[i].value;
	}
	if (value->len >= NAMEDATALEN)
		return InvalidOid;
	label = pnstrdup(value->bytes, value->len);
	tuple = SearchSysCache2(ENUMTYPOIDNAME,
							ObjectIdGetDatum(context->local_type),
							CStringGetDatum(label));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	oid = ((Form_pg_enum) GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);
	old = MemoryContextSwitchTo(context->state_context);
	if (cache == NULL)
	{
		cache = context->state = palloc0(sizeof(EnumCache));
		cache->max_labels = 16;
		cache->labels = palloc(cache->max_labels * sizeof(EnumLabel));
	}
	if (cache->nlabels == cache->max_labels)
	{
		cache->max_labels *= 2;
		cache->labels = repalloc(cache->labels,
								 cache->max_labels * sizeof(EnumLabel));
	}
	cache->labels[cache->nlabels].text = pnstrdup(value->bytes, value->len);
	cache->labels[cache->nlabels].length = value->len;
	cache->labels[cache->nlabels++].value = oid;
	MemoryContextSwitchTo(old);
	return oid;
}

bool
mm_decode_enum(DecodeContext *context, const WireValue *value,
			   Datum *datum, bool *isnull)
{
	Oid label;

	if (context->local_type == TEXTOID || context->local_type == VARCHAROID ||
		context->local_type == BPCHAROID)
		return mm_decode_text(context, value, datum, isnull);
	label = lookup_label(context, value);
	if (!OidIsValid(label))
		return mm_decode_fail(context, ERRCODE_INVALID_TEXT_REPRESENTATION,
							  "Add the label: ALTER TYPE ... ADD VALUE.",
							  mm_error_clip(value->bytes, value->len),
							  "value is no label of enum type %s",
							  format_type_be(context->local_type));
	*datum = ObjectIdGetDatum(label);
	return true;
}

bool
mm_decode_set(DecodeContext *context, const WireValue *value,
			  Datum *datum, bool *isnull)
{
	const char *bytes = value->bytes;
	Size length = value->len;
	Datum elements[64]; /* a set has at most 64 members */
	int count = 0;

	if (!type_is_array_domain(context->local_type))
		return mm_decode_text(context, value, datum, isnull);
	if (!mm_text_clean(context, &bytes, &length))
		return false;
	/*
	 * Members cannot hold commas (manual: "The SET Type"), but one may be
	 * empty: "a," are two.  That one alone is shown as no member at all.
	 */
	for (const char *from = length > 0 ? bytes : NULL, *end = bytes + length;
		 from != NULL;)
	{
		const char *comma = memchr(from, ',', end - from);
		const char *stop = comma ? comma : end;

		if (count == lengthof(elements))
			elog(ERROR, "a set with more than 64 members came from MySQL");
		elements[count++] = varlena_datum(from, stop - from);
		from = comma ? comma + 1 : NULL;
	}
	*datum = PointerGetDatum(count == 0 ? construct_empty_array(TEXTOID) :
										  construct_array(elements, count, TEXTOID, -1,
														  false, TYPALIGN_INT));
	/* varchar[], or an array of a local enum type. */
	if (context->local_type != TEXTARRAYOID)
		return mm_input_softly(context,
							   OidOutputFunctionCall(F_ARRAY_OUT, *datum),
							   datum);
	return true;
}

/* ---------------------------------------------------------------- geometry */

/*
 * MySQL's value is four bytes of SRID and then WKB (manual: "Internal Geometry
 * Storage Format").  In a bytea it is WKB, or PostGIS's EWKB where there is an
 * SRID, so that nothing is lost and ST_GeomFromEWKB reads either.
 */
static Datum
ewkb_datum(const WireValue *value)
{
	const char *wkb = value->bytes + 4;
	Size length = value->len - 4;
	uint32 type = mm_wire_uint32(wkb + 1) | EWKB_SRID;
	struct varlena *result;

	if (mm_wire_uint32(value->bytes) == 0)
		return varlena_datum(wkb, length);
	type = mm_le32(type);
	result = palloc(length + 4 + VARHDRSZ);
	SET_VARSIZE(result, length + 4 + VARHDRSZ);
	memcpy(VARDATA(result), wkb, 1);
	memcpy(VARDATA(result) + 1, &type, 4);
	memcpy(VARDATA(result) + 5, value->bytes, 4);
	memcpy(VARDATA(result) + 9, wkb + 5, length - 5);
	return PointerGetDatum(result);
}

static char *
hex_text(Datum bytes)
{
	struct varlena *from = (struct varlena *) DatumGetPointer(bytes);
	Size length = VARSIZE_ANY_EXHDR(from);
	char *text = palloc_extended(2 * length + 1, MCXT_ALLOC_HUGE);

	text[hex_encode(VARDATA_ANY(from), length, text)] = '\0';
	return text;
}

static bool
decode_point(DecodeContext *context, const WireValue *value, Datum *datum)
{
	Point *point = palloc(sizeof(Point));

	if (value->len != 4 + 21 || value->bytes[4] != 1 || value->bytes[5] != 1)
		return mm_decode_fail(context, ERRCODE_INVALID_BINARY_REPRESENTATION,
							  "Use type bytea.", NULL,
							  "geometry is not a point");
	if (mm_wire_uint32(value->bytes) != 0)
		return mm_decode_fail(context, ERRCODE_INVALID_BINARY_REPRESENTATION,
							  "Use type bytea.", NULL,
							  "type point cannot hold the SRID %u",
							  mm_wire_uint32(value->bytes));
	point->x = mm_wire_double(value->bytes + 9);
	point->y = mm_wire_double(value->bytes + 17);
	*datum = PointPGetDatum(point);
	return true;
}

bool
mm_decode_geometry(DecodeContext *context, const WireValue *value,
				   Datum *datum, bool *isnull)
{
	if (value->len < 4 + 5 || value->bytes[4] != 1)
		return mm_decode_fail(context, ERRCODE_INVALID_BINARY_REPRESENTATION,
							  "Reject the row (on_error => 'reject'), or give the column type bytea and read HEX() of it by mysql_query.",
							  NULL, "geometry of %zu bytes is not readable",
							  value->len);
	if (context->local_type == POINTOID)
		return decode_point(context, value, datum);
	if (!check_size(context, value->len))
		return false;
	*datum = ewkb_datum(value);
	if (context->local_type == BYTEAOID)
		return true;
	/* As PostGIS reads and writes it: hexadecimal.  It changes a SRID that is
	 * too large for it, with no more than a NOTICE. */
	if (mm_wire_uint32(value->bytes) > POSTGIS_MAX_SRID &&
		TypeCategory(context->local_type) != TYPCATEGORY_STRING)
		return mm_decode_fail(context, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
							  "Use type bytea, or reject the row (on_error => 'reject').",
							  NULL,
							  "PostGIS cannot hold the SRID %u",
							  mm_wire_uint32(value->bytes));
	return mm_input_softly(context, hex_text(*datum), datum);
}

static float
vector_element(const WireValue *value, int n)
{
	return mm_wire_float(value->bytes + 4 * n);
}

/* "[1.5,-2]": MySQL's own text of it, and that of pgvector. */
static char *
vector_text(const WireValue *value, int count)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < count; i++)
	{
		char number[FLOAT_SHORTEST_DECIMAL_LEN];

		float_to_shortest_decimal_buf(vector_element(value, i), number);
		appendStringInfo(&text, "%s%s", i > 0 ? "," : "[", number);
	}
	appendStringInfoString(&text, count > 0 ? "]" : "[]");
	return text.data;
}

/* VECTOR: four-byte floats, little endian. */
bool
mm_decode_vector(DecodeContext *context, const WireValue *value,
				 Datum *datum, bool *isnull)
{
	int count = (int) (value->len / 4);
	Datum *elements;

	if (value->len % 4 != 0)
		return mm_decode_fail(context, ERRCODE_INVALID_BINARY_REPRESENTATION,
							  "Use type bytea.", NULL,
							  "value of %zu bytes is no vector", value->len);
	if (context->local_type != FLOAT4ARRAYOID)
		return mm_input_softly(context, vector_text(value, count), datum);
	elements = palloc(Max(count, 1) * sizeof(Datum));
	for (int i = 0; i < count; i++)
		elements[i] = Float4GetDatum(vector_element(value, i));
	*datum = PointerGetDatum(construct_array(elements, count, FLOAT4OID, 4,
											 true, TYPALIGN_INT));
	return true;
}
