/*
 * src/base/integer.h
 *		Integers as both servers have them: MySQL's go from -2^63 to 2^64 - 1.
 */
#ifndef MM_BASE_INTEGER_H
#define MM_BASE_INTEGER_H

/* Of a decimal text, and as one (palloc'd). */
extern int128 mm_integer_of(const char *text);
extern char *mm_integer_text(int128 number);

/*
 * The range that a number lies in, of `count` ranges whose highest numbers are
 * given in ascending order, the last one being the highest there is.  `guess`
 * is the range that is looked at first.
 */
static inline int
mm_integer_range(const int64 *ends, int count, int64 number, int guess)
{
	int low = 0;
	int high = count - 1;

	if (number <= ends[guess] && (guess == 0 || number > ends[guess - 1]))
		return guess;
	while (low < high)
	{
		int middle = (low + high) / 2;

		if (number <= ends[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

#endif /* MM_BASE_INTEGER_H */
