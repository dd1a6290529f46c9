import { describe, expect, it } from 'vitest';
import { redactCause } from '../http/redact.js';
import { WhisulError } from './whisul-error.js';

const forged = 'x\n[ERROR] forged \u001b[2J\u009b1m\u202e\u2028\t\r\u0000';
const written = 'x\\n[ERROR] forged \\u001b[2J\\u009b1m\\u202e\\u2028\\t\\r\\u0000';

describe('text from elsewhere in messages', () => {
  it('has no line ends, escapes or marks of direction', () => {
    expect(new WhisulError('network', forged).message).toBe(written);
    expect(new WhisulError('network', new WhisulError('network', forged).message).message).toBe(written);
    expect(new WhisulError('network', 'ein Lied über 雨 \u{1f600}').message).toBe('ein Lied über 雨 \u{1f600}');
  });

  it('nor in the causes that are kept, and their stacks', () => {
    const cause = redactCause(new SyntaxError(forged), 'sk-0123456789');
    expect(cause?.message).toBe(written);
    expect(cause?.stack?.split('\n')[0]).toBe(`SyntaxError: ${written}`);
  });
});
