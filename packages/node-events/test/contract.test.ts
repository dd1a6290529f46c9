import { createWhisul, fixedSchedule, type Job, type JobRef, type JobState } from '@whisul-rx/core';
import { parseJobRef } from '@whisul-rx/core/adapter';
import { describeJobSource } from '@whisul-rx/emulator/contract';
import { fromEmitter, type JobEmitter, toEmitter } from '@whisul-rx/node-events';
import { defer, filter } from 'rxjs';

const isPolled = (state: JobState): state is Job => state.status !== 'submitted';

describeJobSource('fromEmitter(toEmitter(job$))', ({ fetch }) => {
  const whisul = createWhisul({
    apiKey: 'any',
    baseUrl: 'http://emulator.local/api',
    fetch,
    schedule: fixedSchedule(15),
    retry: { baseDelay: 1, maxDelay: 20 },
  });
  // One emitter a job, as an application has it: a late subscriber reads its `state`. After an error the next one begins.
  const emitters = new Map<string, JobEmitter>();
  const emitterOf = (job: JobRef): JobEmitter => {
    const { id } = parseJobRef(job);
    const known = emitters.get(id);
    if (known && known.errored === undefined) return known;
    const emitter = toEmitter(whisul.job$(job));
    emitters.set(id, emitter);
    return emitter;
  };
  return {
    source: { job$: (job) => defer(() => fromEmitter(emitterOf(job))).pipe(filter(isPolled)) },
    close: () => {
      whisul.close();
    },
  };
});
