import { isWhisulError } from '@whisul-rx/core';
import { config, retry, take } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { end, frame, problem, settle, stateOf } from '../../test/scripted-fetch.js';
import { listen, scriptSource } from '../../test/scripted-source.js';

describe('job$', () => {
  it('J1: emits each change of status once and completes in the turn of the terminal state', async () => {
    const { follow, last } = scriptSource();
    const [job] = follow('a');
    const call = await last();
    call.open();
    call.send(frame('a', 'running') + frame('a', 'running') + frame('a', 'failed') + frame('a', 'running'));
    await settle();
    expect(job?.heard).toEqual(['running', 'failed', 'done']);
  });

  it('J1: `submitted` is passed on, once, and never after another state', async () => {
    const { source, follow, last } = scriptSource();
    const [job] = follow('a');
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted') + frame('a', 'submitted'));
    await settle();
    const late = listen(source.job$('a'));
    expect(late.heard).toEqual(['submitted']);
    call.send(frame('a', 'running') + frame('a', 'submitted') + frame('a', 'completed'));
    await settle();
    for (const { heard } of [job, late].filter((one) => one !== undefined)) {
      expect(heard).toEqual(['submitted', 'running', 'completed', 'done']);
    }
  });

  it('J1: `submitted` does not follow what another connection told', async () => {
    const { source, follow, last } = scriptSource();
    const [first] = follow('a');
    const call = await last();
    call.open();
    call.send(frame('a', 'running'));
    await settle();
    first?.subscription.unsubscribe();
    const back = listen(source.job$('a'));
    const again = await last();
    again.open();
    again.send(frame('a', 'submitted') + frame('a', 'completed'));
    await settle();
    expect(back.heard).toEqual(['running', 'completed', 'done']);
  });

  it('J3: is cold, and the last to leave aborts the request and clears every timer', async () => {
    const { source, calls, clock, last } = scriptSource();
    const job$ = source.job$('a');
    await settle();
    expect(calls).toEqual([]);
    const first = listen(job$);
    const second = listen(job$);
    const call = await last();
    call.open();
    await settle();
    expect(clock.actions).not.toEqual([]);
    first.subscription.unsubscribe();
    expect(call.aborted).toBe(false);
    second.subscription.unsubscribe();
    expect(call.aborted).toBe(true);
    expect(clock.actions).toEqual([]);
    await settle();
    expect(calls).toHaveLength(1);
  });

  it('J3: leaving in the tick of the subscription sends nothing', async () => {
    const { source, calls } = scriptSource();
    listen(source.job$('a')).subscription.unsubscribe();
    await settle();
    expect(calls).toEqual([]);
  });

  it('J4: every form of the reference shares one stream; a late subscriber gets the latest state at once', async () => {
    const { source, calls, last } = scriptSource();
    const jobs = ['a b', { job_id: 'a b' }, '/jobs/a%20b'].map((ref) => listen(source.job$(ref)));
    const call = await last();
    call.open();
    call.send(frame('a b', 'running'));
    await settle();
    const late = listen(source.job$('a b'));
    expect(late.heard).toEqual(['running']);
    call.send(frame('a b', 'completed'));
    await settle();
    for (const { heard } of [...jobs, late]) expect(heard).toEqual(['running', 'completed', 'done']);
    expect(calls).toHaveLength(1);
    expect(call.ids).toEqual(['a b']);
  });

  it('J4: a finished job is told at once with no request, also in the moment of its end', async () => {
    const { source, calls, last } = scriptSource();
    const inTheEnd: string[] = [];
    source.job$('a').subscribe({
      complete: () => {
        inTheEnd.push(...listen(source.job$('a')).heard);
      },
    });
    const call = await last();
    call.open();
    call.send(frame('a', 'completed'));
    await settle();
    expect(inTheEnd).toEqual(['completed', 'done']);
    expect(listen(source.job$('a')).heard).toEqual(['completed', 'done']);
    await settle();
    expect(calls).toHaveLength(1);
    expect(call.aborted).toBe(true);
  });

  it('J6: the last state of a job that nobody followed is replayed', async () => {
    const { follow, last, source } = scriptSource();
    const [first] = follow('a');
    (await last()).open();
    (await last()).send(frame('a', 'running'));
    await settle();
    first?.subscription.unsubscribe();
    expect(listen(source.job$('a')).heard).toEqual(['running']);
  });

  it('lets states of jobs go that were not asked for', async () => {
    const { source, calls, follow, last } = scriptSource();
    const [job] = follow('a');
    const call = await last();
    call.open();
    const foreign = ['submitted', 'running', 'completed'].map((status) => frame('b', status)).join('');
    call.send(frame('a', 'running') + foreign + problem({ code: 'not_found', status: 404, job_id: 'c' }));
    await settle();
    expect(job?.heard).toEqual(['running']);
    const others = ['b', 'c'].map((id) => listen(source.job$(id)));
    expect(others.map(({ heard }) => heard)).toEqual([[], []]);
    await settle();
    expect(calls.at(-1)?.ids).toEqual(['a', 'b', 'c']);
  });

  it('remembers 1,000 jobs, the least recently used go first', async () => {
    const { source, calls, last } = scriptSource({ jobsPerStream: 2_000 });
    const ids = Array.from({ length: 1_001 }, (_, at) => `j${String(at)}`);
    const subscriptions = ids.slice(0, 1_000).map((id) => listen(source.job$(id)));
    for (const { ids: asked, send, open } of await last().then(() => calls)) {
      open();
      for (const id of asked) send(frame(id, 'completed'));
    }
    await settle();
    expect(subscriptions.every(({ heard }) => heard.at(-1) === 'done')).toBe(true);
    expect(listen(source.job$('j0')).heard).toEqual(['completed', 'done']);
    listen(source.job$('j1000'));
    const call = await last();
    call.open();
    call.send(frame('j1000', 'completed'));
    await settle();
    const forgotten = [...ids].filter((id) => {
      const { heard, subscription } = listen(source.job$(id));
      subscription.unsubscribe();
      return heard.length === 0;
    });
    expect(forgotten).toHaveLength(1);
    // It was used a moment ago, so another had to make room.
    expect(forgotten).not.toContain('j0');
  });

  it('J12: a subscriber that throws disturbs no other', async () => {
    const { source, follow, last } = scriptSource();
    const thrown = vi.fn();
    config.onUnhandledError = thrown;
    onTestFinished(() => {
      config.onUnhandledError = null;
    });
    source.job$('a').subscribe(() => {
      throw new Error('mine');
    });
    const [other] = follow('a');
    const call = await last();
    call.open();
    call.send(frame('a', 'running') + frame('a', 'completed'));
    await vi.waitFor(() => {
      expect(thrown).toHaveBeenCalled();
    }, 30_000);
    expect(other?.heard).toEqual(['running', 'completed', 'done']);
  });

  it('J2: an error names the job and its last state, and says that the job may live on', async () => {
    const { follow, last } = scriptSource();
    const [job] = follow('a');
    const call = await last();
    call.open();
    call.send(frame('a', 'running') + end);
    await settle();
    expect(job?.heard).toEqual(['running', 'invalid_response']);
    expect(job?.error).toMatchObject({ jobId: 'a', lastState: stateOf('a', 'running') });
    expect(isWhisulError(job?.error) && job.error.message).toBe(
      'Job a: The stream ended before the job did. Its outcome is not known; it may still be running.',
    );
  });

  it.each([
    [{ code: 'engine' }, 'The gateway answered a problem.'],
    [{ status: 404, title: 'Not Found' }, 'Not Found.'],
    [{ detail: 'Gone!', title: 'Gone' }, 'Gone!'],
  ])('J2: the problem %j is told in whole sentences', async (fields, sentence) => {
    const { follow, last } = scriptSource();
    const [job] = follow('a');
    const call = await last();
    call.open();
    call.send(problem(fields));
    await settle();
    expect(isWhisulError(job?.error) && job.error.message).toBe(
      `Job a: ${sentence} Its outcome is not known; it may still be running.`,
    );
  });

  it('J2: what the gateway says about that is not said twice', async () => {
    const { follow, last } = scriptSource();
    const [job] = follow('a');
    const call = await last();
    call.open();
    call.send(problem({ code: 'job_timeout', detail: 'The job did not end in time; it may still be running.' }));
    await settle();
    expect(isWhisulError(job?.error) && job.error.message).toBe(
      'Job a: The job did not end in time; it may still be running.',
    );
  });

  it.each([
    ['a status', 1_000, ''],
    ['a problem', 1_000, problem({ code: 'not_found', status: 404, job_id: 'a' })],
    // The `retry:` of the gateway is longer.
    ['`end`', 2_000, end],
  ])('retry() after %s is no hot loop', async (_, wait, text) => {
    const { source, calls, clock, last } = scriptSource();
    listen(source.job$('a').pipe(retry()));
    const call = await last();
    if (text === '') call.answer(404);
    else {
      call.open();
      call.send(text);
    }
    await clock.advance(wait - 1);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['a']);
    await clock.advance(1);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['a', 'a']);
  });

  it('a job that is asked for again after its problem lets the others go on until then', async () => {
    const { source, follow, calls, clock, last } = scriptSource();
    const [other] = follow('b');
    listen(source.job$('a').pipe(retry()));
    const call = await last();
    call.open();
    call.send(problem({ code: 'not_found', status: 404, job_id: 'a' }));
    await clock.advance(999);
    call.send(frame('b', 'running'));
    await settle();
    expect(call.aborted).toBe(false);
    expect(other?.heard).toEqual(['running']);
    await clock.advance(1);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['b,a', 'b,a']);
  });

  it('follows afresh after an error, also when it is subscribed from the error', async () => {
    const { source, calls, clock, last } = scriptSource();
    const again: string[][] = [];
    source.job$('a').subscribe({
      error: () => {
        again.push(listen(source.job$('a')).heard, listen(source.job$('a')).heard);
      },
    });
    (await last()).answer(404);
    await clock.advance(1_000);
    const call = await last();
    expect(calls).toHaveLength(2);
    call.open();
    call.send(frame('a', 'completed'));
    await settle();
    expect(again).toEqual([
      ['completed', 'done'],
      ['completed', 'done'],
    ]);
    expect(calls).toHaveLength(2);
  });

  it('G5: a reference that names no job is an error of the stream, and nothing is sent', async () => {
    const { source, calls } = scriptSource();
    for (const ref of ['', '.', '..', '/generate', '\uD800']) {
      expect(listen(source.job$(ref)).heard).toEqual(['invalid_request']);
    }
    await settle();
    expect(calls).toEqual([]);
  });

  it('J14: an id stays one part of the URL', async () => {
    const { source, calls } = scriptSource({ multiplex: false });
    listen(source.job$('../a?b#c&d'));
    await settle();
    expect(calls[0]?.url.href).toBe('https://app.test/jobs/..%2Fa%3Fb%23c%26d');
    const shared = scriptSource();
    listen(shared.source.job$('../a?b#c&d'));
    expect((await shared.last()).url.href).toBe('https://app.test/jobs?job=..%2Fa%3Fb%23c%26d');
  });

  it('close() errors what lives with `closed`, and whatever comes later', async () => {
    const { source, calls, clock, follow, last } = scriptSource();
    const [job] = follow('a');
    const call = await last();
    call.open();
    call.send(frame('a', 'running') + frame('b', 'completed'));
    await settle();
    source.close();
    source.close();
    expect(job?.heard).toEqual(['running', 'closed']);
    expect(job?.error).toMatchObject({ jobId: 'a', lastState: { status: 'running' } });
    expect(call.aborted).toBe(true);
    expect(clock.actions).toEqual([]);
    expect(listen(source.job$('a')).heard).toEqual(['closed']);
    expect(listen(source.generate$('p')).heard).toEqual(['closed']);
    await settle();
    expect(calls).toHaveLength(1);
  });

  it('close() in the moment of the terminal state comes too late: every subscriber gets that state', async () => {
    const { source, clock, last } = scriptSource();
    const closing = (): string[] => {
      const heard: string[] = [];
      source.job$('a').subscribe({
        next: ({ status }) => {
          heard.push(status);
          if (status === 'completed') source.close();
        },
        error: () => heard.push('error'),
        complete: () => heard.push('done'),
      });
      return heard;
    };
    const first = closing();
    const other = listen(source.job$('a'));
    const call = await last();
    call.open();
    call.send(frame('a', 'running') + frame('a', 'completed'));
    await settle();
    expect(first).toEqual(['running', 'completed', 'done']);
    expect(other.heard).toEqual(['running', 'completed', 'done']);
    expect(call.aborted).toBe(true);
    expect(clock.actions).toEqual([]);
    expect(listen(source.job$('a')).heard).toEqual(['closed']);
  });

  it('nor does close() in the moment in which that state is replayed take its end away', async () => {
    const { source, follow, last } = scriptSource();
    follow('a');
    const call = await last();
    call.open();
    call.send(frame('a', 'failed'));
    await settle();
    const heard: string[] = [];
    source.job$('a').subscribe({
      next: ({ status }) => {
        heard.push(status);
        source.close();
      },
      error: () => heard.push('error'),
      complete: () => heard.push('done'),
    });
    expect(heard).toEqual(['failed', 'done']);
  });

  it('A4: taking part of the stream leaves as unsubscribing does', async () => {
    const { source, last } = scriptSource();
    const { heard } = listen(source.job$('a').pipe(take(1)));
    const call = await last();
    call.open();
    call.send(frame('a', 'running'));
    await settle();
    expect(heard).toEqual(['running', 'done']);
    expect(call.aborted).toBe(true);
  });
});
