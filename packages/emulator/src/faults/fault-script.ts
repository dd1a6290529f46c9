import { checkFault } from './check-fault.js';
import type { EmulatedJob } from '../api/emulated-job.js';
import type { Fault, FaultMatch } from './fault.js';
import type { RequestLog } from '../api/request-log.js';

/** Faults in the order in which they were scripted. */
export interface FaultScript {
  /** Throws `RangeError` for a fault that cannot work. */
  add(fault: Fault): void;
  /** The fault that hits this request: the first that matches and has hits left. It is used up by that. */
  take(request: RequestLog, job: EmulatedJob | undefined): Fault | undefined;
}

function matches(fault: FaultMatch, request: RequestLog, job: EmulatedJob | undefined): boolean {
  const { method, path, job: jobId, prompt } = fault;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (jobId !== undefined && jobId !== request.jobId) return false;
  if (prompt !== undefined && prompt !== (job?.prompt ?? request.prompt)) return false;
  if (path === undefined) return request.path.startsWith('/api/');
  if (typeof path === 'string') return request.path === path || request.path === `/api${path}`;
  // A sticky or global pattern keeps a position between calls; search does not look at it.
  return request.path.search(path) !== -1;
}

export function createFaultScript(): FaultScript {
  const entries: { fault: Fault; skip: number; times: number }[] = [];
  return {
    add(fault) {
      checkFault(fault);
      entries.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
    },
    take(request, job) {
      for (const [position, entry] of entries.entries()) {
        if (!matches(entry.fault, request, job)) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.times -= 1;
        if (entry.times <= 0) entries.splice(position, 1);
        return entry.fault;
      }
      return undefined;
    },
  };
}
