import 'reflect-metadata';
import { Controller, Module, Param, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { toSseMessages } from '@whisul-rx/sse/server';
import { expect, it, onTestFinished } from 'vitest';
import { completed, FakeEngine, running } from '../fake-engine.js';
import { StreamReader } from '../read-stream.js';
import { until } from '../until.js';

const engine = new FakeEngine();

class SongController {
  follow(id: string) {
    return toSseMessages(engine.job$(id), { heartbeat: 100 });
  }
}
class AppModule {
  readonly name = 'songs';
}

// What `@Sse('songs/:id') follow(@Param('id') id: string)` in a `@Controller()` compiles to.
const method = Object.getOwnPropertyDescriptor(SongController.prototype, 'follow');
if (method === undefined) throw new Error('It was just declared.');
Reflect.defineMetadata('design:paramtypes', [String], SongController.prototype, 'follow');
Param('id')(SongController.prototype, 'follow', 0);
Sse('songs/:id')(SongController.prototype, 'follow', method);
Controller()(SongController);
Module({ controllers: [SongController] })(AppModule);

it('streams from Nest: messages from @Sse, and the whole handler as middleware', async () => {
  const app = await NestFactory.create(AppModule, { logger: false });
  const jobs = createNodeJobsHandler(engine, { authorize: 'public' });
  app.use('/jobs', jobs);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  onTestFinished(async () => {
    await jobs.close();
    await app.close();
  });
  engine.job('a').next(running('a'));
  const reader = new StreamReader(await fetch(`${url}/songs/a`));
  expect(await reader.event()).toMatchObject({ id: 'a:running', data: JSON.stringify(running('a')) });
  expect(await reader.event()).toMatchObject({ event: 'heartbeat' });
  engine.job('a').next(completed('a'));
  engine.job('a').complete();
  const rest = (await reader.rest()).filter(({ event }) => event !== 'heartbeat');
  expect(rest.map(({ id }) => id)).toEqual(['a:completed', 'end']);

  engine.job('b').next(running('b'));
  const leaving = new StreamReader(await fetch(`${url}/songs/b`));
  await leaving.event();
  expect(engine.live).toBe(1);
  await leaving.cancel();
  await until(() => engine.live === 0);

  const handled = new StreamReader(await fetch(`${url}/jobs/b`, { headers: { accept: 'text/event-stream' } }));
  expect((await handled.event())?.id).toBe('b:running');
  await handled.cancel();
  await until(() => engine.live === 0);
});
