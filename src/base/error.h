/*
 * src/base/error.h
 *		MySQL errors into PostgreSQL's; the one relay of remote errors.
 */
#ifndef MM_BASE_ERROR_H
#define MM_BASE_ERROR_H

/* What a MySQL server or its client library said went wrong. */
typedef struct RemoteError
{
	unsigned int number; /* MySQL error number; >= 2000 and < 3000:
								 * client library */
	char sqlstate[6];
	char message[1024]; /* clipped on a character border */
} RemoteError;

/* True for errors after which the connection is of no use (2006, 2013, ...). */
extern bool mm_error_is_connection_loss(const RemoteError *error);

/*
 * True for errors that a second try may not meet: lost connections, "too many
 * connections", lock wait timeouts, deadlocks, a server shutting down.
 */
extern bool mm_error_is_transient(const RemoteError *error);

/*
 * Raise it: primary "remote statement failed" or "lost the connection to the
 * MySQL server", detail the server's number and message, context the
 * statement (clipped), SQLSTATE the server's where PostgreSQL knows it, else
 * FDW_ERROR; CONNECTION_FAILURE for a lost connection.
 */
extern void mm_error_raise(int elevel, const RemoteError *error,
						   const char *sql);

/* At most 100 bytes of text for an error detail, cut on a character border. */
extern char *mm_error_clip(const char *text, Size len);

/* Message and detail (NULL or "": none) of any error as one text. */
extern const char *mm_error_text(const char *message, const char *detail);

#endif /* MM_BASE_ERROR_H */
