import { catchError, map, NEVER, of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createWhisul } from '../create-whisul.js';
import type { JobState } from './job-schema.js';
import { isNotSent, registerSubmission, submissionOf } from './submission.js';

describe('isNotSent', () => {
  it('knows a stream of the client', () => {
    expect(isNotSent(createWhisul({ apiKey: 'key' }).generate$('a'))).toBe(true);
  });

  it('knows nothing of what is piped from it, for that may have sent another POST by then, until it is registered', () => {
    const song$ = createWhisul({ apiKey: 'key' }).generate$('a');
    const logged$ = song$.pipe(tap(() => undefined));
    const fallback$ = song$.pipe(catchError(() => NEVER));
    expect([logged$, fallback$].map(isNotSent)).toEqual([false, false]);
    registerSubmission(logged$, submissionOf(song$));
    registerSubmission(fallback$, submissionOf(NEVER));
    expect([logged$, fallback$].map(isNotSent)).toEqual([true, false]);
  });

  it('knows what an engine has registered, as it is at that moment', () => {
    const submission = { sent: false, receipt: undefined };
    const states$ = NEVER.pipe(map((state): JobState => state));
    registerSubmission(states$, submission);
    expect(isNotSent(states$)).toBe(true);
    submission.sent = true;
    expect(isNotSent(states$)).toBe(false);
  });

  it('says no of what nobody has registered', () => {
    expect(isNotSent(of())).toBe(false);
    // @ts-expect-error -- what an engine in JavaScript may give
    expect([undefined, null, 'a', {}].map(isNotSent)).toEqual([false, false, false, false]);
  });
});
