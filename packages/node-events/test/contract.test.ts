import { createWhisul, fixedSchedule, type Job, type JobState } from '@whisul-rx/core';
import { describeJobSource } from '@whisul-rx/emulator/contract';
import { fromEmitter, toEmitter } from '@whisul-rx/node-events';
import { filter } from 'rxjs';

const isPolled = (state: JobState): state is Job => state.status !== 'submitted';

describeJobSource('fromEmitter(toEmitter(job$))', ({ fetch }) => {
  const whisul = createWhisul({
    apiKey: 'any',
    baseUrl: 'http://emulator.local/api',
    fetch,
    schedule: fixedSchedule(15),
    retry: { baseDelay: 1, maxDelay: 20 },
  });
  return {
    source: { job$: (job) => fromEmitter(toEmitter(whisul.job$(job))).pipe(filter(isPolled)) },
    close: () => {
      whisul.close();
    },
  };
});
