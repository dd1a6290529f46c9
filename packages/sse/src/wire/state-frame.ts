import { isTerminal, type JobState } from '@whisul-rx/core';
import { encodeEvent, Frame, oneLine, toJson } from './frame.js';

const frames = new WeakMap<JobState, Frame>();

/**
 * A state as an event without a name, so that `onmessage` gets it. A state object is written once, however many
 * connections, handlers and formats send it.
 *
 * @throws TypeError when the state has no JSON form
 */
export function stateFrame(state: JobState): Frame {
  let frame = frames.get(state);
  if (frame === undefined) {
    const id = oneLine(`${state.job_id}:${state.status}`);
    const json = toJson(state);
    frame = new Frame(encodeEvent(json, { id }), json, id, isTerminal(state));
    frames.set(state, frame);
  }
  return frame;
}
