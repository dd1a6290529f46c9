import { isWhisulError, type ClientEvent, type JobState } from '@whisul-rx/core';
import { config, take } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { completed, running, runningBody } from './answers.js';
import { inTurn } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { statuses, watch } from './watch.js';

useVirtualTime();

describe('J4: one loop for all subscribers', () => {
  it('shares the requests; one leaving changes nothing for the others', async () => {
    const { api, whisul } = scriptedClient(inTurn(running, running, completed));
    const first = watch(whisul.job$('abc'));
    const second = watch(whisul.job$({ job_id: 'abc' }));
    await seconds(1);
    const third = watch(whisul.job$('/jobs/abc'));
    expect(statuses(third.values)).toEqual(['running']);
    first.unsubscribe();
    await seconds(30);
    expect(statuses(second.values)).toEqual(['running', 'completed']);
    expect(statuses(third.values)).toEqual(['running', 'completed']);
    expect(api.times).toEqual([0, 5_000, 10_000]);
  });

  it('after the end gives the state and completion at once, with no request', async () => {
    const { api, whisul } = scriptedClient(inTurn(completed));
    watch(whisul.job$('a'));
    await seconds(1);
    const late = watch(whisul.job$('a'));
    expect(statuses(late.values)).toEqual(['completed']);
    expect(late.completions).toBe(1);
    await seconds(60);
    expect(api.requests).toHaveLength(1);
  });

  it('a subscriber that comes from inside another one, or from an event, gets each state once', async () => {
    const { api, whisul } = scriptedClient(inTurn(running, completed));
    const inner: ReturnType<typeof watch<JobState>>[] = [];
    whisul.events$.subscribe((event: ClientEvent) => {
      if (event.type === 'transition') inner.push(watch(whisul.job$('a')));
    });
    watch(whisul.job$('a'), () => inner.push(watch(whisul.job$('a'))));
    await seconds(30);
    expect(inner.map(({ values }) => statuses(values))).toEqual([
      ['running', 'completed'],
      ['running', 'completed'],
      ['completed'],
      ['completed'],
    ]);
    expect(api.requests).toHaveLength(2);
  });

  it('`take(1)` leaves and the rest goes on', async () => {
    const { api, whisul } = scriptedClient(inTurn(running, completed));
    const one = watch(whisul.job$('a').pipe(take(1)));
    const all = watch(whisul.job$('a'));
    await seconds(30);
    expect([statuses(one.values), statuses(all.values)]).toEqual([['running'], ['running', 'completed']]);
    expect(api.requests).toHaveLength(2);
  });
});

describe('J5: never two requests in flight for one job', () => {
  it('an API slower than the interval neither starves nor overlaps', async () => {
    const slow = { ...running, delay: 12_000 };
    const { api, whisul } = scriptedClient(inTurn(slow, slow, { ...completed, delay: 12_000 }));
    const job = watch(whisul.job$('a'));
    await seconds(120);
    expect(statuses(job.values)).toEqual(['running', 'completed']);
    expect(api.times).toEqual([0, 17_000, 34_000]);
    expect(api.busiest).toBe(1);
  });

  it('the wait starts when the body is in, not the head', async () => {
    const { api, whisul } = scriptedClient(inTurn({ ...running, bodyDelay: 3_000 }));
    const job = watch(whisul.job$('a'));
    await seconds(20);
    expect(api.times).toEqual([0, 8_000, 16_000]);
    job.unsubscribe();
  });
});

describe('J12: a subscriber that throws disturbs nobody', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it('neither the others nor the loop', async () => {
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);
    const { api, whisul } = scriptedClient(inTurn(running, completed));
    const bug = new Error('a bug of the subscriber');
    const before = watch(whisul.job$('a'));
    whisul.job$('a').subscribe({
      next: () => {
        throw bug;
      },
      complete: () => {
        throw bug;
      },
    });
    whisul.events$.subscribe(() => {
      throw bug;
    });
    const after = watch(whisul.job$('a'));
    await seconds(30);
    for (const job of [before, after]) {
      expect(statuses(job.values)).toEqual(['running', 'completed']);
      expect(job.completions).toBe(1);
    }
    expect(api.requests).toHaveLength(2);
    expect(unhandled.length).toBeGreaterThan(0);
    expect(unhandled.every((error) => error === bug)).toBe(true);
  });
});

describe('J13: an undocumented status is a running job', () => {
  it('with reported_status, a warning, the pace of the schedule and the bound of jobTimeout', async () => {
    const queued = { body: { ...runningBody, status: 'queued' } };
    const mixing = { body: { ...runningBody, status: 'mixing' } };
    const { api, whisul } = scriptedClient(inTurn(queued, queued, mixing), { jobTimeout: 60_000 });
    const events = watch(whisul.events$);
    const job = watch(whisul.job$('a'));
    await seconds(120);
    expect(job.values).toMatchObject([{ status: 'running', reported_status: 'queued' }]);
    expect(isWhisulError(job.error, 'job_timeout')).toBe(true);
    expect(job.error.lastState).toMatchObject({ status: 'running', reported_status: 'mixing' });
    expect(api.requests.length).toBeLessThanOrEqual(13);
    const warnings = events.values.filter(({ type }) => type === 'warning');
    expect(JSON.stringify(warnings)).toMatch(/queued.*mixing/);
  });

  it.each([
    ['missing', undefined],
    ['a number', 3],
    ['null', null],
  ])('one that is %s cannot be read, and is asked again', async (_, odd) => {
    const { whisul } = scriptedClient(inTurn({ body: { ...runningBody, status: odd } }, completed));
    const job = watch(whisul.job$('a'));
    await seconds(60);
    expect(statuses(job.values)).toEqual(['completed']);
  });
});
