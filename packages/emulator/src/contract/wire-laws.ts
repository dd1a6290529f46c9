import { isWhisulError, type JobEngine, type JobSource } from '@whisul-rx/core';
import { tap } from 'rxjs';
import { aWhile } from './eventually.js';
import type { Law, Stage } from './law.js';
import { must, mustEqual, statuses } from './must.js';
import type { Watch } from './watch.js';

/** Waits until the job is polled again: somebody follows it at the far end. */
async function followedAgain({ polls, eventually }: Stage<JobSource>, id: string): Promise<void> {
  const asked = polls(id).length;
  await eventually('after the connection was cut the job is polled on', () => polls(id).length >= asked + 3);
}

/** Starts jobs and follows each; waits until all are known to be running. */
async function follow({ subject, startJob, watch }: Stage<JobSource>, count: number) {
  const jobs: { id: string; job: Watch }[] = [];
  for (let i = 0; i < count; i += 1) {
    const id = await startJob(`song number ${i}`);
    jobs.push({ id, job: watch(subject.job$(id)) });
  }
  for (const { job } of jobs) await job.reached('running');
  return jobs;
}

/** Keeps the process busy, as a subscriber does that takes long over a state. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** What a connection that breaks and a subscriber that is slow may not change. */
export const wireLaws: readonly Law<JobSource>[] = [
  {
    guarantees: ['A1'],
    name: 'cuts in the middle lose no state, repeat none, and are not reported to the subscriber',
    async run(stage) {
      const { subject, startJob, finishJobs, watch, breakConnection } = stage;
      const id = await startJob();
      const job = watch(subject.job$(id));
      await job.reached('running');
      for (let cut = 0; cut < 3; cut += 1) {
        await breakConnection();
        await followedAgain(stage, id);
      }
      mustEqual(statuses(job.states), ['running'], 'No state is repeated.');
      must(job.ending === undefined, 'The stream goes on.', job.ending);
      finishJobs();
      mustEqual(statuses(await job.completed()), ['running', 'completed'], 'Each status comes once.');
      must(job.endedInTurn, 'The stream completes in the same turn as its terminal state.');
    },
  },
  {
    guarantees: ['A1'],
    name: 'a cut before the first state delays it, and loses nothing',
    async run({ subject, startJob, finishJobs, watch, breakConnection }) {
      const job = watch(subject.job$(await startJob()));
      await breakConnection();
      await job.reached('running');
      finishJobs();
      mustEqual(statuses(await job.completed()), ['running', 'completed'], 'The subscriber sees every status.');
    },
  },
  {
    guarantees: ['A2'],
    name: 'a job that ends while the connection is cut is not missed',
    async run({ subject, emulator, startJob, finishJobs, watch, breakConnection }) {
      for (const outcome of ['completed', 'failed']) {
        for (const endsFirst of [true, false]) {
          if (outcome === 'failed') emulator.script({ method: 'POST', type: 'fail' });
          const job = watch(subject.job$(await startJob()));
          await job.reached('running');
          if (endsFirst) finishJobs();
          const cut = breakConnection();
          finishJobs();
          await cut;
          mustEqual(statuses(await job.completed()), ['running', outcome], 'The subscriber sees the end.');
        }
      }
    },
  },
  {
    guarantees: ['A1', 'A2'],
    name: 'of many jobs on a connection that is cut each one gets its own end, once',
    async run(stage) {
      const { emulator, finishJobs, breakConnection } = stage;
      emulator.script({ method: 'POST', type: 'fail', times: 5 });
      const jobs = await follow(stage, 20);
      await breakConnection();
      finishJobs();
      for (const [i, { id, job }] of jobs.entries()) {
        const states = await job.completed();
        mustEqual(statuses(states), ['running', i < 5 ? 'failed' : 'completed'], 'Each status comes once.');
        must(
          states.every((state) => state.job_id === id),
          'A stream carries its own job.',
          states,
        );
      }
    },
  },
  {
    guarantees: ['A1', 'J2'],
    name: 'an error of the job that comes after a cut still carries code, jobId and lastState',
    async run(stage) {
      const { subject, emulator, startJob, watch, breakConnection } = stage;
      const id = await startJob();
      const job = watch(subject.job$(id));
      await job.reached('running');
      await breakConnection();
      await followedAgain(stage, id);
      emulator.script({ method: 'GET', job: id, type: 'status', status: 403, times: Infinity });
      const { code, jobId, lastState } = await job.errored();
      mustEqual([code, jobId, lastState?.status], ['unauthorized', id, 'running'], 'The error is the job’s own.');
    },
  },
  {
    guarantees: ['A4'],
    name: 'a subscriber that leaves while the connection is cut is not connected again',
    async run({ subject, startJob, polls, watch, breakConnection }) {
      const id = await startJob();
      const job = watch(subject.job$(id));
      await job.reached('running');
      const cut = breakConnection();
      job.unsubscribe();
      await cut;
      // The far end may need a moment to notice.
      await aWhile();
      const asked = polls(id).length;
      await aWhile();
      mustEqual(polls(id).length, asked, 'Nobody is subscribed, so nothing is requested.');
      mustEqual(statuses(job.states), ['running'], 'The subscriber that left gets nothing more.');
    },
  },
  {
    guarantees: ['A3'],
    name: 'a slow subscriber gets the newest state and never misses the terminal one',
    async run({ subject, startJob, finishJobs, watch, breakConnection }) {
      for (const cuts of [false, true]) {
        const ids: string[] = [];
        for (let i = 0; i < 10; i += 1) ids.push(await startJob(`song number ${i}`));
        const jobs = ids.map((id) => watch(subject.job$(id).pipe(tap(() => block(20)))));
        for (const job of jobs) await job.reached('running');
        // One more job ends while its subscriber is still busy with the state before.
        const ending = subject.job$(await startJob()).pipe(
          tap(({ status }) => {
            if (status === 'running') finishJobs();
            block(100);
          }),
        );
        jobs.push(watch(ending));
        await jobs.at(-1)?.reached('running');
        if (cuts) await breakConnection();
        for (const job of jobs) {
          mustEqual(statuses(await job.completed()), ['running', 'completed'], 'The terminal state comes last, once.');
        }
      }
    },
  },
];

