import { expect, it } from 'vitest';
import { preferredForm } from './accept.js';

it.each([
  [null, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['text/event-stream', 'stream'],
  ['Text/Event-Stream;charset=utf-8', 'stream'],
  ['text/event-stream, */*', 'stream'],
  ['text/event-stream, application/json', 'stream'],
  ['application/json, text/event-stream', 'stream'],
  ['text/event-stream;q=0.5, application/json', 'json'],
  ['text/event-stream;q=0.5, */*', 'json'],
  ['text/event-stream;q=0, */*', 'json'],
  ['text/event-stream, application/json;q=0.9', 'stream'],
  ['text/*', 'stream'],
  ['text/*, application/json', 'json'],
  ['application/json, */*', 'json'],
  ['application/*', 'json'],
  ['text/html, */*', 'json'],
  ['text/html', undefined],
  ['*/*;q=0', undefined],
  ['application/json;q=nonsense', 'json'],
  [',;,', undefined],
])('Accept: %s gets %s', (accept, form) => {
  expect(preferredForm(accept)).toBe(form);
});
