import { jobSchema, type Job, type JobSource } from '@whisul-rx/core';
import type { Law } from './law.js';
import { must, mustEqual, statuses } from './must.js';

/** What a stream of one job says: J1, J2, J7, J13. */
export const streamLaws: readonly Law<JobSource>[] = [
  {
    name: 'J1: each change of status once, in order, then completion in the same turn as the terminal state',
    async run({ subject, startJob, finishJobs, polls, watch, eventually }) {
      const id = await startJob();
      const job = watch(subject.job$(id));
      await job.reached('running');
      await eventually(
        'some more polls',
        () => polls(id).length >= 3,
        () => polls(id).length,
      );
      finishJobs();
      mustEqual(statuses(await job.completed()), ['running', 'completed'], 'Each status comes once.');
      must(job.endedInTurn, 'The stream completes in the same turn as its terminal state.');
    },
  },
  {
    name: 'J1: a failed job is a value, never an error',
    async run({ subject, emulator, startJob, finishJobs, watch }) {
      emulator.script({ method: 'POST', type: 'fail', error: 'The model had no idea.' });
      const id = await startJob();
      const job = watch(subject.job$(id));
      await job.reached('running');
      finishJobs();
      const states = await job.completed();
      mustEqual(statuses(states), ['running', 'failed'], 'A failed job ends as a value.');
      mustEqual(states.at(-1)?.error, 'The model had no idea.', 'It carries the reason.');
    },
  },
  {
    name: 'J1: a job that failed without a reason still carries a sentence',
    async run({ subject, emulator, startJob, finishJobs, watch }) {
      emulator.script({ method: 'POST', type: 'fail', error: null });
      const id = await startJob();
      finishJobs();
      const states = await watch(subject.job$(id)).completed();
      mustEqual(statuses(states), ['failed'], 'A job that is over is its last state.');
      must(typeof states[0]?.error === 'string' && states[0].error !== '', 'A failed job says why.', states);
    },
  },
  {
    name: 'J1: states carry their id, are plain JSON, and are safe: seconds and ISO timestamps',
    async run({ subject, startJob, finishJobs, watch }) {
      // The API writes the duration of one as a number and of the other as text.
      const ids = [await startJob('first'), await startJob('second')];
      const jobs = ids.map((id) => watch(subject.job$(id)));
      for (const job of jobs) await job.reached('running');
      finishJobs();
      for (const [i, job] of jobs.entries()) {
        for (const state of await job.completed()) {
          const read: Job = jobSchema.parse(state);
          mustEqual(state, JSON.parse(JSON.stringify(read)), 'A state is what the schema makes of it.');
          mustEqual([state.job_id, state.prompt], [ids[i], ['first', 'second'][i]], 'A state belongs to its job.');
          must(state.started_at?.endsWith('Z') ?? false, 'Timestamps are ISO 8601 with Z.', state);
          const seconds: unknown = state.result?.duration ?? 0;
          must(typeof seconds === 'number', 'A duration is a number of seconds.', state);
        }
      }
    },
  },
  {
    name: 'J2: an id that is not known is not_found, with the id',
    async run({ subject, watch }) {
      const error = await watch(subject.job$('no-such-job')).errored();
      mustEqual([error.code, error.jobId], ['not_found', 'no-such-job'], 'The error says what and which.');
    },
  },
  {
    name: 'J2: an error after a state carries code, jobId and lastState; a new subscription starts afresh',
    async run({ subject, emulator, startJob, watch }) {
      const id = await startJob();
      const job = watch(subject.job$(id));
      await job.reached('running');
      emulator.script({ method: 'GET', job: id, type: 'status', status: 403 });
      const { code, jobId, lastState } = await job.errored();
      mustEqual([code, jobId], ['unauthorized', id], 'The error says what and which.');
      mustEqual([lastState?.status, lastState?.job_id], ['running', id], 'The error carries the last state.');
      const again = watch(subject.job$(id));
      await again.reached('running');
      again.unsubscribe();
    },
  },
  {
    name: "J2: one job's error ends no other job's stream",
    async run({ subject, startJob, finishJobs, watch }) {
      const id = await startJob();
      const good = watch(subject.job$(id));
      const bad = watch(subject.job$('no-such-job'));
      await good.reached('running');
      mustEqual((await bad.errored()).code, 'not_found', 'The unknown job is not_found.');
      must(good.ending === undefined, 'The other stream goes on.');
      finishJobs();
      mustEqual(statuses(await good.completed()), ['running', 'completed'], 'The other stream sees its job through.');
    },
  },
  {
    name: 'J7: a failed poll is not a failed job',
    async run({ subject, emulator, startJob, finishJobs, polls, watch }) {
      const id = await startJob();
      const poll = { method: 'GET', job: id } as const;
      emulator.script({ ...poll, type: 'status', status: 500 });
      emulator.script({ ...poll, type: 'truncated' });
      emulator.script({ ...poll, type: 'fields', fields: { status: 'completed' } });
      emulator.script({ ...poll, type: 'reset' });
      const job = watch(subject.job$(id));
      await job.reached('running');
      must(polls(id).length >= 5, 'Polls that fail are made again.', polls(id).length);
      finishJobs();
      mustEqual(statuses(await job.completed()), ['running', 'completed'], 'The stream shows nothing of it.');
    },
  },
  {
    name: 'J13: an undocumented status is a running job with reported_status, and no change of status',
    async run({ subject, emulator, startJob, finishJobs, polls, watch, eventually }) {
      const id = await startJob();
      emulator.script({ method: 'GET', job: id, type: 'fields', fields: { status: 'queued' }, times: 2 });
      const job = watch(subject.job$(id));
      await job.reached('running');
      const [first] = job.states;
      mustEqual(first?.status === 'running' && first.reported_status, 'queued', 'The reported status is kept.');
      await eventually(
        'the job is polled on',
        () => polls(id).length >= 4,
        () => polls(id).length,
      );
      finishJobs();
      mustEqual(statuses(await job.completed()), ['running', 'completed'], 'Only a change of status is emitted.');
    },
  },
];
