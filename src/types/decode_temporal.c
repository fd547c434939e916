/*
 * src/types/decode_temporal.c
 *		Dates and times into Datums; zero dates and partial dates by policy.
 *
 * The binary protocol carries them unpacked: year (2 bytes), month, day, hour,
 * minute, second, microsecond (4); trailing zero parts may be missing, so a
 * zero date has no bytes at all.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "types/decode.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

typedef struct Moment
{
	int year;
	int month;
	int day;
	int64 time; /* microseconds of the day */
} Moment;

static void
unpack(const WireValue *value, Moment *moment)
{
	const unsigned char *bytes = (const unsigned char *) value->bytes;

	memset(moment, 0, sizeof(*moment));
	if (value->len >= 4)
	{
		moment->year = bytes[0] | bytes[1] << 8;
		moment->month = bytes[2];
		moment->day = bytes[3];
	}
	if (value->len >= 7)
		moment->time = ((bytes[4] * INT64CONST(60) + bytes[5]) * 60 +
						bytes[6]) *
					   USECS_PER_SEC;
	if (value->len >= 11)
		moment->time += mm_wire_uint32(value->bytes + 7);
}

static bool
is_real_date(const Moment *moment)
{
	return moment->year >= 1 && moment->month >= 1 && moment->month <= 12 &&
		   moment->day >= 1 &&
		   moment->day <= day_tab[isleap(moment->year)][moment->month - 1];
}

/* Has the time more digits than the local type keeps?  It would be rounded. */
static bool
check_fraction(DecodeContext *context, const WireValue *value, int64 time)
{
	static const int64 units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	int32 typmod = context->local_typmod;

	if (typmod < 0 || typmod > 6 || time % units[typmod] == 0)
		return true;
	return mm_decode_fail(context, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
						  "Give the column a type with more digits.",
						  mm_wire_text(context->field, value),
						  "value does not fit type %s",
						  format_type_with_typemod(context->local_type, typmod));
}

/* Any other type (text, a domain) takes the text that MySQL would show. */
static bool
moment_text(DecodeContext *context, const Moment *moment, Datum *datum)
{
	StringInfoData text;
	int seconds = (int) (moment->time / USECS_PER_SEC);

	initStringInfo(&text);
	appendStringInfo(&text, "%04d-%02d-%02d", moment->year, moment->month,
					 moment->day);
	if (context->field->type != WIRE_DATE)
		appendStringInfo(&text, " %02d:%02d:%02d", seconds / 3600,
						 seconds / 60 % 60, seconds % 60);
	if (moment->time % USECS_PER_SEC != 0)
		appendStringInfo(&text, ".%06d", (int) (moment->time % USECS_PER_SEC));
	/* All moments are read as UTC, whatever the session's zone. */
	if (getBaseType(context->local_type) == TIMESTAMPTZOID)
		appendStringInfoString(&text, "+00");
	return mm_input_whole(context, text.data, datum);
}

static bool
moment_datum(DecodeContext *context, const WireValue *value,
			 const Moment *moment, Datum *datum)
{
	int days = date2j(moment->year, moment->month, moment->day) -
			   POSTGRES_EPOCH_JDATE;

	switch (context->local_type)
	{
		case DATEOID:
			if (moment->time != 0)
				return mm_decode_fail(context, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
									  "Use type timestamp.",
									  mm_wire_text(context->field, value),
									  "time of day does not fit type date");
			*datum = DateADTGetDatum(days);
			return true;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			if (!check_fraction(context, value, moment->time))
				return false;
			*datum = TimestampGetDatum(days * USECS_PER_DAY + moment->time);
			return true;
		default:
			return moment_text(context, moment, datum);
	}
}

