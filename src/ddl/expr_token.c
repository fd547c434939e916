/*
 * src/ddl/expr_token.c
 *		MySQL's SQL text cut into tokens.
 *
 * Reads the text that the servers keep in information_schema (normalized, in
 * backticks, functions in lower case) and the text as users wrote it (trigger
 * bodies).  MySQL 8 shows generation expressions and CHECK clauses escaped
 * once more (_utf8mb4\'abc\'); a backslash where a token should begin can
 * mean nothing else, and the text is then unescaped once and read again.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "ddl/expr.h"

typedef struct Scanner
{
	const char *text;
	const char *at;
	ExprToken *tokens;
	int count;
	int space;
	const char *error;
	bool is_escaped; /* met \' outside of a string */
} Scanner;

/* Longest first: the first that matches is taken. */
static const char *const operators[] = {
	"<=>",
	"->>",
	"<<",
	">>",
	"<=",
	">=",
	"<>",
	"!=",
	"||",
	"&&",
	":=",
	"->",
	"<",
	">",
	"=",
	"+",
	"-",
	"*",
	"/",
	"%",
	"(",
	")",
	",",
	".",
	";",
	"!",
	"&",
	"|",
	"^",
	"~",
	"?",
	":",
	"{",
	"}",
	NULL,
};

/* A character that may stand in a name without quotes. */
static bool
is_name_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		   (c >= '0' && c <= '9') || c == '_' || c == '$' || c >= 0x80;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void
scan_fail(Scanner *scanner, const char *why)
{
	if (scanner->error == NULL)
		scanner->error = psprintf("%s at character %d", why,
								  (int) (scanner->at - scanner->text) + 1);
}

static ExprToken *
add_token(Scanner *scanner, ExprTokenKind kind, char *text)
{
	ExprToken *token;

	if (scanner->count == scanner->space)
	{
		scanner->space *= 2;
		scanner->tokens = repalloc(scanner->tokens,
								   scanner->space * sizeof(ExprToken));
	}
	token = &scanner->tokens[scanner->count++];
	memset(token, 0, sizeof(ExprToken));
	token->kind = kind;
	token->text = text;
	token->offset = scanner->at - scanner->text;
	return token;
}

/* One backslash escape of a string; `at` stands on the character after it. */
static void
append_escape(StringInfo out, char c, bool *has_nul)
{
	switch (c)
	{
		case '0':
			*has_nul = true;
			appendStringInfoChar(out, '\0');
			break;
		case 'b':
			appendStringInfoChar(out, '\b');
			break;
		case 'n':
			appendStringInfoChar(out, '\n');
			break;
		case 'r':
			appendStringInfoChar(out, '\r');
			break;
		case 't':
			appendStringInfoChar(out, '\t');
			break;
		case 'Z':
			appendStringInfoChar(out, '\032');
			break;
		case '%':
		case '_':
			/* kept with the backslash: only LIKE gives them a meaning */
			appendStringInfoChar(out, '\\');
			appendStringInfoChar(out, c);
			break;
		default:
			appendStringInfoChar(out, c);
			break;
	}
}

/* The bytes of a text as hex digits. */
static char *
hex_digits(const char *bytes, int len)
{
	static const char digits[] = "0123456789abcdef";
	char *out = palloc(len * 2 + 1);

	for (int i = 0; i < len; i++)
	{
		out[2 * i] = digits[(unsigned char) bytes[i] >> 4];
		out[2 * i + 1] = digits[(unsigned char) bytes[i] & 0x0f];
	}
	out[2 * len] = '\0';
	return out;
}

/*
 * The text between two quote characters; `at` stands on the first.  A text
 * with a byte 00 is of use as *hex alone.
 */
static char *
scan_quoted(Scanner *scanner, char quote, char **hex)
{
	StringInfoData out;
	bool has_nul = false;

	*hex = NULL;
	initStringInfo(&out);
	scanner->at++;
	for (;;)
	{
		char c = *scanner->at;

		if (c == '\0')
		{
			scan_fail(scanner, "quote without an end");
			return out.data;
		}
		scanner->at++;
		if (c == quote)
		{
			if (*scanner->at != quote)
			{
				if (has_nul)
					*hex = hex_digits(out.data, out.len);
				return out.data;
			}
			scanner->at++;
			appendStringInfoChar(&out, quote);
		}
		else if (c == '\\' && quote != '`' && *scanner->at != '\0')
			append_escape(&out, *scanner->at++, &has_nul);
		else
			appendStringInfoChar(&out, c);
	}
}

