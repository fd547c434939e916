/*
 * src/job/message.h
 *		What the leader tells the caller while it waits.
 *
 * A message is a type byte and strings.  Sending never blocks the job: once
 * the caller has left, messages go nowhere.
 */
#ifndef MM_JOB_MESSAGE_H
#define MM_JOB_MESSAGE_H

#include "storage/shm_mq.h"

typedef enum MessageKind
{
	MESSAGE_JOB = 'J',	  /* the job's number */
	MESSAGE_NOTICE = 'N', /* level, text, detail, hint */
	MESSAGE_ROW = 'R',	  /* one result row, all text */
	MESSAGE_ERROR = 'E',  /* the job ends with this error */
	MESSAGE_DONE = 'D'	  /* the job is over */
} MessageKind;

typedef struct JobMessage
{
	MessageKind kind;
	int64 job_id;	/* MESSAGE_JOB */
	int elevel;		/* MESSAGE_NOTICE */
	int sqlerrcode; /* MESSAGE_NOTICE, MESSAGE_ERROR */
	const char *message;
	const char *detail; /* NULL: none */
	const char *hint;
	const char *context;
	int nvalues;		 /* MESSAGE_ROW */
	const char **values; /* NULL: SQL NULL */
} JobMessage;

/* False once nobody listens any more. */
extern bool mm_message_send(shm_mq_handle *queue, const JobMessage *message);

/* Copies everything into the current memory context. */
extern void mm_message_read(const char *data, Size length, JobMessage *message);

#endif /* MM_JOB_MESSAGE_H */
