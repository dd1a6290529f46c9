import { startWith, Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { connectionLost$, watchConnection } from './watch-connection.js';

const streamOf = (body: ReadableStream<Uint8Array>) =>
  new Response(body, { headers: { 'content-type': 'text/event-stream' } });

/** A connection whose next stream is in the test's hands, and what it says of the server. */
function watched() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const connection = watchConnection(async () =>
    streamOf(new ReadableStream({ start: (given) => void (controller = given) })),
  );
  const up: boolean[] = [];
  connection.up$.subscribe((value) => up.push(value));
  const read = async (): Promise<void> => {
    const response = await connection.fetch('/jobs');
    await response.text().catch(() => undefined);
  };
  return { connection, up, read, end: () => controller?.close(), cut: () => controller?.error(new Error('cut')) };
}

describe('the server', () => {
  it.each(['end', 'cut'] as const)('is away after the %s of its only stream, until one is open again', async (how) => {
    const stage = watched();
    const over = stage.read();
    await new Promise(setImmediate);
    stage[how]();
    await over;
    expect(stage.up).toEqual([true, false]);
    void stage.read();
    await new Promise(setImmediate);
    expect(stage.up).toEqual([true, false, true]);
  });

  it('is not away when this side leaves', async () => {
    const stage = watched();
    const response = await stage.connection.fetch('/jobs');
    await response.body?.cancel();
    expect(stage.up).toEqual([true]);
  });
});

describe('a lost connection', () => {
  it('is shown only while songs are awaited, and not for a moment', () => {
    const scheduler = new VirtualTimeScheduler();
    const up = new Subject<boolean>();
    const awaited = new Subject<boolean>();
    const lost: string[] = [];
    const at = (ms: number, what: () => void) => scheduler.schedule(what, ms);
    const up$ = up.pipe(startWith(true));
    connectionLost$(up$, awaited, scheduler).subscribe((value) => lost.push(`${value} ${scheduler.now()}`));
    at(0, () => awaited.next(false));
    at(1_000, () => up.next(false));
    at(2_000, () => awaited.next(true));
    at(3_000, () => up.next(false));
    at(3_200, () => up.next(true));
    at(5_000, () => up.next(false));
    at(9_000, () => up.next(true));
    scheduler.flush();
    expect(lost).toEqual(['false 0', 'true 5700', 'false 9000']);
  });
});
