import { describe, expect, it } from 'vitest';
import { end, frame, problem, settle } from '../../test/scripted-fetch.js';
import { listen, scriptSource } from '../../test/scripted-source.js';

describe('one connection for many jobs', () => {
  it('gathers what joins within a tick, up to jobsPerStream', async () => {
    const { follow, calls } = scriptSource();
    follow(...Array.from({ length: 120 }, (_, at) => `j${String(at)}`));
    await settle();
    expect(calls.map(({ ids }) => ids.length)).toEqual([50, 50, 20]);
    expect(calls[0]?.headers.get('accept')).toBe('text/event-stream');
  });

  it('keeps the query below 4 KB', async () => {
    const { follow, calls } = scriptSource({ url: 'https://app.test/jobs?tenant=x' });
    const ids = Array.from({ length: 50 }, (_, at) => `${String(at)}é`.padEnd(180, 'é'));
    follow(...ids);
    await settle();
    expect(calls.length).toBeGreaterThan(1);
    for (const { url } of calls) expect(url.search.length).toBeLessThanOrEqual(4_096);
    expect(calls.flatMap((call) => call.ids)).toEqual(ids);
    expect(calls[0]?.url.searchParams.get('tenant')).toBe('x');
  });

  it('opens again with the new set when a job joins or leaves, unnoticed; not when one ends', async () => {
    const { source, follow, calls, last } = scriptSource();
    const [a, b] = follow('a', 'b');
    const first = await last();
    first.open();
    first.send(frame('a', 'running') + frame('b', 'completed'));
    await settle();
    expect(b?.heard).toEqual(['completed', 'done']);
    expect(calls).toHaveLength(1);
    expect(first.aborted).toBe(false);

    const c = listen(source.job$('c'));
    const second = await last();
    expect(first.aborted).toBe(true);
    expect(second.ids).toEqual(['a', 'c']);
    second.open();
    second.send(frame('a', 'running') + frame('c', 'running'));
    await settle();

    c.subscription.unsubscribe();
    const third = await last();
    expect(second.aborted).toBe(true);
    expect(third.ids).toEqual(['a']);
    third.open();
    third.send(frame('a', 'running') + frame('a', 'completed'));
    await settle();
    expect(third.aborted).toBe(true);
    expect(a?.heard).toEqual(['running', 'completed', 'done']);
    expect(c.heard).toEqual(['running']);
    expect(calls).toHaveLength(3);
  });

  it('a job that is left and taken up again in one tick misses nothing that comes between', async () => {
    const { source, follow, last } = scriptSource();
    const [, b] = follow('a', 'b');
    const first = await last();
    first.open();
    first.send(frame('b', 'running'));
    await settle();
    b?.subscription.unsubscribe();
    first.send(frame('b', 'completed') + end);
    const again = listen(source.job$('b'));
    const second = await last();
    second.open();
    second.send(frame('b', 'completed'));
    await settle();
    expect(again.heard).toEqual(['running', 'completed', 'done']);
  });

  it('aborts when the last job has ended, whatever the server does', async () => {
    const { follow, last, calls, clock } = scriptSource();
    follow('a', 'b');
    const call = await last();
    call.open();
    call.send(frame('a', 'completed') + frame('b', 'failed'));
    await settle();
    expect(call.aborted).toBe(true);
    expect(clock.actions).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  it('a problem ends its own job only', async () => {
    const { follow, last, calls } = scriptSource();
    const [a, b] = follow('a', 'b');
    const call = await last();
    call.open();
    call.send(problem({ code: 'not_found', status: 404, job_id: 'a' }) + problem({ code: 'engine' }));
    call.send(`id: c:running\ndata: broken\n\n${frame('b', 'completed')}`);
    await settle();
    expect(a?.heard).toEqual(['not_found']);
    expect(b?.heard).toEqual(['completed', 'done']);
    expect(calls).toHaveLength(1);
  });

  it('a problem without an id is that of the only job', async () => {
    const { follow, last } = scriptSource();
    const [a] = follow('a');
    const call = await last();
    call.open();
    call.send(problem({ code: 'engine', detail: 'Broken.' }));
    await settle();
    expect(a?.heard).toEqual(['engine']);
  });

  it('a frame that cannot be read ends its own job only', async () => {
    const { follow, last } = scriptSource();
    const [a, b] = follow('a', 'b');
    const call = await last();
    call.open();
    call.send(`id: a:completed\ndata: {"status"\n\ndata: nonsense\n\n${frame('b', 'completed')}`);
    await settle();
    expect(a?.heard).toEqual(['invalid_response']);
    expect(b?.heard).toEqual(['completed', 'done']);
  });

  it('`end` before the terminal state is an error of every job left', async () => {
    const { follow, last, calls, clock } = scriptSource();
    const [a, b] = follow('a', 'b');
    const call = await last();
    call.open();
    call.send(frame('a', 'completed') + end);
    call.end();
    await settle();
    expect(a?.heard).toEqual(['completed', 'done']);
    expect(b?.heard).toEqual(['invalid_response']);
    expect(clock.actions).toEqual([]);
    expect(calls).toHaveLength(1);
  });
});

describe('a shared connection that is refused', () => {
  it('tries its jobs one by one: the refused one ends, the others go on together', async () => {
    const { follow, calls } = scriptSource();
    const [a, bad, c] = follow('a', 'bad', 'c');
    for (let turn = 0; turn < 8; turn += 1) {
      await settle();
      const call = calls.at(-1);
      if (call?.ids.includes('bad')) call.answer(403, {}, { code: 'unauthorized', detail: 'Not yours.' });
      else if (call?.aborted === false) call.open();
    }
    expect(calls.map(({ ids }) => ids.join())).toEqual(['a,bad,c', 'a', 'bad', 'c', 'a,c']);
    // One at a time: a probe is over before the next one starts.
    expect(calls.map(({ aborted }) => aborted)).toEqual([true, true, true, true, false]);
    expect(bad?.heard).toEqual(['unauthorized']);
    expect(bad?.error).toMatchObject({ jobId: 'bad', status: 403 });
    calls.at(-1)?.send(frame('a', 'completed') + frame('c', 'completed'));
    await settle();
    expect(a?.heard).toEqual(['completed', 'done']);
    expect(c?.heard).toEqual(['completed', 'done']);
  });

  it('asks in halves for what is refused only together', async () => {
    const { follow, calls } = scriptSource();
    const jobs = follow('a', 'b', 'c', 'd', 'e');
    for (let turn = 0; turn < 20; turn += 1) {
      await settle();
      for (const call of calls.filter(({ aborted }) => !aborted)) {
        if (call.ids.length > 2) call.answer(400);
        else call.open();
      }
    }
    for (const call of calls) for (const id of call.ids) if (!call.aborted) call.send(frame(id, 'completed'));
    await settle();
    for (const { heard } of jobs) expect(heard).toEqual(['completed', 'done']);
    expect(calls.every(({ aborted }) => aborted)).toBe(true);
  });

  it.each([
    ['has another status', 403, { code: 'unauthorized', status: 200 }],
    ['is definite, whatever the status', 503, { code: 'not_found', status: 503 }],
  ])('goes by the status and the code where the problem %s', async (_, status, body) => {
    const { follow, calls } = scriptSource();
    const [a, bad] = follow('a', 'bad');
    for (let turn = 0; turn < 6; turn += 1) {
      await settle();
      const call = calls.at(-1);
      if (call?.ids.includes('bad')) call.answer(status, {}, body);
      else if (call?.aborted === false) call.open();
    }
    expect(bad?.heard).toEqual([body.code]);
    expect(bad?.error).toMatchObject({ status });
    calls.at(-1)?.send(frame('a', 'completed'));
    await settle();
    expect(a?.heard).toEqual(['completed', 'done']);
  });

  it('tries each job once: one that gets no answer keeps the others from nothing', async () => {
    const { follow, calls, clock } = scriptSource();
    const [, good, bad] = follow('hangs', 'good', 'bad');
    const react = async (): Promise<void> => {
      for (let turn = 0; turn < 6; turn += 1) {
        await settle();
        const call = calls.at(-1);
        if (call?.ids.includes('bad')) call.answer(403);
        else if (call?.aborted === false && call.ids.includes('good')) call.open();
      }
    };
    await react();
    await clock.advance(25_000);
    await react();
    expect(calls.map(({ ids }) => ids.join())).toEqual(['hangs,good,bad', 'hangs', 'good', 'bad', 'hangs,good']);
    calls.at(-1)?.send(frame('good', 'completed'));
    await settle();
    expect(good?.heard).toEqual(['completed', 'done']);
    expect(bad?.heard).toEqual(['unauthorized']);
  });

  it('a probe that is told to wait closes the gate', async () => {
    const { follow, calls, clock } = scriptSource();
    follow('a', 'b');
    await settle();
    calls[0]?.answer(403);
    await settle();
    calls[1]?.answer(429, { 'retry-after': '7' });
    await clock.advance(6_999);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['a,b', 'a']);
    await clock.advance(1);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['a,b', 'a', 'b']);
  });

  it('parts that were split count their failures each for itself', async () => {
    const ids = Array.from({ length: 16 }, (_, at) => `j${String(at)}`);
    const { follow, calls, clock } = scriptSource({ retry: { maxFailures: 3 } });
    const jobs = follow(...ids);
    const answer = async (): Promise<void> => {
      for (let turn = 0; turn < 60; turn += 1) {
        await settle();
        for (const call of calls.filter(({ aborted }) => !aborted)) {
          if (call.ids.length > 2) call.answer(400);
          else call.open();
        }
      }
    };
    await answer();
    const open = calls.filter(({ aborted }) => !aborted);
    expect(open).toHaveLength(8);
    // One restart of the gateway, which takes a moment.
    for (const call of open) call.cut();
    await clock.advance(2_000);
    await answer();
    for (const call of calls) if (!call.aborted) for (const id of call.ids) call.send(frame(id, 'completed'));
    await settle();
    for (const { heard } of jobs) expect(heard).toEqual(['completed', 'done']);
  });

  it('a job that joins in the middle is not lost', async () => {
    const { source, follow, calls, clock } = scriptSource();
    follow('a', 'bad');
    await settle();
    calls[0]?.answer(403);
    await settle();
    const late = listen(source.job$('late'));
    await clock.advance(1_000);
    for (let turn = 0; turn < 10; turn += 1) {
      await settle();
      const call = calls.at(-1);
      if (call?.ids.includes('bad')) call.answer(403);
      else if (call?.aborted === false) call.open();
    }
    expect(calls.at(-1)?.ids).toEqual(['a', 'late']);
    calls.at(-1)?.send(frame('late', 'completed'));
    await settle();
    expect(late.heard).toEqual(['completed', 'done']);
  });
});

describe('without multiplexing', () => {
  it('every job has its own connection', async () => {
    const { follow, calls } = scriptSource({ multiplex: false, url: 'https://app.test/base/jobs/?k=1' });
    const [a, b] = follow('a', 'b');
    await settle();
    expect(calls.map(({ url }) => url.href)).toEqual([
      'https://app.test/base/jobs/a?k=1',
      'https://app.test/base/jobs/b?k=1',
    ]);
    calls[0]?.answer(404);
    calls[1]?.open();
    calls[1]?.send(frame('b', 'completed'));
    await settle();
    expect(a?.heard).toEqual(['not_found']);
    expect(b?.heard).toEqual(['completed', 'done']);
  });
});
