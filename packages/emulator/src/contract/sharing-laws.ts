import type { JobRef, JobSource, JobState } from '@whisul-rx/core';
import { config, firstValueFrom, type Observable } from 'rxjs';
import { aWhile } from './eventually.js';
import type { Law, Stage } from './law.js';
import { must, mustEqual, statuses } from './must.js';
import type { Watch } from './watch.js';

const invalidRefs: readonly unknown[] = [
  ...['', '.', '..', '\ud800', '/', '/songs/abc', '/jobs', '/jobs/', '/jobs/a/b', 42, null, undefined, {}],
  ...[{ job_id: '' }, { job_id: 7 }],
];

/** Polls of this job get no answer from now on; waits until one is in flight. */
export async function holdPolls({ emulator, polls, eventually }: Stage<JobSource>, id: string): Promise<void> {
  emulator.script({ method: 'GET', job: id, type: 'hang', times: Infinity });
  await eventually('a poll is in flight', () => polls(id).some(({ status }) => status === 'hang'));
}

/** When jobs are polled, who shares the polls, and what names a job. */
export const sharingLaws: readonly Law<JobSource>[] = [
  {
    guarantees: ['J3'],
    name: 'nothing is requested before the first subscription',
    async run({ subject, startJob, polls, watch }) {
      const id = await startJob();
      const job$ = subject.job$(id);
      await aWhile();
      mustEqual(polls(id).length, 0, 'A stream nobody subscribes to asks nothing.');
      const job = watch(job$);
      await job.reached('running');
      job.unsubscribe();
    },
  },
  {
    guarantees: ['J3'],
    name: 'when the last subscriber leaves, the request in flight is aborted and no other follows',
    async run(stage) {
      const { subject, startJob, polls, watch, soon } = stage;
      const id = await startJob();
      const [first, second] = [watch(subject.job$(id)), watch(subject.job$(id))];
      await first.reached('running');
      await holdPolls(stage, id);
      first.unsubscribe();
      second.unsubscribe();
      await soon('the request is aborted', () => polls(id).every(({ status }) => status !== 'hang'));
      const asked = polls(id).length;
      await aWhile();
      mustEqual(polls(id).length, asked, 'Nobody is subscribed, so nothing is asked.');
    },
  },
  {
    guarantees: ['J4', 'J5'],
    name: 'subscribers and all ways to name a job share one loop with one request in flight',
    async run(stage) {
      const { subject, startJob, polls, watch } = stage;
      const id = await startJob();
      const refs: readonly JobRef[] = [id, { job_id: id }, `/jobs/${id}`, { job_id: id, poll_url: `/jobs/${id}` }];
      const jobs = refs.map((ref) => watch(subject.job$(ref)));
      for (const job of jobs) await job.reached('running');
      await holdPolls(stage, id);
      await aWhile();
      const inFlight = polls(id).filter(({ status }) => status === 'hang' || status === 'pending');
      mustEqual(inFlight.length, 1, 'However many subscribers, one request is in flight.');
      for (const job of jobs) job.unsubscribe();
    },
  },
  {
    guarantees: ['J6'],
    name: 'leaving and coming back does not make polls come earlier, and the last state is replayed meanwhile',
    async run({ subject, startJob, polls, watch, hurriedWaits, eventually }) {
      for (let visit = 0; visit < 20; visit += 1) {
        const id = await startJob(`song number ${visit}`);
        let back: Watch | undefined;
        // Leaves with the first answer and is back at once: the next poll is not due yet.
        const first = firstValueFrom(subject.job$(id)).then(() => (back = watch(subject.job$(id))));
        first.catch(() => undefined);
        await eventually('after leaving and coming back the job is polled again', () => polls(id).length >= 2);
        await first;
        await back?.reached('running');
        back?.unsubscribe();
        mustEqual(hurriedWaits(id), [], 'After an answer the next poll waits as long as the schedule says.');
      }
    },
  },
  {
    guarantees: ['J4'],
    name: 'one subscriber leaving changes nothing for the others',
    async run({ subject, startJob, finishJobs, watch }) {
      const id = await startJob();
      const [leaver, stayer] = [watch(subject.job$(id)), watch(subject.job$(id))];
      await stayer.reached('running');
      await leaver.reached('running');
      leaver.unsubscribe();
      finishJobs();
      mustEqual(statuses(await stayer.completed()), ['running', 'completed'], 'The other one sees it all.');
      mustEqual(statuses(leaver.states), ['running'], 'The one that left sees nothing more.');
    },
  },
  {
    guarantees: ['J4'],
    name: 'a late subscriber gets the latest state synchronously, with no request of its own',
    async run(stage) {
      const { subject, startJob, polls, watch } = stage;
      const id = await startJob();
      const early = watch(subject.job$(id));
      await early.reached('running');
      await holdPolls(stage, id);
      const asked = polls(id).length;
      const late = watch(subject.job$(id));
      mustEqual(statuses(late.states), ['running'], 'The state is there when subscribe returns.');
      mustEqual(polls(id).length, asked, 'It is not asked for.');
      early.unsubscribe();
      late.unsubscribe();
    },
  },
  {
    guarantees: ['J4'],
    name: 'after the terminal state a subscriber gets that state and completion, with no request',
    async run({ subject, startJob, finishJobs, polls, watch }) {
      const id = await startJob();
      const first = watch(subject.job$(id));
      await first.reached('running');
      finishJobs();
      const last = (await first.completed()).at(-1);
      const asked = polls(id).length;
      for (const ref of [id, { job_id: id }, `/jobs/${id}`]) {
        mustEqual(await watch(subject.job$(ref)).completed(), [last], 'The end is replayed.');
      }
      await aWhile();
      mustEqual(polls(id).length, asked, 'What is known is not asked again.');
    },
  },
  {
    guarantees: ['J4'],
    name: 'many jobs at once do not mix',
    async run({ subject, startJob, finishJobs, watch }) {
      const ids: string[] = [];
      for (let i = 0; i < 20; i += 1) ids.push(await startJob(`song number ${i}`));
      const jobs = ids.map((id) => watch(subject.job$(id)));
      for (const job of jobs) await job.reached('running');
      finishJobs();
      for (const [i, job] of jobs.entries()) {
        const seen = (await job.completed()).map((state) => [state.status, state.job_id, state.prompt]);
        const own = ['running', 'completed'].map((status) => [status, ids[i], `song number ${i}`]);
        mustEqual(seen, own, 'A stream carries its own job.');
      }
    },
  },
  {
    guarantees: ['J9'],
    name: 'a 429 on one job holds back the polls of all others, too',
    async run({ subject, emulator, startJob, polls, watch, eventually }) {
      const [busy, other] = [await startJob('busy'), await startJob('other')];
      const jobs = [busy, other].map((id) => watch(subject.job$(id)));
      for (const job of jobs) await job.reached('running');
      // Longer than this law takes, however slow the machine: the gate stays closed.
      emulator.script({ method: 'GET', job: busy, type: 'status', status: 429, retryAfter: '60' });
      await eventually('a poll is answered with 429', () => polls(busy).some(({ status }) => status === 429));
      const asked = polls(other).length;
      await aWhile();
      // One may be under way and one may begin before the 429 has reached the client.
      must(polls(other).length <= asked + 2, 'The other job is not asked for meanwhile.', polls(other).length - asked);
      for (const job of jobs) job.unsubscribe();
    },
  },
  {
    guarantees: ['J12'],
    name: 'a subscriber that throws disturbs no other',
    async run({ subject, startJob, finishJobs, watch, eventually }) {
      const id = await startJob();
      const mine = new Error('thrown by a subscriber of the contract suite');
      const reported: unknown[] = [];
      const before = config.onUnhandledError;
      config.onUnhandledError = (error: unknown) => reported.push(error);
      try {
        let thrown = 0;
        const clumsy = subject.job$(id).subscribe(() => {
          thrown += 1;
          throw mine;
        });
        const other = watch(subject.job$(id));
        await other.reached('running');
        finishJobs();
        mustEqual(statuses(await other.completed()), ['running', 'completed'], 'The other one sees it all.');
        clumsy.unsubscribe();
        must(thrown > 0, 'The one that throws gets states, too.');
        await eventually(
          'each error is reported, not swallowed',
          () => reported.filter((e) => e === mine).length === thrown,
        );
      } finally {
        config.onUnhandledError = before;
      }
    },
  },
  {
    guarantees: ['G5', 'S2'],
    name: 'a ref that names no job is invalid_request through the stream, and nothing is requested',
    async run({ subject, emulator, watch }) {
      // Callers without types exist.
      const untyped: { job$(job: unknown): Observable<JobState> } = subject;
      for (const ref of invalidRefs) {
        const error = await watch(untyped.job$(ref)).errored();
        mustEqual([ref, error.code], [ref, 'invalid_request'], 'It is the caller’s mistake.');
      }
      mustEqual(emulator.requests.length, 0, 'Nothing is requested.');
    },
  },
];