/** What a connection that breaks may not change for a job that the adapter starts. */
export const wireEngineLaws: readonly Law<JobEngine>[] = [
  {
    guarantees: ['A1', 'G3'],
    name: 'a cut after the receipt loses nothing: submitted, then as job$, paid once',
    async run({ subject, finishJobs, submits, watch, breakConnection }) {
      const job = watch(subject.generate$('cut after the receipt'));
      await job.reached('submitted');
      await breakConnection();
      await job.reached('running');
      await breakConnection();
      finishJobs();
      mustEqual(statuses(await job.completed()), ['submitted', 'running', 'completed'], 'Each status comes once.');
      mustEqual(submits().length, 1, 'It is paid once.');
    },
  },
  {
    guarantees: ['G2'],
    name: 'a POST whose connection is cut is not sent again: its job is followed, or it is submit_unknown',
    async run({ subject, emulator, finishJobs, submits, watch, breakConnection, eventually }) {
      const prompt = 'cut in the middle of the POST';
      emulator.script({ method: 'POST', type: 'delay', ms: 150 });
      const job = watch(subject.generate$(prompt));
      await eventually('the POST is in flight', () => submits(prompt).length === 1);
      await breakConnection();
      const known = () => job.ending !== undefined || statuses(job.states).includes('running');
      await eventually('the stream errors or follows the job', known);
      if (job.ending === 'errored') {
        must(isWhisulError(job.problem, 'submit_unknown'), 'The error is submit_unknown.', job.problem);
      } else {
        finishJobs();
        mustEqual(statuses(await job.completed()).at(-1), 'completed', 'The job is followed to its end.');
      }
      await aWhile();
      mustEqual(submits().length, 1, 'It is paid once.');
    },
  },
];
