import { randomUUID } from 'node:crypto';
import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { BullMQOtel } from 'bullmq-otel';
import { lastValueFrom, tap } from 'rxjs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { testRedis } from './redis.js';

const redis = testRedis();
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
beforeAll(() => {
  provider.register();
});
afterAll(async () => {
  await provider.shutdown();
  for (const api of [trace, context, propagation]) api.disable();
});

const apiKey = 'wsl_this_key_is_secret';

/** A process that asks and one that works, as one account, which is the key itself. */
function cluster(telemetry?: BullMQOtel) {
  let time = 0;
  const emulator = createEmulator({ apiKey, jobDuration: 1_000, now: () => time });
  const fails = new Set<string>();
  const engine = (worker: boolean) => {
    const whisul = createWhisul({
      apiKey,
      baseUrl: 'http://emulator.local/api',
      // As a proxy does that says too much.
      fetch: (input, init) =>
        [...fails].some((id) => new Request(input).url.includes(id))
          ? Promise.reject(new Error(`cannot send ${JSON.stringify(init?.headers)}`))
          : emulator.fetch(input, init),
    });
    const made = createBullmqEngine({
      whisul,
      connection: redis.url,
      account: apiKey,
      worker,
      schedule: fixedSchedule(20),
      retry: { maxFailures: 1 },
      ...(telemetry && { telemetry }),
    });
    onTestFinished(async () => {
      await made.close();
      whisul.close();
    });
    return made;
  };
  onTestFinished(() => {
    emulator.close();
  });
  const [asking, working] = [engine(false), engine(true)];
  return {
    asking,
    /** Asks for a song, which is finished once it was seen running. */
    sing: () => lastValueFrom(asking.generate$('a slow waltz').pipe(tap(() => (time += 600)))),
    fail: (id: string) => fails.add(id),
    close: () => Promise.all([asking.close(), working.close()]),
  };
}

/** What an exporter sends away of a span. */
const sent = ({ name, attributes, events, status, links, resource }: ReadableSpan) =>
  JSON.stringify({ name, attributes, events, status, links, resource: resource.attributes });

it('`telemetry` makes one trace of a song: what was asked in one process, and its submit and polls in another', async () => {
  const { sing, close } = cluster(new BullMQOtel({ tracerName: 'songs' }));
  const asked = provider.getTracer('app').startSpan('a visitor asks for a song');
  const song = await context.with(trace.setSpan(context.active(), asked), sing);
  asked.end();
  await close();
  expect(song.status).toBe('completed');
  const { traceId } = asked.spanContext();
  const spans = exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
  const worked = spans.filter(({ name }) => name.startsWith('process ')).map(({ attributes }) => attributes);
  const id = encodeURIComponent(song.job_id);
  expect(new Set(worked.map((attributes) => attributes['bullmq.job.name']))).toEqual(new Set(['submit', 'poll']));
  expect(worked.filter((attributes) => attributes['bullmq.job.id'] === `g-${id}`).length).toBeGreaterThan(1);
  expect(spans.map(({ name }) => name)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^add .*\.submit$/), expect.stringMatching(/^add .*\.poll$/)]),
  );
});

it('J14: no span carries the key, also of calls that fail', async () => {
  const { asking, close, fail } = cluster(new BullMQOtel());
  const id = randomUUID();
  fail(id);
  await expect(lastValueFrom(asking.job$(id))).rejects.toMatchObject({ code: 'network', jobId: id });
  await close();
  const all = exporter.getFinishedSpans().map(sent);
  expect(all.filter((span) => span.includes(id)).length).toBeGreaterThan(0);
  expect(all.filter((span) => span.includes(apiKey))).toEqual([]);
});

it('without `telemetry` there are no spans', async () => {
  exporter.reset();
  const { sing, close } = cluster();
  await sing();
  await close();
  expect(exporter.getFinishedSpans()).toEqual([]);
});

it('refuses a `telemetry` that cannot make spans', () => {
  const options = { whisul: createWhisul({ apiKey }), connection: redis.url, telemetry: { tracer: 'none' } };
  expect(() => Reflect.apply(createBullmqEngine, undefined, [options])).toThrow(/`telemetry` must be .*BullMQOtel/);
});
