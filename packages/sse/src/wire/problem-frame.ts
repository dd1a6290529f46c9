import { encodeEvent, Frame, toJson } from './frame.js';
import type { Refusal } from './refusal.js';

/** A problem as an event. It is called `problem` because an EventSource uses the name `error` itself. */
export function problemFrame(refusal: Refusal): Frame {
  const { job_id = '' } = refusal.problem;
  const json = toJson(refusal.problem);
  return new Frame(encodeEvent(json, { event: 'problem' }), json, `${job_id}:problem`, true, refusal);
}
