import { getEventListeners } from 'node:events';
import { WhisulError, type JobState } from '@whisul-rx/core';
import { createJobsHandler, toSseMessages, toSseResponse } from '@whisul-rx/sse/server';
import { finalize, from, NEVER, of, Subject, throwError } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { completed, FakeEngine, running, submitted } from '../../test/fake-engine.js';
import { eventsOf, StreamReader } from '../../test/read-stream.js';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

afterEach(() => {
  vi.useRealTimers();
});

describe('toSseResponse', () => {
  it('carries every state of a source to a reader that keeps up, then the end', async () => {
    const states = [submitted('a'), running('a'), completed('a')];
    const response = toSseResponse(from(states));
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const parts = await new StreamReader(response).rest();
    expect(parts.slice(2, -1).map(({ data }) => JSON.parse(data ?? ''))).toEqual(states);
    expect(parts.at(-1)?.event).toBe('end');
  });

  it('ends with the source, not with the first job of several', async () => {
    const response = toSseResponse(of(completed('a'), running('b'), completed('b')));
    expect(await eventsOf(response)).toEqual(['a:completed', 'b:running', 'b:completed', 'end']);
  });

  it('tells an error as a problem', async () => {
    const response = toSseResponse(throwError(() => new WhisulError('job_timeout', 'Late.', { jobId: 'a' })));
    const parts = await new StreamReader(response).rest();
    expect(parts.at(-2)?.event).toBe('problem');
    expect(JSON.parse(parts.at(-2)?.data ?? '')).toMatchObject({ code: 'job_timeout', job_id: 'a' });
  });

  it('ends with a state that cannot be told: no other follows its problem', async () => {
    const response = toSseResponse(from([running('a', { big: 1n }), running('b'), completed('a')]));
    expect(await eventsOf(response)).toEqual(['problem', 'end']);
  });

  it('gives a slow reader the newest state of each job and the terminal one, and keeps one of each', async () => {
    const source$ = new Subject<JobState>();
    const reader = new StreamReader(toSseResponse(source$));
    await reader.next();
    await turn();
    for (let step = 0; step < 10_000; step += 1) {
      source$.next(running('a', { step }));
      source$.next(running('b', { step }));
    }
    source$.next(completed('a'));
    source$.next(running('a', { step: 'after the end' }));
    const parts = await Promise.all([reader.event(), reader.event()]);
    expect(parts.map((part) => part?.id).sort()).toEqual(['a:completed', 'b:running']);
    expect(parts.map((part) => part?.data).join('')).toContain('"step":9999');
    source$.complete();
    expect((await reader.rest()).map(({ event }) => event)).toEqual(['end']);
  });

  it('lets the problem of a job take the place of its waiting state, but not of its terminal state', async () => {
    const source$ = new Subject<JobState>();
    const reader = new StreamReader(toSseResponse(source$));
    await reader.next();
    await turn();
    source$.next(running('a'));
    source$.next(completed('b'));
    source$.error(new WhisulError('job_timeout', 'Late.', { jobId: 'a' }));
    const parts = await reader.rest();
    expect(parts.map(({ event, id }) => event ?? id).filter(Boolean)).toEqual(['problem', 'b:completed', 'end']);
  });

  it.each(['cancel', 'abort'])('unsubscribes once at %s, and may be told so twice', async (way) => {
    const unsubscribed = vi.fn();
    const source$ = new Subject<JobState>();
    const controller = new AbortController();
    const response = toSseResponse(source$.pipe(finalize(unsubscribed)), { signal: controller.signal });
    const reader = new StreamReader(response);
    await reader.next();
    if (way === 'cancel') await reader.cancel();
    controller.abort();
    expect(unsubscribed).toHaveBeenCalledTimes(1);
    if (way === 'abort') expect((await reader.rest()).at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
  });

  it.each(['end', 'abort'])(
    'has one listener on a signal, however many streams it ends, and none after the %s',
    (way) => {
      const controller = new AbortController();
      const { signal } = controller;
      const source$ = new Subject<JobState>();
      const bodies = Array.from({ length: 11 }, () => toSseResponse(source$, { signal }).body);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      if (way === 'abort') controller.abort();
      else for (const body of bodies) void body?.cancel();
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      expect(source$.observed).toBe(false);
    },
  );

  it('answers 204 to a client that saw the end', () => {
    const source$ = new Subject<JobState>();
    expect(toSseResponse(source$, { lastEventId: 'end' }).status).toBe(204);
    expect(source$.observed).toBe(false);
  });

  it('checks its options', () => {
    expect(() => toSseResponse(NEVER, { heartbeat: 0 })).toThrow(/`heartbeat`/);
    for (const source of [undefined, null, 'a', {}, Promise.resolve(completed('a'))]) {
      const bad = expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(/`source\$`/) });
      expect(() => Reflect.apply(toSseResponse, undefined, [source])).toThrow(bad);
      expect(() => Reflect.apply(toSseMessages, undefined, [source])).toThrow(bad);
    }
  });
});

