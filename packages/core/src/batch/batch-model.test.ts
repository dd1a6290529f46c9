import { config, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PaidWorld } from '../../test/paid-world.js';
import { isTerminal } from '../model/is-terminal.js';
import { isWhisulError } from '../model/whisul-error.js';
import type { BatchOptions } from './batch-options.js';
import { batch$ } from './batch.js';
import type { BatchEvent } from './batch-event.js';

const worlds = 500;

/** What happens in the middle of a run. */
type Mishap = 'none' | 'left' | 'crash' | 'closed' | 'stopped';
const mishaps: Mishap[] = ['none', 'left', 'left', 'crash', 'closed', 'stopped', 'stopped'];

/** Runs one batch over and over in a world that goes wrong, and then once more in one that does not. */
async function live(seed: number, tells: boolean): Promise<void> {
  const world = new PaidWorld(seed);
  const prompts = Array.from({ length: 1 + world.int(5) }, (_, index) => `p${index}`);
  const retryFailed = world.int(3);
  const isDiskSound = world.int(2) === 0;
  const runs = 2 + world.int(6);
  /** What each run emitted, to find out what went wrong. */
  const log: string[] = [];
  const where = () => `seed ${seed}, ${tells ? 'telling' : 'foreign'}\n${log.join('\n')}`;
  const failures = new Set<string>();
  const paidTwice: string[] = [];
  const resubmitting = new Set<number>();
  let journal = world.journal();
  let run$: Observable<BatchEvent> | undefined;
  let maxSubmits = Infinity;

  world.onPost = (prompt, run, isRefused) => {
    for (const post of world.posts) {
      if (post.prompt !== prompt || post.replaced) continue;
      if (post.id !== undefined && failures.has(post.id) && retryFailed > 0) continue;
      // The user's word is for what an earlier run left in doubt, and for one time.
      if (!resubmitting.has(run) || post.run === run || post.recorded)
        paidTwice.push(`${prompt} of run ${post.run} in run ${run}`);
      post.replaced = !isRefused;
    }
  };

  const tell = (id: string | undefined): void => {
    const post = world.postOf(id);
    if (post) post.told = true;
  };
  const hear = (event: BatchEvent): void => {
    const { key } = event;
    if (event.type === 'problem') {
      const { code, jobId } = event.error;
      log.push(`${key} ${code} ${jobId ?? ''}`);
      tell(jobId);
      expect(code, where()).not.toBe('journal_conflict');
      if (code === 'submit_unknown' || code === 'engine')
        for (const post of world.posts) if (post.prompt === `p${key}`) post.reported = true;
      return;
    }
    const { job } = event;
    log.push(`${key} ${job.status} ${job.job_id}`);
    tell(job.job_id);
    if (job.status === 'failed') failures.add(job.job_id);
    // B4: whatever is emitted is on the disk, and nothing newer is but the next attempt.
    const entry = world.disk.get(key);
    expect(entry?.job?.job_id, where()).toBe(job.job_id);
    if (isTerminal(job)) expect(entry?.state, where()).toBe(job.status);
  };

  /** B8: when a stopped run ends, no answer is outstanding, and each is on the disk. */
  const expectStopped = async (end: string): Promise<void> => {
    // A problem that would have stopped it anyway may have come first.
    expect(end, where()).toMatch(/signal|client was closed|No\.|disk|maxSubmits/);
    if (!tells) return;
    // An earlier run that was left may still be waiting for answers.
    const answered = () => world.posts.filter((post) => post.run === world.run && post.answered);
    const before = answered();
    if (isDiskSound)
      expect(
        before.filter((post) => !post.recorded && !post.told),
        where(),
      ).toEqual([]);
    while (await world.step()) continue;
    expect(answered(), where()).toEqual(before);
  };

  const runOnce = async (mishap: Mishap, options: BatchOptions): Promise<void> => {
    world.run += 1;
    // A run that was left may be taken up by subscribing again, as it was.
    if (mishap === 'stopped') run$ = undefined;
    if (run$) {
      if (resubmitting.has(world.run - 1)) resubmitting.add(world.run);
    } else {
      if (options.onUnknown === 'resubmit') resubmitting.add(world.run);
      maxSubmits = options.maxSubmits ?? Infinity;
    }
    log.push(`-- run ${world.run}: ${mishap} ${run$ ? 'again' : JSON.stringify(options)}`);
    const stop = new AbortController();
    run$ ??= batch$(world.engine(tells), prompts, { ...options, journal, retryFailed, signal: stop.signal });
    const ends = new Map<string, number>();
    let end: string | undefined;
    const subscription = run$.subscribe({
      next: (event) => {
        hear(event);
        if (event.type === 'problem') ends.set(event.key, (ends.get(event.key) ?? 0) + 1);
        else if (isTerminal(event.job)) ends.set(event.key, ends.get(event.key) ?? 0);
      },
      error: (error: unknown) => (end = String(error)),
      complete: () => (end = 'complete'),
    });
    for (
      let steps = mishap === 'none' ? Infinity : world.int(world.int(2) === 0 ? 8 : 60);
      steps > 0 && end === undefined;
      steps--
    )
      if (!(await world.step())) break;
    if (mishap === 'closed') world.closeClient();
    while (mishap === 'closed' && end === undefined && (await world.step())) continue;
    const ranToItsEnd = end !== undefined;
    if (mishap === 'stopped') stop.abort();
    while (mishap === 'stopped' && end === undefined && (await world.step())) continue;
    if (mishap === 'none' || mishap === 'closed' || mishap === 'stopped') expect(end, where()).toBeDefined();
    if (mishap === 'stopped' && !ranToItsEnd) await expectStopped(String(end));
    log.push(`-- ${end ?? mishap}`);
    for (const [key, problems] of ends) expect(problems, `${key}: ${where()}`).toBeLessThanOrEqual(1);
    if (end === 'complete') expect(ends.size, where()).toBe(prompts.length);
    expect(world.posts.filter(({ run }) => run === world.run).length, where()).toBeLessThanOrEqual(maxSubmits);

    // Nobody leaves a process that has died.
    if (mishap === 'crash') world.crash();
    else subscription.unsubscribe();
    if (world.isClosed()) {
      while (await world.step()) continue;
      world.restart();
    }
    if (mishap !== 'left' || world.int(2) === 0) run$ = undefined;
    if (mishap !== 'left') journal = world.journal();
  };

  for (let run = 0; run < runs; run++) {
    world.diskTrouble = isDiskSound ? 0 : 0.08;
    world.apiTrouble = world.int(2) === 0 ? 0.3 : 0.05;
    const resubmits = world.int(4) === 0;
    await runOnce(mishaps[world.int(mishaps.length)] ?? 'none', {
      concurrency: 1 + world.int(4),
      ...(resubmits && { onUnknown: 'resubmit' }),
      ...(world.int(3) === 0 && { maxSubmits: world.int(5) }),
    });
  }
  while (await world.step()) continue;
  run$ = undefined;
  world.diskTrouble = 0;
  world.apiTrouble = 0;
  await runOnce('none', {});

  expect(paidTwice, where()).toEqual([]);
  const lost = world.posts.filter(({ id, recorded, told, reported, replaced, answered }) => {
    if (id === undefined || recorded || told) return false;
    // What a sound disk could have kept, and what an engine that tells has told.
    return (answered && tells && isDiskSound) || (!reported && !replaced);
  });
  expect(lost, where()).toEqual([]);
}

describe('in a world where everything goes wrong', () => {
  const unhandled = config.onUnhandledError;
  const unexpected: unknown[] = [];
  beforeAll(() => {
    // What a bad disk did not take of a run that was left.
    config.onUnhandledError = (error) => {
      if (!isWhisulError(error, 'journal')) unexpected.push(error);
    };
  });
  afterAll(() => {
    config.onUnhandledError = unhandled;
    expect(unexpected).toEqual([]);
  });

  it.each([true, false])(
    'nothing is paid twice without a `submit_unknown` and no paid id is lost (engine tells: %s)',
    { timeout: 60_000 },
    async (tells) => {
      for (let seed = 1; seed <= worlds; seed++) await live(seed, tells);
    },
  );
});
