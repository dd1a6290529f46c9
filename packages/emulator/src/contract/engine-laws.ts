import type { JobEngine, JobState } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import type { FaultEffect } from '../faults/fault.js';
import { aWhile } from './eventually.js';
import type { Law } from './law.js';
import { must, mustEqual, statuses } from './must.js';
import { holdPolls } from './sharing-laws.js';

/** Ways to lose the answer to a POST that was accepted. */
const lostAnswers: readonly FaultEffect[] = [
  { type: 'reset', after: 'accept' },
  { type: 'reset', part: 'body' },
  ...[408, 500, 502, 503, 504].map((status) => ({ type: 'status', status, after: 'accept' }) as const),
  { type: 'hang', after: 'accept' },
  { type: 'redirect', location: '/api/generate', status: 307, after: 'accept' },
  { type: 'html', after: 'accept' },
  { type: 'truncated' },
  { type: 'fields', fields: { job_id: undefined } },
];

const badRequests: readonly unknown[] = [
  '',
  ' \n\t',
  { prompt: '' },
  { prompt: ' ' },
  { prompt: 7 },
  {},
  42,
  null,
  undefined,
];

/** What starting a job promises. */
export const engineLaws: readonly Law<JobEngine>[] = [
  {
    guarantees: ['G3'],
    name: 'emits submitted, then as job$',
    async run({ subject, emulator, finishJobs, submits, watch }) {
      for (const request of ['a song', { prompt: 'a song' }]) {
        const job = watch(subject.generate$(request));
        await job.reached('running');
        finishJobs();
        const states = await job.completed();
        mustEqual(statuses(states), ['submitted', 'running', 'completed'], 'Submitted comes first.');
        must(job.endedInTurn, 'The stream completes in the same turn as its terminal state.');
        const [first] = states;
        must(first?.status === 'submitted' && first.prompt === 'a song', 'The receipt repeats the prompt.', first);
        must(emulator.jobs.has(first.job_id), 'The receipt carries the id.', first);
        must(new Date(first.submitted_at).toISOString() === first.submitted_at, 'Its time is ISO 8601.', first);
        must(first.poll_url.endsWith(first.job_id), 'It says where the job can be followed.', first);
        must(
          states.every(({ job_id }) => job_id === first.job_id),
          'All states are of one job.',
          states,
        );
        mustEqual(statuses(await watch(subject.job$(first)).completed()), ['completed'], 'The receipt names the job.');
      }
      mustEqual(submits().length, 2, 'Each call is a job of its own.');
    },
  },
  {
    guarantees: ['G1'],
    name: 'one call is one POST, however often it is subscribed',
    async run(stage) {
      const { subject, submits, watch, soon } = stage;
      const song$ = subject.generate$('only once');
      await aWhile();
      mustEqual(submits().length, 0, 'Nothing is sent before the first subscription.');
      const [first, second] = [watch(song$), watch(song$)];
      await first.reached('running');
      await second.reached('running');
      const late = watch(song$);
      mustEqual(statuses(late.states).at(-1), 'running', 'A late subscriber gets the latest state at once.');
      const [receipt] = late.states;
      must(receipt !== undefined, 'It has the id.');
      const byId = watch(subject.job$(receipt));
      mustEqual(statuses(byId.states), ['running'], 'So does who follows the job by its id.');
      await holdPolls(stage, receipt.job_id);
      await aWhile();
      const inFlight = stage.polls(receipt.job_id).filter(({ status }) => status === 'hang' || status === 'pending');
      mustEqual(inFlight.length, 1, 'They all share one loop.');
      for (const job of [late, byId, second]) job.unsubscribe();
      first.unsubscribe();
      const polls = () => stage.polls(receipt.job_id);
      await soon('the last one leaving ends the request', () => polls().every(({ status }) => status !== 'hang'));
      const asked = polls().length;
      await aWhile();
      mustEqual(polls().length, asked, 'Nobody is subscribed, so nothing is asked.');
      mustEqual(submits().length, 1, 'It is paid once.');
    },
  },
  {
    guarantees: ['G1'],
    name: 'one call is one POST, also for those who see its end, and after it',
    async run({ subject, finishJobs, submits, watch }) {
      const song$ = subject.generate$('  spaces and all  ');
      const jobs = [watch(song$), watch(song$)];
      for (const job of jobs) await job.reached('running');
      finishJobs();
      for (const job of jobs) mustEqual(statuses(await job.completed()).at(-1), 'completed', 'Everybody sees the end.');
      mustEqual(statuses(await watch(song$).completed()).at(-1), 'completed', 'Also one that comes after it.');
      mustEqual(submits('  spaces and all  ').length, 1, 'It is paid once, with the prompt as it was given.');
    },
  },
  {
    guarantees: ['G1'],
    name: 'a failed job is a value, and is not submitted again',
    async run({ subject, emulator, finishJobs, submits, watch }) {
      emulator.script({ method: 'POST', type: 'fail' });
      const song$ = subject.generate$('will fail');
      const job = watch(song$);
      await job.reached('running');
      finishJobs();
      mustEqual(statuses(await job.completed()), ['submitted', 'running', 'failed'], 'A failed job ends as a value.');
      mustEqual(statuses(await watch(song$).completed()).at(-1), 'failed', 'It stays failed.');
      mustEqual(submits().length, 1, 'Submitting again is for the caller to decide.');
    },
  },
  {
    guarantees: ['G2'],
    name: 'a POST that may have been accepted is submit_unknown and never sent again',
    async run({ subject, emulator, submits, watch }) {
      for (const [i, fault] of lostAnswers.entries()) {
        const prompt = `lost number ${i}`;
        emulator.script({ method: 'POST', prompt, ...fault });
        const song$ = subject.generate$(prompt);
        const error = await watch(song$).errored();
        mustEqual([error.code, error.prompt], ['submit_unknown', prompt], `After ${JSON.stringify(fault)}.`);
        must(/charged/.test(error.message), 'The error says what it may have cost.', error.message);
        mustEqual((await watch(song$).errored()).code, 'submit_unknown', 'Subscribing again tells the same.');
        mustEqual(submits(prompt).length, 1, `It is not sent again after ${JSON.stringify(fault)}.`);
      }
      await aWhile();
      mustEqual(submits().length, lostAnswers.length, 'It is not sent again later either.');
    },
  },
  {
    guarantees: ['G2'],
    name: 'a POST that was refused for now (429) is sent again and paid once',
    async run({ subject, emulator, submits, watch }) {
      emulator.script({ method: 'POST', type: 'status', status: 429, retryAfter: '0' });
      const job = watch(subject.generate$('busy at first'));
      await job.reached('submitted');
      mustEqual([submits().length, emulator.jobs.size], [2, 1], 'The second POST is the one that counts.');
      job.unsubscribe();
      emulator.script({ method: 'POST', type: 'status', status: 429, retryAfter: '0.3' });
      const began = performance.now();
      const later = watch(subject.generate$('busy for a while'));
      await later.reached('submitted');
      must(performance.now() - began >= 300, 'No wait is shorter than Retry-After.');
      later.unsubscribe();
    },
  },
  {
    guarantees: ['G2'],
    name: 'other refusals are definite: 401 is unauthorized, 400 is invalid_request, each sent once',
    async run({ subject, emulator, submits, watch }) {
      for (const [status, code] of [
        [401, 'unauthorized'],
        [403, 'unauthorized'],
        [400, 'invalid_request'],
        [409, 'invalid_request'],
        [422, 'invalid_request'],
      ] as const) {
        const prompt = `refused with ${status}`;
        emulator.script({ method: 'POST', prompt, type: 'status', status });
        mustEqual((await watch(subject.generate$(prompt)).errored()).code, code, `A ${status} is ${code}.`);
        mustEqual(submits(prompt).length, 1, 'A refusal is not asked for twice.');
      }
    },
  },
  {
    guarantees: ['G4'],
    name: 'leaving while the POST is in flight does not abort it; coming back joins its job',
    async run({ subject, emulator, finishJobs, submits, watch, eventually }) {
      emulator.script({ method: 'POST', type: 'delay', ms: 150 });
      const song$ = subject.generate$('left early');
      const leaver = watch(song$);
      await eventually('the POST is in flight', () => submits().length === 1);
      leaver.unsubscribe();
      await eventually(
        'the POST is answered',
        () => submits()[0]?.status === 202,
        () => submits(),
      );
      const back = watch(song$);
      await back.reached('running');
      finishJobs();
      mustEqual(statuses(await back.completed()).at(-1), 'completed', 'The job is followed to its end.');
      mustEqual(submits().length, 1, 'It is paid once.');
    },
  },
  {
    guarantees: ['G5'],
    name: 'a bad prompt is invalid_request through the stream, and nothing is sent',
    async run({ subject, emulator, watch }) {
      // Callers without types exist.
      const untyped: { generate$(request: unknown): Observable<JobState> } = subject;
      for (const request of badRequests) {
        const error = await watch(untyped.generate$(request)).errored();
        mustEqual([request, error.code], [request, 'invalid_request'], 'It is the caller’s mistake.');
      }
      mustEqual(emulator.requests.length, 0, 'Nothing is requested.');
    },
  },
  {
    guarantees: ['J2'],
    name: 'an error after the submit carries code, jobId and lastState',
    async run({ subject, emulator, watch }) {
      const job = watch(subject.generate$('watched, then lost'));
      await job.reached('running');
      emulator.script({ method: 'GET', type: 'status', status: 403 });
      const { code, jobId, lastState } = await job.errored();
      mustEqual([code, jobId], ['unauthorized', job.states[0]?.job_id], 'The error says what and which.');
      mustEqual(lastState?.status, 'running', 'The error carries the last state.');
    },
  },
];
