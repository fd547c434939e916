/*
 * src/job/message.c
 *		Messages from leader to caller, as bytes.
 */
#include "postgres.h"

#include "base/compat.h"
#include "job/message.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"

/* A string that may be NULL: a flag byte, then the text. */
static void
put_string(StringInfo out, const char *text)
{
	pq_sendbyte(out, text != NULL);
	if (text != NULL)
		appendBinaryStringInfo(out, text, strlen(text) + 1);
}

static const char *
get_string(StringInfo in)
{
	if (pq_getmsgbyte(in) == 0)
		return NULL;
	return pstrdup(pq_getmsgrawstring(in));
}

/*
 * mm_message_send
 *		Put a message into the queue; false when the caller has left.
 *
 * Waits for room while the caller is there: it reads all the time.
 */
bool
mm_message_send(shm_mq_handle *queue, const JobMessage *message)
{
	StringInfoData out;
	shm_mq_result result;

	if (queue == NULL)
		return false;
	initStringInfo(&out);
	pq_sendbyte(&out, message->kind);
	pq_sendint64(&out, message->job_id);
	pq_sendint32(&out, message->elevel);
	pq_sendint32(&out, message->sqlerrcode);
	put_string(&out, message->message);
	put_string(&out, message->detail);
	put_string(&out, message->hint);
	put_string(&out, message->context);
	pq_sendint32(&out, message->nvalues);
	for (int i = 0; i < message->nvalues; i++)
		put_string(&out, message->values[i]);
	result = mm_shm_mq_send(queue, out.len, out.data);
	pfree(out.data);
	return result == SHM_MQ_SUCCESS;
}

void
mm_message_read(const char *data, Size length, JobMessage *message)
{
	StringInfoData in;

	initStringInfo(&in);
	appendBinaryStringInfo(&in, data, length);
	memset(message, 0, sizeof(*message));
	message->kind = pq_getmsgbyte(&in);
	message->job_id = pq_getmsgint64(&in);
	message->elevel = pq_getmsgint(&in, 4);
	message->sqlerrcode = pq_getmsgint(&in, 4);
	message->message = get_string(&in);
	message->detail = get_string(&in);
	message->hint = get_string(&in);
	message->context = get_string(&in);
	message->nvalues = pq_getmsgint(&in, 4);
	message->values = palloc(message->nvalues * sizeof(char *));
	for (int i = 0; i < message->nvalues; i++)
		message->values[i] = get_string(&in);
	pq_getmsgend(&in);
	pfree(in.data);
}
