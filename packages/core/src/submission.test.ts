import { map, NEVER, of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createWhisul } from './create-whisul.js';
import type { JobState } from './job-schema.js';
import { isNotSent, registerSubmission } from './submission.js';

const unsent = { sent: false, receipt: undefined };

describe('isNotSent', () => {
  it('knows a stream of the client, also behind operators', () => {
    const song$ = createWhisul({ apiKey: 'key' }).generate$('a');
    const piped$ = song$.pipe(
      map((state) => state),
      tap(() => undefined),
    );
    expect([song$, piped$].map(isNotSent)).toEqual([true, true]);
  });

  it('knows what an engine has registered, as it is at that moment', () => {
    const submission = { sent: false, receipt: undefined };
    const states$ = NEVER.pipe(map((state): JobState => state));
    registerSubmission(states$, submission);
    expect(isNotSent(states$)).toBe(true);
    submission.sent = true;
    expect(isNotSent(states$)).toBe(false);
  });

  it('takes the nearest that is registered', () => {
    const inner$ = NEVER.pipe(map((state): JobState => state));
    const outer$ = inner$.pipe(map((state) => state));
    registerSubmission(inner$, unsent);
    registerSubmission(outer$, { ...unsent, sent: true });
    expect([inner$, outer$, outer$.pipe(map((state) => state))].map(isNotSent)).toEqual([true, false, false]);
  });

  it('says no of what nobody has registered', () => {
    expect(isNotSent(of())).toBe(false);
    // @ts-expect-error -- what an engine in JavaScript may give
    expect([undefined, null, 'a', {}].map(isNotSent)).toEqual([false, false, false, false]);
  });
});
