import type { JobEngine, JobRef, JobState } from '@whisul-rx/core';
import { tap } from 'rxjs';
import type { Law } from './law.js';
import { must, mustEqual, statuses } from './must.js';
import { holdPolls } from './sharing-laws.js';
import type { Watch } from './watch.js';

/** What `job$` emits of a job that the same engine has submitted, until a poll says more. */
export const submittedLaws: readonly Law<JobEngine>[] = [
  {
    guarantees: ['J1', 'J4'],
    name: 'job$ of a job that the engine has submitted begins with submitted at once, for late subscribers, too',
    async run({ subject, emulator, watch }) {
      emulator.script({ method: 'GET', type: 'hang', times: Infinity });
      const song = watch(subject.generate$('a song'));
      await song.reached('submitted');
      const [receipt] = song.states;
      must(receipt !== undefined, 'The receipt is there.');
      const { job_id } = receipt;
      const refs: readonly JobRef[] = [receipt, job_id, { job_id }, `/jobs/${job_id}`];
      const jobs = refs.map((ref) => watch(subject.job$(ref)));
      for (const job of jobs) mustEqual(job.states, [receipt], 'The receipt is there when subscribe returns.');
      for (const job of [song, ...jobs]) job.unsubscribe();
      const back = watch(subject.job$(job_id));
      mustEqual(back.states, [receipt], 'It is there again after all subscribers have left.');
      back.unsubscribe();
    },
  },
  {
    guarantees: ['J1'],
    name: 'job$ of a job that the engine has submitted goes on from submitted, each status once, to its end',
    async run({ subject, finishJobs, watch, eventually }) {
      let job: Watch | undefined;
      // In the turn of the receipt: no poll can be in yet, however slow the machine is.
      const follow = ({ job_id, status }: JobState) => {
        if (status === 'submitted') job = watch(subject.job$(job_id));
      };
      const song = watch(subject.generate$('a song').pipe(tap(follow)));
      await eventually('generate$ emits submitted', () => job !== undefined);
      must(job !== undefined, 'The job is followed.');
      await job.reached('running');
      finishJobs();
      const seen = statuses(await job.completed());
      mustEqual(seen, ['submitted', 'running', 'completed'], 'Each status comes once, in order.');
      mustEqual(statuses(await song.completed()), seen, 'generate$ emits the same.');
    },
  },
  {
    guarantees: ['J1', 'J4'],
    name: 'submitted never follows another state',
    async run(stage) {
      const { subject, startJob, finishJobs, watch } = stage;
      const song$ = subject.generate$('a song');
      const song = watch(song$);
      await song.reached('running');
      const [receipt] = song.states;
      must(receipt !== undefined, 'The receipt is there.');
      await holdPolls(stage, receipt.job_id);
      const late = [watch(subject.job$(receipt)), watch(subject.job$(receipt.job_id))];
      for (const job of [song, ...late]) job.unsubscribe();
      const back = watch(subject.job$(receipt.job_id));
      await back.reached('running');
      back.unsubscribe();
      for (const job of [...late, back]) {
        mustEqual(statuses(job.states), ['running'], 'A newer state takes the place of submitted.');
      }
      const foreign = watch(subject.job$(await startJob('a song by somebody else')));
      await foreign.reached('running');
      finishJobs();
      mustEqual(
        statuses(await foreign.completed()),
        ['running', 'completed'],
        'A foreign job begins with its first poll.',
      );
    },
  },
  {
    guarantees: ['J1', 'J4'],
    name: 'after the end of a job that the engine has submitted only the terminal state is replayed',
    async run({ subject, finishJobs, watch }) {
      const song = watch(subject.generate$('a song'));
      await song.reached('submitted');
      finishJobs();
      const last = (await song.completed()).at(-1);
      const [receipt] = song.states;
      must(receipt !== undefined, 'The receipt is there.');
      for (const ref of [receipt, receipt.job_id]) {
        mustEqual(await watch(subject.job$(ref)).completed(), [last], 'The end is all there is.');
      }
    },
  },
  {
    guarantees: ['J2'],
    name: 'an error before the first answer carries submitted as lastState; subscribing again begins with it',
    async run({ subject, emulator, watch }) {
      emulator.script({ method: 'GET', type: 'status', status: 403 });
      const song = watch(subject.generate$('a song'));
      await song.reached('submitted');
      const { code, jobId, lastState } = await song.errored();
      const [receipt] = song.states;
      mustEqual([code, jobId, lastState], ['unauthorized', receipt?.job_id, receipt], 'The error carries the receipt.');
      const again = watch(subject.job$(jobId ?? ''));
      mustEqual(again.states, [receipt], 'The receipt is the latest state that is known.');
      await again.reached('running');
      again.unsubscribe();
    },
  },
];
