import { Agent } from 'undici';
import { expect, it } from 'vitest';
import { requireDispatch } from './undici-agent.js';

it('undici itself is accepted', async () => {
  const agent = new Agent();
  expect(() => {
    requireDispatch(agent);
  }).not.toThrow();
  await agent.close();
});

it('a stand-in of the runtime that cannot send is refused before anything is submitted', () => {
  // Bun's agent has `close`, and no `dispatch`.
  const standIn = { close: () => Promise.resolve() };
  expect(() => {
    requireDispatch(standIn);
  }).toThrow(expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('undiciTransport') }));
});
