/*
 * src/job/job_shared.c
 *		The DSM segment of a job: layout, creation, attachment.
 *
 * Layout: JobShared with its slots, the serialized arguments, the message
 * queue.  The caller creates it; leader, workers and whoever looks at the
 * progress attach.  It goes when the last of them leaves.
 */
#include "postgres.h"

#include "base/compat.h"
#include "job/job_shared.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#define JOB_MAGIC	   0x6d6d6a31
#define JOB_QUEUE_SIZE ((Size) 65536)

static Size
shared_size(int nslots)
{
	return MAXALIGN(offsetof(JobShared, slots) + nslots * sizeof(WorkerSlot));
}

/* Three fixed numbers, then two NUL-terminated strings. */
static Size
arguments_size(const JobArguments *arguments)
{
	return 3 * sizeof(Oid) + strlen(arguments->settings) + 1 +
		   strlen(arguments->payload) + 1;
}

static void
write_arguments(char *to, const JobArguments *arguments)
{
	Oid fixed[3];

	fixed[0] = arguments->database_id;
	fixed[1] = arguments->authenticated_user;
	fixed[2] = arguments->current_user;
	memcpy(to, fixed, sizeof(fixed));
	to += sizeof(fixed);
	strcpy(to, arguments->settings);
	to += strlen(arguments->settings) + 1;
	strcpy(to, arguments->payload);
}

void
mm_slot_init(WorkerSlot *slot)
{
	SpinLockInit(&slot->mutex);
	slot->state = SLOT_FREE;
	pg_atomic_init_u64(&slot->counters.rows, 0);
	pg_atomic_init_u64(&slot->counters.bytes, 0);
	pg_atomic_init_u64(&slot->counters.expected, 0);
	pg_atomic_init_u32(&slot->answered, 0);
	pg_atomic_init_u32(&slot->give_back, 0);
}

/*
 * mm_shared_create
 *		A new segment, filled in; belongs to the current resource owner.
 */
dsm_segment *
mm_shared_create(int nslots, const JobArguments *arguments, JobShared **shared)
{
	Size head = shared_size(nslots);
	Size length = arguments_size(arguments);
	Size total = head + MAXALIGN(length) + JOB_QUEUE_SIZE;
	dsm_segment *segment = dsm_create(total, 0);
	JobShared *job = dsm_segment_address(segment);

	memset(job, 0, head);
	job->database_id = arguments->database_id;
	pg_atomic_init_u64(&job->job_id, 0);
	job->began = GetCurrentTimestamp();
	pg_atomic_init_u32(&job->leader_exited, 0);
	pg_atomic_init_u32(&job->dismissed, 0);
	pg_atomic_init_u32(&job->reads_over, 0);
	mm_throttle_init(&job->throttle);
	job->handler_segment = DSM_HANDLE_INVALID;
	pg_atomic_init_u32(&job->cancel_requested, 0);
	pg_atomic_init_u32(&job->worker_limit, nslots);
	pg_atomic_init_u32(&job->held, 0);
	pg_atomic_init_u32(&job->round, 0);
	pg_atomic_init_u32(&job->round_armed, 0);
	job->nslots = nslots;
	for (int i = 0; i < nslots; i++)
		mm_slot_init(&job->slots[i]);
	job->arguments_offset = head;
	write_arguments((char *) job + head, arguments);
	job->queue_offset = head + MAXALIGN(length);
	shm_mq_create((char *) job + job->queue_offset, JOB_QUEUE_SIZE);
	pg_write_barrier();
	job->magic = JOB_MAGIC;
	*shared = job;
	return segment;
}

dsm_segment *
mm_shared_attach(dsm_handle handle, JobShared **shared)
{
	dsm_segment *segment;
	bool is_mapped;
	JobShared *job;

	if (handle == DSM_HANDLE_INVALID)
		return NULL;
	segment = dsm_find_mapping(handle);
	is_mapped = segment != NULL;
	if (!is_mapped)
		segment = dsm_attach(handle);
	if (segment == NULL)
		return NULL;
	job = dsm_segment_address(segment);
	if (dsm_segment_map_length(segment) < sizeof(JobShared) ||
		job->magic != JOB_MAGIC)
	{
		/* The number is by now that of something else, perhaps of ours. */
		if (!is_mapped)
			dsm_detach(segment);
		return NULL;
	}
	*shared = job;
	return segment;
}

/*
 * A dump that was restored beside the database, or a copy of it, has the job's
 * row with the job's handle.
 */
static bool
is_of_job(JobShared *shared, int64 job_id)
{
	return shared->database_id == MyDatabaseId &&
		   pg_atomic_read_u64(&shared->job_id) == job_id;
}

JobShared *
mm_shared_visit(dsm_handle handle, int64 job_id, SharedVisit *visit)
{
	JobShared *shared;

	visit->was_mapped = handle != DSM_HANDLE_INVALID &&
						dsm_find_mapping(handle) != NULL;
	visit->segment = mm_shared_attach(handle, &shared);
	if (visit->segment == NULL)
		return NULL;
	if (is_of_job(shared, job_id))
		return shared;
	mm_shared_leave(visit);
	return NULL;
}

void
mm_shared_leave(const SharedVisit *visit)
{
	if (!visit->was_mapped)
		dsm_detach(visit->segment);
}

bool
mm_shared_is_alive(dsm_handle handle, int64 job_id)
{
	SharedVisit visit;
	JobShared *shared = mm_shared_visit(handle, job_id, &visit);
	bool is_alive;

	if (shared == NULL)
		return false;
	is_alive = pg_atomic_read_u32(&shared->leader_exited) == 0;
	mm_shared_leave(&visit);
	return is_alive;
}

/*
 * mm_shared_arguments
 *		Copies of the arguments, in the current memory context.
 */
void
mm_shared_arguments(JobShared *shared, JobArguments *arguments)
{
	const char *from = (const char *) shared + shared->arguments_offset;
	Oid fixed[3];

	memcpy(fixed, from, sizeof(fixed));
	arguments->database_id = fixed[0];
	arguments->authenticated_user = fixed[1];
	arguments->current_user = fixed[2];
	from += sizeof(fixed);
	arguments->settings = pstrdup(from);
	from += strlen(from) + 1;
	arguments->payload = pstrdup(from);
}

shm_mq *
mm_shared_queue(JobShared *shared)
{
	return (shm_mq *) ((char *) shared + shared->queue_offset);
}

void
mm_shared_wake_leader(JobShared *shared)
{
	PGPROC *leader = shared->leader_proc;

	if (leader != NULL)
		SetLatch(&leader->procLatch);
}

SlotState
mm_slot_state(WorkerSlot *slot)
{
	SlotState state;

	SpinLockAcquire(&slot->mutex);
	state = slot->state;
	SpinLockRelease(&slot->mutex);
	return state;
}

void
mm_slot_set_state(WorkerSlot *slot, SlotState state)
{
	SpinLockAcquire(&slot->mutex);
	slot->state = state;
	SpinLockRelease(&slot->mutex);
}

void
mm_slot_set_activity(WorkerSlot *slot, const char *text)
{
	int length = pg_mbcliplen(text, strlen(text),
							  sizeof(slot->activity) - 1);

	SpinLockAcquire(&slot->mutex);
	memcpy(slot->activity, text, length);
	slot->activity[length] = '\0';
	SpinLockRelease(&slot->mutex);
}

void
mm_slot_get_activity(WorkerSlot *slot, char *text)
{
	SpinLockAcquire(&slot->mutex);
	memcpy(text, slot->activity, sizeof(slot->activity));
	SpinLockRelease(&slot->mutex);
}