/* A string; neighbours are one string: 'a' 'b'. */
static void
scan_string(Scanner *scanner, const char *charset)
{
	char *hex;
	char *text = scan_quoted(scanner, *scanner->at, &hex);
	ExprToken *last = scanner->count > 0 ?
						  &scanner->tokens[scanner->count - 1] :
						  NULL;
	ExprToken *token;

	if (charset == NULL && last != NULL && last->kind == TOKEN_STRING)
	{
		if (hex != NULL || last->hex != NULL)
			scan_fail(scanner, "string with the byte 00 in parts");
		last->text = psprintf("%s%s", last->text, text);
		return;
	}
	token = add_token(scanner, TOKEN_STRING, text);
	token->charset = charset;
	token->hex = hex;
}

/* x'0f', X'0f', b'01': the digits between the quotes. */
static void
scan_digits(Scanner *scanner, ExprTokenKind kind)
{
	char *hex;
	char *digits;

	scanner->at++;
	digits = scan_quoted(scanner, '\'', &hex);
	for (char *c = digits; *c != '\0'; c++)
	{
		if (kind == TOKEN_HEX ? !is_hex_digit(*c) : (*c != '0' && *c != '1'))
		{
			scan_fail(scanner, "bad digit in a literal");
			return;
		}
	}
	if (kind == TOKEN_HEX && strlen(digits) % 2 == 1)
		digits = psprintf("0%s", digits);
	add_token(scanner, kind, digits);
}

/* 0x0f and 0b01.  Returns false when it is something else. */
static bool
scan_prefixed_digits(Scanner *scanner)
{
	const char *end = scanner->at + 2;
	bool is_hex = scanner->at[1] == 'x';
	char *digits;

	if (scanner->at[0] != '0' || (!is_hex && scanner->at[1] != 'b'))
		return false;
	while (is_hex ? is_hex_digit(*end) : (*end == '0' || *end == '1'))
		end++;
	if (end == scanner->at + 2 || is_name_char(*end))
		return false;
	digits = pnstrdup(scanner->at + 2, end - scanner->at - 2);
	if (is_hex && strlen(digits) % 2 == 1)
		digits = psprintf("0%s", digits);
	scanner->at = end;
	add_token(scanner, is_hex ? TOKEN_HEX : TOKEN_BITS, digits);
	return true;
}

/* 12, 1.5, .5, 1e-3 */
static void
scan_number(Scanner *scanner)
{
	const char *start = scanner->at;
	const char *at = start;

	while (is_digit(*at))
		at++;
	if (*at == '.')
	{
		at++;
		while (is_digit(*at))
			at++;
	}
	if (*at == 'e' || *at == 'E')
	{
		const char *exponent = at + 1;

		if (*exponent == '+' || *exponent == '-')
			exponent++;
		if (is_digit(*exponent))
		{
			while (is_digit(*exponent))
				exponent++;
			at = exponent;
		}
	}
	scanner->at = at;
	add_token(scanner, TOKEN_NUMBER, pnstrdup(start, at - start));
}

/* A bare name; with a quote right after it, an introducer or N'..'. */
static void
scan_word(Scanner *scanner)
{
	const char *start = scanner->at;
	const char *end = start;
	char *word;

	while (is_name_char(*end))
		end++;
	word = pnstrdup(start, end - start);
	scanner->at = end;

	if (word[0] == '_' && word[1] != '\0')
	{
		const char *next = end;

		while (*next == ' ')
			next++;
		if (*next == '\'' || (*next == '\\' && next[1] == '\''))
		{
			scanner->at = next;
			if (*next == '\'')
				scan_string(scanner, pstrdup(word + 1));
			else
				scanner->is_escaped = true;
			return;
		}
		if (*next == '0' || *next == 'x' || *next == 'X')
		{
			/* _latin1 0x..: bytes in a charset we do not convert from */
			if (next[1] == 'x' || next[1] == '\'')
			{
				if (strcmp(word, "_binary") == 0)
				{
					scanner->at = next;
					return;
				}
				scan_fail(scanner, "bytes with a charset introducer");
				return;
			}
		}
	}
	if ((word[0] == 'N' || word[0] == 'n') && word[1] == '\0' && *end == '\'')
	{
		scan_string(scanner, "utf8mb3");
		return;
	}
	add_token(scanner, TOKEN_WORD, word);
}