describe('a web stream', () => {
  it.each(['cancel', 'signal', 'both'])('tears down once when the client leaves by %s', async (way) => {
    const engine = new FakeEngine();
    const handler = createJobsHandler(engine, { authorize: 'public', maxConnections: 1 });
    engine.job('a').next(running('a'));
    const client = new AbortController();
    const init = { headers: { accept: 'text/event-stream' }, signal: client.signal };
    const reader = new StreamReader(await handler(new Request('http://app.example/jobs/a', init)));
    await reader.event();
    if (way !== 'signal') await reader.cancel();
    if (way !== 'cancel') client.abort();
    expect(engine.live).toBe(0);
    engine.job('a').next(running('a', { later: true }));
    // The slot is free again.
    expect((await handler(new Request('http://app.example/jobs/a'))).status).toBe(200);
    await handler.close();
  });

  it('is sent away by close(), also when nobody has read from it yet or it waits for its head', async () => {
    const engine = new FakeEngine();
    const handler = createJobsHandler(engine, { authorize: 'public' });
    engine.job('a').next(running('a'));
    const ask = (id: string) =>
      handler(new Request(`http://app.example/jobs/${id}`, { headers: { accept: 'text/event-stream' } }));
    const read = new StreamReader(await ask('a'));
    await read.event();
    const unread = await ask('a');
    const headless = ask('silent');
    await turn();
    const next = read.next();
    await handler.close();
    expect((await next)?.retry).toBeLessThanOrEqual(5_000);
    expect(await read.next()).toBeUndefined();
    expect(await unread.text()).toMatch(/^id: a:running\ndata: .*\n\nretry: \d{4}\n$/);
    expect(await (await headless).text()).toMatch(/^retry: ([1-4]\d{3}|5000)\n$/);
    expect(engine.live).toBe(0);
  });

  it('closes when the signal of the options aborts', async () => {
    const shutdown = new AbortController();
    const engine = new FakeEngine();
    const handler = createJobsHandler(engine, { authorize: 'public', signal: shutdown.signal });
    engine.job('a').next(running('a'));
    shutdown.abort();
    expect((await handler(new Request('http://app.example/jobs/a'))).status).toBe(503);
  });

  it('has one listener on that signal for all handlers, and none once they are closed', async () => {
    const { signal } = new AbortController();
    const handlers = Array.from({ length: 11 }, () =>
      createJobsHandler(new FakeEngine(), { authorize: 'public', signal }),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await Promise.all(handlers.map((handler) => handler.close()));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('toSseMessages', () => {
  it('gives states, a heartbeat in a silence, and the end', () => {
    vi.useFakeTimers();
    const source$ = new Subject<JobState>();
    const heard: unknown[] = [];
    toSseMessages(source$, { heartbeat: 1_000 }).subscribe({
      next: (message) => heard.push(message),
      complete: () => heard.push('complete'),
    });
    vi.advanceTimersByTime(999);
    source$.next(running('a\n'));
    vi.advanceTimersByTime(1_999);
    source$.complete();
    expect(heard).toEqual([
      { id: 'a:running', data: JSON.stringify(running('a\n')) },
      { type: 'heartbeat', data: '{}' },
      { type: 'end', id: 'end', data: '{}' },
      'complete',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells an error as a problem and completes', () => {
    const heard: (string | undefined)[] = [];
    toSseMessages(throwError(() => new Error('secret'))).subscribe(({ type, data }) => heard.push(type, data));
    expect(heard[0]).toBe('problem');
    expect(heard[1]).not.toContain('secret');
    expect(heard[2]).toBe('end');
  });

  it('unsubscribes its source', () => {
    const source$ = new Subject<JobState>();
    toSseMessages(source$).subscribe().unsubscribe();
    expect(source$.observed).toBe(false);
  });
});
