import { type ClientEvent, type WhisulOptions } from '@whisul-rx/core';
import { describe, expect, it, vi } from 'vitest';
import { accepted, completed, connectionError, hanging, running, status } from './answers.js';
import { byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { useVirtualTime } from './virtual-time.js';
import { rejection, statuses, watch } from './watch.js';

useVirtualTime(0);

const client = (post: Script, get: Script = inTurn(running), options: WhisulOptions = {}) =>
  scriptedClient(byMethod(post, get), options);
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('G2: a job whose receipt is known is in no doubt', () => {
  const closed = { code: 'closed', jobId: 'a', lastState: { status: 'submitted', job_id: 'a' } };

  it('also when the client is closed by a listener', async () => {
    const { whisul } = client(inTurn(accepted('a')));
    const song = watch(whisul.generate$('a song'), () => {
      whisul.close();
    });
    await wait(1);
    expect(statuses(song.values)).toEqual(['submitted']);
    expect(song.error).toMatchObject(closed);
  });

  it('also when nobody waited for it, and the client is closed since', async () => {
    const { whisul } = client(inTurn({ ...accepted('a'), delay: 100 }));
    const song$ = whisul.generate$('a song');
    const left = watch(song$);
    await wait(50);
    left.unsubscribe();
    await wait(100);
    whisul.close();
    const song = watch(song$);
    expect(statuses(song.values)).toEqual(['submitted']);
    expect(song.error).toMatchObject(closed);
  });

  it('also when submit() is aborted in that very moment', async () => {
    const { whisul } = client(inTurn(accepted('a')));
    const controller = new AbortController();
    whisul.events$.subscribe((event: ClientEvent) => {
      if (event.type === 'submitted') controller.abort();
    });
    const error = await rejection(whisul.submit('a song', { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'aborted', jobId: 'a', prompt: 'a song' });
    expect(error.message).toContain('a');
  });

  it('in a batch, too', async () => {
    const { whisul } = client(inTurn(accepted('a')));
    const batch = watch(whisul.batch$(['a song']), () => {
      whisul.close();
    });
    await wait(1);
    expect(batch.values.at(-1)).toMatchObject({ type: 'problem', error: { code: 'closed', jobId: 'a' } });
  });
});

describe('errors of a submit say what it was about', () => {
  it('closed and aborted, before anything was sent', async () => {
    const { whisul } = client(inTurn(hanging), inTurn(hanging), { budget: { maxInFlight: 1 } });
    watch(whisul.job$('a'));
    await wait(1);
    const controller = new AbortController();
    const aborted = rejection(whisul.submit('a song', { signal: controller.signal }));
    const closed = watch(whisul.generate$('another'));
    controller.abort();
    whisul.close();
    expect(await aborted).toMatchObject({ code: 'aborted', prompt: 'a song' });
    expect((await aborted).message).toContain('Nothing was submitted.');
    expect(closed.error).toMatchObject({ code: 'closed', prompt: 'another' });
  });

  it.each([400, 401, 404, 409, 425, 429])('a refusal with %i: that nothing was charged', async (code) => {
    const { whisul } = client(inTurn(status(code)), inTurn(running), { retry: { maxFailures: 1 } });
    const { message, prompt } = await rejection(whisul.submit('a song'));
    expect(message).toContain('Nothing was accepted or charged.');
    expect(message).not.toContain('this id');
    expect(prompt).toBe('a song');
  });

  it('a 202 that broke off: its status, and the id that support will ask for', async () => {
    const cut = { ...accepted('a'), headers: { 'x-request-id': 'r-1' }, bodyError: new Error('terminated') };
    const error = await rejection(client(inTurn(cut)).whisul.submit('a song'));
    expect(error).toMatchObject({ code: 'submit_unknown', status: 202, requestId: 'r-1' });
  });

  it('why the connection failed, however deep that is', async () => {
    const { whisul } = client(inTurn(connectionError('ECONNREFUSED')), undefined, { retry: { maxFailures: 1 } });
    expect((await rejection(whisul.submit('a song'))).message).toContain('fetch failed: connect ECONNREFUSED');
  });

  it('a key that never comes: that nothing was sent', async () => {
    const apiKey = () => new Promise<string>(() => undefined);
    const { api, whisul } = client(inTurn(accepted('a')), inTurn(running), { apiKey, requestTimeout: 1_000 });
    const failures = [rejection(whisul.submit('a song')), rejection(whisul.getJob('a'))];
    await wait(2_000);
    for (const error of await Promise.all(failures)) {
      expect(error.code).toBe('unauthorized');
      expect(error.message).toMatch(/`apiKey`.*Nothing was sent/);
    }
    expect(api.requests).toEqual([]);
  });

  it('getJob aborted: the job', async () => {
    const controller = new AbortController();
    const error = rejection(client(inTurn()).whisul.getJob('a', { signal: controller.signal }));
    controller.abort();
    expect(await error).toMatchObject({ code: 'aborted', jobId: 'a' });
  });

  it('getJob aborted after the client has seen the end: the end', async () => {
    const { whisul } = client(inTurn(), inTurn({ ...running, delay: 1e6 }, completed));
    const controller = new AbortController();
    const read = rejection(whisul.getJob('a', { signal: controller.signal }));
    watch(whisul.job$('a'));
    await wait(1);
    controller.abort();
    const error = await read;
    expect(error).toMatchObject({ code: 'aborted', jobId: 'a', lastState: { status: 'completed' } });
    expect(error.message).not.toContain('running');
  });

  it('a finished job is not said to be running still', async () => {
    const { whisul } = client(inTurn(), inTurn(completed));
    watch(whisul.job$('a'));
    await wait(1);
    whisul.close();
    const { error } = watch(whisul.job$('a'));
    expect(error).toMatchObject({ code: 'closed', lastState: { status: 'completed' } });
    expect(error.message).not.toContain('running');
  });
});

describe('J8, J9: a refused submit', () => {
  it('closes the gate also when nobody waits for its answer any more', async () => {
    const refused = { ...status(429, { 'Retry-After': '60' }), delay: 100 };
    const { api, whisul } = client(inTurn(refused, accepted('a')));
    const events = watch(whisul.events$);
    const song$ = whisul.generate$('a song');
    const left = watch(song$);
    await wait(50);
    left.unsubscribe();
    await wait(100);
    expect(events.values.filter(({ type }) => type === 'paused')).toEqual([{ type: 'paused', at: 100, until: 60_100 }]);
    const [back, job] = [watch(song$), watch(whisul.job$('b'))];
    await wait(59_900);
    expect(api.requests).toHaveLength(1);
    await wait(10_000);
    expect(statuses(back.values)).toEqual(['submitted', 'running']);
    expect(statuses(job.values)).toEqual(['running']);
  });

  it('keeps its wait for those who leave and come back', async () => {
    const { api, whisul } = client(inTurn(connectionError('ECONNREFUSED'), accepted('a')));
    const song$ = whisul.generate$('a song');
    for (let visit = 0; visit < 5; visit += 1) {
      const left = watch(song$);
      await wait(10);
      left.unsubscribe();
    }
    expect(api.posts).toHaveLength(1);
    const song = watch(song$);
    await wait(1_000);
    expect(statuses(song.values)).toEqual(['submitted']);
    expect(api.posts.map(({ at }) => at)).toEqual([0, 1_000]);
  });
});