static bool
zero_date(DecodeContext *context, const WireValue *value, Datum *datum,
		  bool *isnull)
{
	switch (context->policies->zero_date)
	{
		case ZERO_DATE_NULL:
			context->converted++;
			*isnull = true;
			return true;
		case ZERO_DATE_INFINITY:
			if (!mm_input_softly(context, pstrdup("-infinity"), datum))
				return false;
			context->converted++;
			return true;
		case ZERO_DATE_ERROR:
			break;
	}
	return mm_decode_fail(context, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
						  "Set the option \"zero_date\" to \"null\" or \"-infinity\".",
						  mm_wire_text(context->field, value),
						  "zero date cannot be represented");
}

static bool
partial_date(DecodeContext *context, const WireValue *value,
			 const Moment *moment, Datum *datum, bool *isnull)
{
	Moment first = *moment;

	switch (context->policies->partial_date)
	{
		case PARTIAL_DATE_NULL:
			context->converted++;
			*isnull = true;
			return true;
		case PARTIAL_DATE_FIRST:
			first.month = Max(first.month, 1);
			first.day = Max(first.day, 1);
			if (!is_real_date(&first))
				break;
			if (!moment_datum(context, value, &first, datum))
				return false;
			context->converted++;
			return true;
		case PARTIAL_DATE_ERROR:
			break;
	}
	return mm_decode_fail(context, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
						  "Set the option \"partial_date\" to \"null\" or \"first\".",
						  mm_wire_text(context->field, value),
						  "incomplete or impossible date cannot be represented");
}

/*
 * DATE, DATETIME and TIMESTAMP into date, timestamp and timestamptz (UTC), or
 * as text into any other type; the policies hold for all.
 */
bool
mm_decode_temporal(DecodeContext *context, const WireValue *value,
				   Datum *datum, bool *isnull)
{
	Moment moment;

	unpack(value, &moment);
	if (moment.year == 0 && moment.month == 0 && moment.day == 0)
		return zero_date(context, value, datum, isnull);
	if (!is_real_date(&moment))
		return partial_date(context, value, &moment, datum, isnull);
	return moment_datum(context, value, &moment, datum);
}

/* interval(0), interval hour: they would be rounded, or cut. */
static bool
check_interval(DecodeContext *context, const WireValue *value, Datum interval)
{
	Datum kept;

	if (!mm_input_softly(context, mm_wire_text(context->field, value), &kept))
		return false;
	if (DatumGetBool(DirectFunctionCall2(interval_eq, interval, kept)))
		return true;
	return mm_decode_fail(context, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
						  "Give the column a type with more digits.",
						  mm_wire_text(context->field, value),
						  "value does not fit type %s",
						  format_type_with_typemod(INTERVALOID,
												   context->local_typmod));
}

/* TIME: sign, days (4), hour, minute, second, microsecond (4); or nothing. */
bool
mm_decode_time(DecodeContext *context, const WireValue *value,
			   Datum *datum, bool *isnull)
{
	const unsigned char *bytes = (const unsigned char *) value->bytes;
	int64 time = 0;

	if (value->len >= 8)
		time = (((mm_wire_uint32(value->bytes + 1) * INT64CONST(24) + bytes[5]) * 60 +
				 bytes[6]) *
					60 +
				bytes[7]) *
			   USECS_PER_SEC;
	if (value->len >= 12)
		time += mm_wire_uint32(value->bytes + 8);
	if (value->len >= 8 && bytes[0] != 0)
		time = -time;
	if (context->local_type == INTERVALOID)
	{
		Interval *interval = palloc0(sizeof(Interval));

		/* 30 hours are 30 hours, not a day and six. */
		interval->time = time;
		*datum = IntervalPGetDatum(interval);
		return context->local_typmod < 0 ||
			   check_interval(context, value, *datum);
	}
	if (time < 0 || time >= USECS_PER_DAY)
		return mm_decode_fail(context, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
							  "Use type interval; earlier data made the column a time: see mysql_migrate.decision.",
							  mm_wire_text(context->field, value),
							  "value is not a time of day");
	if (!check_fraction(context, value, time))
		return false;
	*datum = TimeADTGetDatum(time);
	return true;
}