/* Blanks and comments.  Returns false at the end of the text. */
static bool
skip_blanks(Scanner *scanner)
{
	for (;;)
	{
		const char *at = scanner->at;

		if (*at == '\0')
			return false;
		if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r' ||
			*at == '\f' || *at == '\v')
			scanner->at++;
		else if (at[0] == '/' && at[1] == '*')
		{
			const char *end = strstr(at + 2, "*/");

			/* those with ! or M! are code for some versions only */
			if (end == NULL || at[2] == '!' || (at[2] == 'M' && at[3] == '!'))
			{
				scan_fail(scanner, "version comment");
				return false;
			}
			scanner->at = end + 2;
		}
		else if (at[0] == '#' ||
				 (at[0] == '-' && at[1] == '-' &&
				  (at[2] == ' ' || at[2] == '\t' || at[2] == '\n' ||
				   at[2] == '\r' || at[2] == '\0')))
		{
			while (*scanner->at != '\0' && *scanner->at != '\n')
				scanner->at++;
		}
		else
			return true;
	}
}

static void
scan_operator(Scanner *scanner)
{
	for (int i = 0; operators[i] != NULL; i++)
	{
		Size len = strlen(operators[i]);

		if (strncmp(scanner->at, operators[i], len) == 0)
		{
			add_token(scanner, TOKEN_OPERATOR, pstrdup(operators[i]));
			scanner->at += len;
			return;
		}
	}
	scan_fail(scanner, "character that begins no token");
}

/* @name, @@name, @`name` */
static void
scan_variable(Scanner *scanner)
{
	const char *start = scanner->at;

	while (*scanner->at == '@' || *scanner->at == '.' ||
		   is_name_char(*scanner->at))
		scanner->at++;
	add_token(scanner, TOKEN_VARIABLE,
			  pnstrdup(start, scanner->at - start));
}

static void
scan_token(Scanner *scanner)
{
	const char *at = scanner->at;
	char *hex;

	if (*at == '\'' || *at == '"')
		scan_string(scanner, NULL);
	else if (*at == '`')
	{
		char *name = scan_quoted(scanner, '`', &hex);

		add_token(scanner, TOKEN_QUOTED_NAME, name);
	}
	else if (*at == '\\' && (at[1] == '\'' || at[1] == '"'))
		scanner->is_escaped = true;
	else if ((*at == 'x' || *at == 'X') && at[1] == '\'')
		scan_digits(scanner, TOKEN_HEX);
	else if ((*at == 'b' || *at == 'B') && at[1] == '\'')
		scan_digits(scanner, TOKEN_BITS);
	else if (scan_prefixed_digits(scanner))
		return;
	else if (is_digit(*at) || (*at == '.' && is_digit(at[1])))
		scan_number(scanner);
	else if (is_name_char(*at))
		scan_word(scanner);
	else if (*at == '@')
		scan_variable(scanner);
	else
		scan_operator(scanner);
}

/* The text with one level of backslash escapes resolved. */
static char *
unescape_once(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *at = text; *at != '\0'; at++)
	{
		if (*at == '\\' && (at[1] == '\'' || at[1] == '"' || at[1] == '\\'))
			at++;
		else if (*at == '\\' && at[1] == 'n')
		{
			appendStringInfoChar(&out, '\n');
			at++;
			continue;
		}
		appendStringInfoChar(&out, *at);
	}
	return out.data;
}

ExprToken *
mm_expr_tokens(const char *text, int *count, const char **error)
{
	Scanner scanner = {.text = text, .at = text, .space = 64};

	scanner.tokens = palloc(scanner.space * sizeof(ExprToken));
	while (scanner.error == NULL && !scanner.is_escaped &&
		   skip_blanks(&scanner))
		scan_token(&scanner);

	if (scanner.is_escaped)
		return mm_expr_tokens(unescape_once(text), count, error);

	*error = scanner.error;
	if (scanner.error != NULL)
		return NULL;
	add_token(&scanner, TOKEN_END, pstrdup(""));
	*count = scanner.count;
	return scanner.tokens;
}
