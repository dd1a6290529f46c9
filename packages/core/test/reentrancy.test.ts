import { type ClientEvent, type WhisulOptions } from '@whisul-rx/core';
import { filter, merge, Subject, type Subscription, switchMap, take, takeUntil, timer } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { accepted, hanging, running, status } from './answers.js';
import { byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { useVirtualTime } from './virtual-time.js';
import { rejection, watch } from './watch.js';

// Handlers that leave, come back, or close the client in the middle of what it does.
useVirtualTime(0);

function client(script: Script, options: WhisulOptions = {}) {
  const scripted = scriptedClient(script, options);
  const on = (type: ClientEvent['type'], work: () => void) => {
    scripted.whisul.events$.pipe(filter((event) => event.type === type)).subscribe(work);
  };
  return { ...scripted, on };
}
const minute = () => vi.advanceTimersByTimeAsync(60_000);
const odd = { body: { ...Object(running.body), status: 'queued' } };

describe('J3: nothing is asked for once nobody is subscribed', () => {
  it.each([
    ['paused', status(429), 1],
    ['retry', status(500), 1],
    ['warning', odd, 1],
    ['transition', running, 1],
    ['response', running, 1],
    ['request', running, 0],
  ] as const)('also when the last one leaves in the event %s', async (type, answer, requests) => {
    const { api, whisul, on } = client(inTurn(answer));
    const subscription = whisul.job$('a').subscribe();
    on(type, () => {
      subscription.unsubscribe();
    });
    await minute();
    expect(api.requests).toHaveLength(requests);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['paused', 'warning', 'transition', 'response'] as const)(
    'also when the client is closed in the event %s',
    async (type) => {
      const { api, whisul, on } = client(inTurn(type === 'paused' ? status(429) : odd));
      on(type, () => {
        whisul.close();
      });
      const job = watch(whisul.job$('a'));
      await minute();
      expect(job.error).toMatchObject({ code: 'closed', jobId: 'a' });
      expect(api.requests).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('also when the client is closed by the subscriber that gets the latest state', async () => {
    const { api, whisul } = client(inTurn(running));
    whisul.job$('a').pipe(take(1)).subscribe();
    await vi.advanceTimersByTimeAsync(0);
    const job = watch(whisul.job$('a'), () => {
      whisul.close();
    });
    await minute();
    expect(job.error).toMatchObject({ code: 'closed', jobId: 'a', lastState: { status: 'running' } });
    expect(api.requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('also when a subscriber comes back while another job begins in its place', async () => {
    const { api, whisul } = client((_, index) => (index === 0 ? hanging : running), { budget: { maxInFlight: 1 } });
    let again: Subscription | undefined;
    whisul.events$.subscribe((event) => {
      if (event.type === 'request' && event.job_id === 'b') again ??= whisul.job$('a').subscribe();
    });
    const [a, b] = [whisul.job$('a').subscribe(), whisul.job$('b').subscribe()];
    await vi.advanceTimersByTimeAsync(1);
    a.unsubscribe();
    await vi.advanceTimersByTimeAsync(1);
    b.unsubscribe();
    again?.unsubscribe();
    const asked = api.requests.length;
    await minute();
    expect(api.requests).toHaveLength(asked);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a POST that waits for its turn is not sent by leaving', () => {
  it('when the request before it is taken back at the same time', async () => {
    const { api, whisul } = client(inTurn(hanging), { budget: { maxInFlight: 1 } });
    const song$ = timer(1).pipe(switchMap(() => whisul.generate$('a song')));
    const both = merge(whisul.job$('a'), song$).subscribe();
    await vi.advanceTimersByTimeAsync(10);
    both.unsubscribe();
    await minute();
    expect(api.posts).toHaveLength(0);
  });

  it('when the client is closed', async () => {
    const { api, whisul } = client(inTurn(hanging), { budget: { maxInFlight: 1 } });
    const jobs = ['a', 'b', 'c'].map((id) => watch(whisul.job$(id)));
    await vi.advanceTimersByTimeAsync(1);
    const receipt = rejection(whisul.submit('a song'));
    whisul.close();
    expect(await receipt).toMatchObject({ code: 'closed', prompt: 'a song' });
    for (const job of jobs) expect(job.error.code).toBe('closed');
    await minute();
    expect(api.requests).toHaveLength(1);
  });

  it.each(['close', 'leave'] as const)('nor by who hears of the POST before it and makes it %s', async (how) => {
    const { api, whisul, on } = client(inTurn(hanging), { budget: { maxInFlight: 2 } });
    const polls = watch(merge(whisul.job$('a'), whisul.job$('b')));
    await vi.advanceTimersByTimeAsync(1);
    const first = watch(whisul.generate$('the first'));
    polls.unsubscribe(); // now the first one waits for the next turn
    const stop$ = new Subject<void>();
    on('request', () => {
      if (how === 'close') whisul.close();
      else stop$.next();
    });
    const second = watch(whisul.generate$('the second').pipe(takeUntil(stop$)));
    await minute();
    expect(api.posts.map(({ body }) => body)).toEqual(how === 'close' ? [] : ['{"prompt":"the first"}']);
    expect(first.error.code).toBe(how === 'close' ? 'closed' : 'submit_unknown');
    if (how === 'close') expect(second.error).toMatchObject({ code: 'closed', prompt: 'the second' });
  });

  it('nor by who hears of a request and takes back another one', async () => {
    const { api, whisul, on } = client(inTurn(hanging), { budget: { maxInFlight: 2 } });
    const other = whisul.job$('a').subscribe();
    await vi.advanceTimersByTimeAsync(1);
    let song: Subscription | undefined;
    on('request', () => {
      song ??= whisul.generate$('a song').subscribe();
      other.unsubscribe();
    });
    const read = rejection(whisul.getJob('b'));
    song?.unsubscribe();
    await minute();
    expect(api.posts).toHaveLength(0);
    whisul.close();
    await read;
  });

  it('and goes when others have left before it', async () => {
    const { api, whisul } = client(byMethod(inTurn(accepted('s')), inTurn(hanging)), { budget: { maxInFlight: 1 } });
    const job = watch(whisul.job$('a'));
    await vi.advanceTimersByTimeAsync(1);
    const receipt = whisul.submit('a song');
    job.unsubscribe();
    await vi.advanceTimersByTimeAsync(1);
    await expect(receipt).resolves.toMatchObject({ job_id: 's' });
    expect(api.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });
});

describe('J10: the API never sees more requests than the budget allows', () => {
  it('when one times out, and when one is taken back', async () => {
    const { api, whisul } = client(inTurn(hanging), { budget: { maxInFlight: 1 }, requestTimeout: 1_000 });
    const jobs = ['a', 'b', 'c'].map((id) => watch(whisul.job$(id)));
    await vi.advanceTimersByTimeAsync(1_500);
    jobs[1]?.unsubscribe();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(api.requests.length).toBeGreaterThan(2);
    expect(api.busiest).toBe(1);
  });

  it('nor sooner, whatever time the key takes', async () => {
    const waits = [3_000, 2_000, 1_000, 0];
    const apiKey = () => new Promise<string>((resolve) => setTimeout(resolve, waits.shift() ?? 0, 'sk-test'));
    const { api, whisul } = client(inTurn(hanging), { apiKey, budget: { requestsPerSecond: 1 } });
    for (const id of ['a', 'b', 'c', 'd']) watch(whisul.job$(id));
    await vi.advanceTimersByTimeAsync(8_000);
    expect(api.times).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it('nor through a gate that closed while the key was fetched', async () => {
    let slow = false;
    const apiKey = () => new Promise<string>((resolve) => setTimeout(resolve, slow ? 2_000 : 0, 'sk-test'));
    const { api, whisul } = client(inTurn({ ...status(429, { 'Retry-After': '60' }), delay: 500 }, running), {
      apiKey,
    });
    watch(whisul.job$('a'));
    await vi.advanceTimersByTimeAsync(10);
    slow = true;
    watch(whisul.job$('b'));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(api.requests).toHaveLength(1);
  });
});

describe('J4: one loop a job', () => {
  it('also when the API gives two submits the same id', async () => {
    const { api, whisul } = client(byMethod(inTurn(accepted('same')), inTurn({ ...running, delay: 100 })));
    const first = watch(whisul.generate$('a song'));
    await vi.advanceTimersByTimeAsync(1_000);
    const second = watch(whisul.generate$('another'));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(api.busiest).toBe(1);
    expect([first, second].map(({ values }) => values.map(({ status: name }) => name))).toEqual([
      ['submitted', 'running'],
      ['submitted', 'running'],
    ]);
    whisul.close();
    expect([first.error.code, second.error.code]).toEqual(['closed', 'closed']);
    const asked = api.requests.length;
    await minute();
    expect(api.requests).toHaveLength(asked);
  });
});
