import { once } from 'node:events';
import { fromEmitter, toEmitter } from '@whisul-rx/node-events';
import { lastValueFrom } from 'rxjs';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { openClient } from '../anywhere/open-client.mjs';

/** A job as an emitter, and as a stream again. */
export async function emitEvents() {
  const { whisul, close } = openClient();
  const emitter = toEmitter(whisul.generate$('a fugue'));
  const names = [];
  for (const name of ['submitted', 'completed', 'error']) emitter.on(name, () => names.push(name));
  await once(emitter, 'close');
  expectEqual(names, ['submitted', 'completed'], 'the events');
  const last = await lastValueFrom(fromEmitter(toEmitter(whisul.generate$('a rondo'))));
  expectEqual(last.status, 'completed', 'an emitter as a stream');
  close();
}
