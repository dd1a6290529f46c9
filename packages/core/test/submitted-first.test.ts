import { type WhisulOptions } from '@whisul-rx/core';
import { take } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { accepted, completed, failed, running, status } from './answers.js';
import { byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { rejection, statuses, watch } from './watch.js';

useVirtualTime();

const client = (gets: Script, options: WhisulOptions = {}) =>
  scriptedClient(byMethod(inTurn(accepted('a')), gets), options);

describe('J1, J4: a job that this client submitted is never blank', () => {
  it.each(['a', '/jobs/a', { job_id: 'a' }])('job$(%j) begins with `submitted` at once, also late', async (ref) => {
    const { api, whisul } = client(inTurn(running, completed));
    await whisul.submit('a song');
    const early = watch(whisul.job$(ref));
    expect(statuses(early.values)).toEqual(['submitted']);
    await seconds(4);
    const late = watch(whisul.job$(ref));
    expect(statuses(late.values)).toEqual(['submitted']);
    expect(late.values).toEqual(early.values);
    await seconds(60);
    for (const job of [early, late]) expect(statuses(job.values)).toEqual(['submitted', 'running', 'completed']);
    expect(api.gets).toHaveLength(2);
  });

  it('`submitted` never follows another state', async () => {
    const { whisul } = client(inTurn(running, completed));
    const song = watch(whisul.generate$('a song'));
    await seconds(6);
    expect(statuses(song.values)).toEqual(['submitted', 'running']);
    const late = watch(whisul.job$('a'));
    expect(statuses(late.values)).toEqual(['running']);
    await seconds(60);
    expect(statuses(late.values)).toEqual(['running', 'completed']);
    expect(statuses(watch(whisul.job$('a')).values)).toEqual(['completed']);
  });

  it('`submitted` takes the place of nothing that was known of the id before its receipt', async () => {
    const { whisul } = client(inTurn(running, completed));
    const early = watch(whisul.job$('a'));
    await seconds(1);
    expect(statuses(early.values)).toEqual(['running']);
    await whisul.submit('a song');
    const late = watch(whisul.job$('a'));
    expect(statuses(late.values)).toEqual(['running']);
    await seconds(60);
    for (const job of [early, late]) expect(statuses(job.values)).toEqual(['running', 'completed']);
  });

  it('of any other job it begins with what the first poll says', async () => {
    const { whisul } = client(inTurn(running));
    const job = watch(whisul.job$('b'));
    expect(job.values).toEqual([]);
    await seconds(1);
    expect(statuses(job.values)).toEqual(['running']);
    job.unsubscribe();
  });

  it('leaving on `submitted` asks for nothing', async () => {
    const { api, whisul } = client(inTurn(running));
    await whisul.submit('a song');
    watch(whisul.job$('a').pipe(take(1)));
    await seconds(60);
    expect([api.gets.length, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe('generate() is generate$ for those who await', () => {
  it('resolves with the completed job, after one POST', async () => {
    const { api, whisul } = client(inTurn(running, completed));
    const job = whisul.generate({ prompt: 'a song' });
    await seconds(60);
    expect(await job).toMatchObject({ status: 'completed', job_id: 'a', result: { bpm: 85 } });
    expect([api.posts.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('rejects with job_failed, invalid_request, and what else generate$ ends with', async () => {
    const made = client(inTurn(failed));
    const error = rejection(made.whisul.generate('a song'));
    await seconds(60);
    expect(await error).toMatchObject({ code: 'job_failed', jobId: 'a' });
    expect(await rejection(made.whisul.generate(' '))).toMatchObject({ code: 'invalid_request' });
    const lost = client(inTurn(status(401)));
    const lostError = rejection(lost.whisul.generate('a song'));
    await seconds(60);
    expect(await lostError).toMatchObject({ code: 'unauthorized', jobId: 'a', lastState: { status: 'submitted' } });
  });

  it('aborted after the id is known: the error has the id, the job goes on, nothing more is asked', async () => {
    const { api, whisul } = client(inTurn(running));
    const controller = new AbortController();
    const error = rejection(whisul.generate('a song', { signal: controller.signal }));
    await seconds(6);
    controller.abort();
    expect(await error).toMatchObject({ code: 'aborted', jobId: 'a', lastState: { status: 'running' } });
    expect((await error).message).toContain('may still be running');
    await seconds(60);
    expect([api.gets.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('aborted before: nothing was sent', async () => {
    const { api, whisul } = client(inTurn(running));
    const error = await rejection(whisul.generate('a song', { signal: AbortSignal.abort() }));
    expect([error.code, api.requests.length]).toEqual(['aborted', 0]);
  });
});

describe('many calls on one signal', () => {
  it('add one listener to it, and leave none', async () => {
    const { whisul } = client(inTurn(completed));
    const { signal } = new AbortController();
    let listeners = 0;
    let most = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    vi.spyOn(signal, 'addEventListener').mockImplementation((...args: Parameters<typeof add>) => {
      most = Math.max(most, (listeners += 1));
      add(...args);
    });
    vi.spyOn(signal, 'removeEventListener').mockImplementation((...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    });
    await Promise.all(Array.from({ length: 11 }, () => whisul.getJob('a', { signal })));
    expect([most, listeners]).toEqual([1, 0]);
  });
});
