/*
 * src/types/canonical_temporal.c
 *		The local halves of the checksum texts: dates and times.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "types/canonical_text.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* The longest text of a date and a time of day. */
#define MOMENT_SIZE 64

static inline char *
put_two_digits(char *text, uint32 number)
{
	static const char digits[] =
		"00010203040506070809101112131415161718192021222324"
		"25262728293031323334353637383940414243444546474849"
		"50515253545556575859606162636465666768697071727374"
		"75767778798081828384858687888990919293949596979899";

	memcpy(text, digits + 2 * number, 2);
	return text + 2;
}

/* The column's number of digits, or all of them where more are not zeros. */
static char *
put_fraction(char *text, int micros, const ColumnType *column)
{
	int length = 6;

	if (micros == 0 && column->fraction == 0)
		return text;
	*text++ = '.';
	put_two_digits(text, micros / 10000);
	put_two_digits(text + 2, micros / 100 % 100);
	put_two_digits(text + 4, micros % 100);
	while (length > column->fraction && length > 0 && text[length - 1] == '0')
		length--;
	return length > 0 ? text + length : text - 1;
}

static char *
put_clock(char *text, int64 time, const ColumnType *column)
{
	uint32 seconds = (uint32) (time / USECS_PER_SEC);
	uint32 hours = seconds / 3600;
	uint32 rest = seconds % 3600;

	if (hours > 99)
		text += sprintf(text, "%u", hours / 100);
	text = put_two_digits(text, hours % 100);
	*text++ = ':';
	text = put_two_digits(text, rest / 60);
	*text++ = ':';
	text = put_two_digits(text, rest % 60);
	return put_fraction(text, (int) (time % USECS_PER_SEC), column);
}

/*
 * A year that has four digits, as all of MySQL's do; others are longer, and
 * begin with what no number of MySQL's ends with.
 */
#define DATE_SIZE 10

static char *
put_new_date(char *text, int days)
{
	int year;
	int month;
	int day;

	j2date(days + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (year < 0 || year > 9999)
		return text + sprintf(text, "%s%04d-%02d-%02d", year < 0 ? "" : "+",
							  year, month, day);
	text = put_two_digits(text, year / 100);
	text = put_two_digits(text, year % 100);
	*text++ = '-';
	text = put_two_digits(text, month);
	*text++ = '-';
	return put_two_digits(text, day);
}

/*
 * Most dates of a table lie within some years: their texts are kept, since
 * finding year, month and day takes as long as the CRC-32 of a row (measured).
 */
static char *
put_date(char *text, int days)
{
	static struct
	{
		bool is_there;
		char text[DATE_SIZE];
		int days;
	} dates[8192];
	int n = days & (lengthof(dates) - 1);
	char *end;

	if (dates[n].is_there && dates[n].days == days)
	{
		memcpy(text, dates[n].text, DATE_SIZE);
		return text + DATE_SIZE;
	}
	end = put_new_date(text, days);
	if (end - text == DATE_SIZE)
	{
		memcpy(dates[n].text, text, DATE_SIZE);
		dates[n].days = days;
		dates[n].is_there = true;
	}
	return end;
}

static void
append_infinity(StringInfo out, bool is_begin)
{
	appendStringInfoString(out, is_begin ? "-infinity" : "infinity");
}

/* Days since 2000; a time before 0 is of the day before. */
static void
append_moment(StringInfo out, int days, int64 time, const ColumnType *column)
{
	char *text = mm_text_reserve(out, MOMENT_SIZE);

	if (time < 0)
	{
		time += USECS_PER_DAY;
		days--;
	}
	text = put_date(text, days);
	if (time != 0 || strcmp(column->data_type, "date") != 0)
	{
		*text++ = ' ';
		text = put_clock(text, time, column);
	}
	mm_text_end(out, text);
}

void
mm_canonical_temporal(StringInfo out, Datum value, Oid type,
					  const ColumnType *column)
{
	if (type == DATEOID)
	{
		DateADT date = DatumGetDateADT(value);

		if (DATE_NOT_FINITE(date))
			append_infinity(out, DATE_IS_NOBEGIN(date));
		else
			append_moment(out, date, 0, column);
	}
	else if (type == TIMESTAMPOID || type == TIMESTAMPTZOID)
	{
		Timestamp moment = DatumGetTimestamp(value);

		if (TIMESTAMP_NOT_FINITE(moment))
			append_infinity(out, TIMESTAMP_IS_NOBEGIN(moment));
		else
			append_moment(out, (int) (moment / USECS_PER_DAY),
						  moment % USECS_PER_DAY, column);
	}
	else
		mm_canonical_value(out, value, type, column);
}

/* Days beyond which no time of MySQL's reaches: it ends after 35. */
#define FAR_DAYS 1000

/* The time of an interval, or false: it is not one that MySQL could have. */
static bool
interval_time(const Interval *interval, int64 *time)
{
	int64 days = interval->day + interval->month * INT64CONST(30);

	if (days < -FAR_DAYS || days > FAR_DAYS ||
		interval->time < -FAR_DAYS * USECS_PER_DAY ||
		interval->time > FAR_DAYS * USECS_PER_DAY)
		return false;
	*time = interval->time + days * USECS_PER_DAY;
	return true;
}

void
mm_canonical_time(StringInfo out, Datum value, Oid type,
				  const ColumnType *column)
{
	char *text = mm_text_reserve(out, MOMENT_SIZE);
	int64 time;

	if (type == TIMEOID)
		time = DatumGetTimeADT(value);
	else if (type != INTERVALOID ||
			 !interval_time(DatumGetIntervalP(value), &time))
	{
		mm_canonical_value(out, value, type, column);
		return;
	}
	if (time < 0)
	{
		*text++ = '-';
		time = -time;
	}
	mm_text_end(out, put_clock(text, time, column));
}
