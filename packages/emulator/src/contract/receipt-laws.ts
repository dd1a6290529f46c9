import type { JobEngine } from '@whisul-rx/core';
import type { Law } from './law.js';
import { mustEqual, statuses } from './must.js';

/** Places where a `poll_url` must not lead: another host, a path beside the API, another job, nowhere. */
const strayPollUrls = [
  'https://elsewhere.example/jobs/1',
  '//elsewhere.example/api/jobs/1',
  '/../jobs/1',
  '/jobs/1',
  'http://[',
];

/** What holds from the receipt of a job on. */
export const receiptLaws: readonly Law<JobEngine>[] = [
  {
    guarantees: ['G3'],
    name: 'submitted comes as soon as the id is known, before any poll is answered',
    async run({ subject, emulator, watch }) {
      emulator.script({ method: 'GET', type: 'hang', times: Infinity });
      const job = watch(subject.generate$('a song'));
      await job.reached('submitted');
      mustEqual(statuses(job.states), ['submitted'], 'No more is known.');
      job.unsubscribe();
    },
  },
  {
    guarantees: ['J7'],
    name: 'a 404 soon after the own submit is a failed poll, not an end',
    async run({ subject, emulator, finishJobs, watch }) {
      emulator.script({ method: 'GET', type: 'status', status: 404 });
      const job = watch(subject.generate$('not visible everywhere yet'));
      await job.reached('running');
      finishJobs();
      mustEqual(statuses(await job.completed()), ['submitted', 'running', 'completed'], 'It shows nothing of it.');
    },
  },
  {
    guarantees: ['J14'],
    name: 'a poll_url that leads elsewhere is never tried',
    async run({ subject, emulator, finishJobs, submits, polls, watch }) {
      const jobs = strayPollUrls.map((poll_url) => {
        const prompt = `at ${poll_url}`;
        emulator.script({ method: 'POST', prompt, type: 'fields', fields: { poll_url } });
        return { prompt, states: watch(subject.generate$(prompt)) };
      });
      for (const { states } of jobs) await states.reached('running');
      finishJobs();
      for (const { prompt, states } of jobs) {
        await states.completed();
        const [{ jobId, origin } = {}] = submits(prompt);
        const places = new Set(polls(jobId ?? '').map((poll) => poll.origin + poll.path));
        mustEqual([...places], [`${origin}/api/jobs/${jobId}`], `The job is followed where the API is, not ${prompt}.`);
      }
      const ids = new Set(submits().map(({ jobId }) => jobId));
      mustEqual(
        emulator.requests.filter(({ jobId }) => !ids.has(jobId)),
        [],
        'Nothing else is asked for.',
      );
    },
  },
];
