/*
 * src/wire/packet.c
 *		The packets of a result set, taken apart.
 *
 * The client library delivers them; what is in them is read here, where every
 * length is checked against the packet.  (The library's own fetch trusts the
 * server's lengths, points at a length prefix instead of the value for columns
 * that are not bound, and costs as much time as decoding the values.)
 *
 * The values point into the packet; only what comes as text and is no string is
 * brought into its binary form.
 */
#include "postgres.h"

#include "wire/mysql_client.h"

/* How a column's value lies in a binary row; >= 0: that many bytes. */
#define WIDTH_STRING   (-1)
#define WIDTH_DATETIME (-2)
#define WIDTH_TIME	   (-3)

static inline unsigned int
get_uint16(const unsigned char *p)
{
	return p[0] | ((unsigned int) p[1] << 8);
}

/*
 * read_length
 *		A length-encoded integer; false when it does not fit the packet.
 */
static inline bool
read_length(const unsigned char **p, const unsigned char *end, uint64 *length)
{
	const unsigned char *at = *p;
	int bytes;

	if (at >= end)
		return false;
	if (*at < 251)
	{
		*length = *at;
		*p = at + 1;
		return true;
	}
	switch (*at)
	{
		case 252:
			bytes = 2;
			break;
		case 253:
			bytes = 3;
			break;
		case 254:
			bytes = 8;
			break;
		default:
			return false;
	}
	if (end - at < bytes + 1)
		return false;
	*length = 0;
	for (int i = bytes; i >= 1; i--)
		*length = (*length << 8) | at[i];
	*p = at + bytes + 1;
	return true;
}

static int8
width_of(WireType type)
{
	switch (type)
	{
		case WIRE_NULL:
			return 0;
		case WIRE_TINY:
			return 1;
		case WIRE_SHORT:
		case WIRE_YEAR:
			return 2;
		case WIRE_LONG:
		case WIRE_INT24:
		case WIRE_FLOAT:
			return 4;
		case WIRE_LONGLONG:
		case WIRE_DOUBLE:
			return 8;
		case WIRE_DATE:
		case WIRE_DATETIME:
		case WIRE_TIMESTAMP:
			return WIDTH_DATETIME;
		case WIRE_TIME:
			return WIDTH_TIME;
		default:
			return WIDTH_STRING;
	}
}

static inline bool
length_is_possible(int8 width, uint64 length)
{
	if (width == WIDTH_DATETIME)
		return length == 0 || length == 4 || length == 7 || length == 11;
	if (width == WIDTH_TIME)
		return length == 0 || length == 8 || length == 12;
	return true;
}

/*
 * read_binary_row
 *		Point the values into the packet; false when it is not a row.
 */
static bool
read_binary_row(const RowFormat *format, const unsigned char *p, Size len,
				WireRow *row)
{
	const unsigned char *end = p + len;
	const unsigned char *nulls = p + 1;
	int null_bytes = (format->nfields + 9) / 8;

	if (len < 1 + null_bytes || p[0] != 0)
		return false;
	p = nulls + null_bytes;

	for (int i = 0; i < format->nfields; i++)
	{
		WireValue *value = &row->values[i];
		int8 width = format->widths[i];

		/* The first two bits of the map are not used. */
		if (nulls[(i + 2) / 8] & (1 << ((i + 2) % 8)))
		{
			value->bytes = NULL;
			value->len = 0;
			value->is_null = true;
			continue;
		}
		if (width >= 0)
			value->len = (uint8) width;
		else
		{
			uint64 length;

			if (!read_length(&p, end, &length) ||
				!length_is_possible(width, length))
				return false;
			value->len = length;
		}
		if (value->len > end - p)
			return false;
		value->bytes = (const char *) p;
		value->is_null = false;
		p += value->len;
	}
	return p == end;
}

/*
 * read_text_row
 *		The same for a row of the text protocol.
 */
static bool
read_text_row(const RowFormat *format, const unsigned char *p, Size len,
			  WireRow *row)
{
	const unsigned char *end = p + len;

	for (int i = 0; i < format->nfields; i++)
	{
		WireValue *value = &row->values[i];
		uint64 length;

		if (p < end && *p == 251)
		{
			value->bytes = NULL;
			value->len = 0;
			value->is_null = true;
			p++;
			continue;
		}
		if (!read_length(&p, end, &length) || length > end - p ||
			!mm_text_value_read(&format->fields[i], (const char *) p, length,
								format->scratch + i * TEXT_VALUE_BYTES, value))
			return false;
		p += length;
	}
	return p == end;
}

/*
 * mm_packet_format
 *		What the rows will look like.  `fields` must live as long.
 */
void
mm_packet_format(RowFormat *format, bool is_text, const WireField *fields,
				 int nfields)
{
	format->is_text = is_text;
	format->nfields = nfields;
	format->fields = fields;
	if (is_text)
		format->scratch = palloc0(TEXT_VALUE_BYTES * Max(nfields, 1));
	else
	{
		format->widths = palloc0(Max(nfields, 1));
		for (int i = 0; i < nfields; i++)
			format->widths[i] = width_of(fields[i].type);
	}
}

/*
 * mm_packet_read_row
 *		Point the values into the packet; false when it is not a row.
 */
bool
mm_packet_read_row(const RowFormat *format, const unsigned char *packet,
				   Size len, WireRow *row)
{
	return format->is_text ? read_text_row(format, packet, len, row) :
							 read_binary_row(format, packet, len, row);
}

/*
 * mm_packet_is_eof
 *		Does the packet stand where a row would, and is none?
 *
 * A row of the text protocol may begin with the same byte, but is not so
 * short.
 */
bool
mm_packet_is_eof(const unsigned char *packet, Size len)
{
	return len > 0 && packet[0] == 0xfe && len < 9;
}

/*
 * mm_packet_read_eof
 *		Marker, warnings, status; false when it is not an EOF packet.
 */
bool
mm_packet_read_eof(const unsigned char *packet, Size len,
				   unsigned int *server_status)
{
	if (len != 5)
		return false;
	*server_status = get_uint16(packet + 3);
	return true;
}

/*
 * mm_packet_read_ok
 *		Marker, affected rows, insert id, status, warnings; false when it is
 *		not an OK packet.
 */
bool
mm_packet_read_ok(const unsigned char *packet, Size len,
				  unsigned int *server_status)
{
	const unsigned char *end = packet + len;
	uint64 ignored;

	packet++;
	if (!read_length(&packet, end, &ignored) ||
		!read_length(&packet, end, &ignored) || end - packet < 4)
		return false;
	*server_status = get_uint16(packet);
	return true;
}
