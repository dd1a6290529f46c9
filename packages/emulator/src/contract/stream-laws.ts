import { jobSchema, type Job, type JobSource, type JobState, type WhisulErrorCode } from '@whisul-rx/core';
import type { FaultEffect } from '../faults/fault.js';
import type { Law } from './law.js';
import { must, mustEqual, statuses } from './must.js';

/** Answers after which asking again may help, in portions of fewer than ten. */
const passing: readonly (readonly FaultEffect[])[] = [
  [500, 502, 504, 408, 425].map((status) => ({ type: 'status', status })),
  [429, 503].map((status) => ({ type: 'status', status, retryAfter: '0' })),
  [
    { type: 'html' },
    { type: 'truncated' },
    { type: 'fields', fields: { status: 'completed' } },
    { type: 'fields', fields: { status: undefined } },
    { type: 'reset' },
    { type: 'reset', part: 'body' },
  ],
];

/** Answers after which it does not, and what they are called. */
const definite: readonly (readonly [FaultEffect, WhisulErrorCode])[] = [
  [{ type: 'status', status: 401 }, 'unauthorized'],
  [{ type: 'status', status: 403 }, 'unauthorized'],
  [{ type: 'status', status: 404 }, 'not_found'],
  [{ type: 'status', status: 410 }, 'not_found'],
  [{ type: 'status', status: 422 }, 'invalid_request'],
  [{ type: 'redirect', location: 'https://elsewhere.example/jobs/1' }, 'invalid_response'],
];

/** Why a job failed; nothing for a state that is not a failed one. */
function reasonOf(state: JobState | undefined): string | undefined {
  return state?.status === 'failed' ? state.error : undefined;
}

/** What the stream of one job emits. */
export const streamLaws: readonly Law<JobSource>[] = [
  {
    guarantees: ['J1'],
    name: 'each change of status once, in order, then completion in the same turn as the terminal state',
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
    guarantees: ['J1'],
    name: 'a failed job is a value, never an error',
    async run({ subject, emulator, startJob, finishJobs, watch }) {
      emulator.script({ method: 'POST', type: 'fail', error: 'The model had no idea.' });
      const id = await startJob();
      const job = watch(subject.job$(id));
      await job.reached('running');
      finishJobs();
      const states = await job.completed();
      mustEqual(statuses(states), ['running', 'failed'], 'A failed job ends as a value.');
      mustEqual(reasonOf(states.at(-1)), 'The model had no idea.', 'It carries the reason.');
    },
  },
  {
    guarantees: ['J1'],
    name: 'a job that failed without a reason still carries a sentence',
    async run({ subject, emulator, startJob, finishJobs, watch }) {
      emulator.script({ method: 'POST', type: 'fail', error: null });
      const id = await startJob();
      finishJobs();
      const states = await watch(subject.job$(id)).completed();
      mustEqual(statuses(states), ['failed'], 'A job that is over is its last state.');
      must((reasonOf(states[0]) ?? '') !== '', 'A failed job says why.', states);
    },
  },
  {
    guarantees: ['J1'],
    name: 'states carry their id, are plain JSON, and are safe: seconds and ISO timestamps',
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
          must(read.started_at?.endsWith('Z') ?? false, 'Timestamps are ISO 8601 with Z.', state);
          const seconds: unknown = read.result?.duration ?? 0;
          must(typeof seconds === 'number', 'A duration is a number of seconds.', state);
        }
      }
    },
  },
  {
    guarantees: ['J2'],
    name: 'an id that is not known is not_found, with the id',
    async run({ subject, watch }) {
      const error = await watch(subject.job$('no-such-job')).errored();
      mustEqual([error.code, error.jobId], ['not_found', 'no-such-job'], 'The error says what and which.');
    },
  },
  {
    guarantees: ['J2'],
    name: 'an error after a state carries code, jobId and lastState; a new subscription starts afresh',
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
    guarantees: ['J2'],
    name: "one job's error ends no other job's stream",
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
    guarantees: ['J7'],
    name: 'a definite answer ends the stream at once, with its code',
    async run({ subject, emulator, startJob, polls, watch }) {
      for (const [fault, code] of definite) {
        const id = await startJob();
        emulator.script({ method: 'GET', job: id, times: Infinity, ...fault });
        const error = await watch(subject.job$(id)).errored();
        mustEqual([error.code, error.jobId], [code, id], `After ${JSON.stringify(fault)}.`);
        must(error.message.trim() !== '', 'The error says what happened.');
        mustEqual(polls(id).length, 1, `Nothing is asked again after ${JSON.stringify(fault)}.`);
      }
    },
  },
  {
    guarantees: ['J7'],
    name: 'ten failures in a row end the stream with the code of the last; any good answer resets the count',
    async run({ subject, emulator, startJob, polls, watch }) {
      const id = await startJob();
      for (const times of [9, 9, Infinity]) {
        emulator.script({ method: 'GET', job: id, type: 'status', status: 500, times });
        emulator.script({ method: 'GET', job: id, type: 'delay', ms: 0 });
      }
      const job = watch(subject.job$(id));
      const { code, lastState } = await job.errored();
      mustEqual([code, lastState?.status], ['server_error', 'running'], 'The error says what came last.');
      mustEqual(polls(id).length, 30, 'Nine failures twice, a good answer after each, and then ten.');
    },
  },
  {
    guarantees: ['J8'],
    name: 'no wait is shorter than Retry-After',
    async run({ subject, emulator, startJob, polls, watch, eventually }) {
      for (const status of [429, 503]) {
        const id = await startJob();
        emulator.script({ method: 'GET', job: id, type: 'status', status, retryAfter: '0.8' });
        const began = performance.now();
        const job = watch(subject.job$(id));
        await eventually('the job is polled again', () => polls(id).length >= 2);
        must(performance.now() - began >= 800, `After a ${status} the next poll comes no earlier than it says.`);
        job.unsubscribe();
      }
    },
  },
  {
    guarantees: ['J14'],
    name: 'an id stays one segment of the path',
    async run({ subject, emulator, watch }) {
      mustEqual((await watch(subject.job$('../generate')).errored()).code, 'not_found', 'There is no such job.');
      mustEqual(
        emulator.requests.map(({ path }) => path),
        ['/api/jobs/..%2Fgenerate'],
        'Nothing else is asked for.',
      );
    },
  },
  {
    guarantees: ['J7'],
    name: 'a failed poll is not a failed job',
    async run({ subject, emulator, startJob, finishJobs, polls, watch }) {
      for (const faults of passing) {
        const id = await startJob();
        for (const fault of faults) emulator.script({ method: 'GET', job: id, ...fault });
        const job = watch(subject.job$(id));
        await job.reached('running');
        must(polls(id).length > faults.length, 'Polls that fail are made again.', polls(id).length);
        finishJobs();
        mustEqual(statuses(await job.completed()), ['running', 'completed'], 'The stream shows nothing of it.');
      }
    },
  },
  {
    guarantees: ['J13'],
    name: 'an undocumented status is a running job with reported_status, and no change of status',
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
  {
    guarantees: ['J13'],
    name: 'an undocumented status is polled at the usual pace',
    async run({ subject, emulator, startJob, polls, watch, hurriedWaits, eventually }) {
      const id = await startJob();
      emulator.script({ method: 'GET', job: id, type: 'fields', fields: { status: 'queued' }, times: Infinity });
      const job = watch(subject.job$(id));
      await job.reached('running');
      await eventually('the job is polled on', () => polls(id).length >= 10);
      job.unsubscribe();
      mustEqual(hurriedWaits(id), [], 'After each answer the next poll waits as long as the schedule says.');
    },
  },
];
