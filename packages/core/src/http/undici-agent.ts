import { Agent, buildConnector } from 'undici';
import { WhisulError } from '../model/whisul-error.js';

/** An agent whose connections that are still being made can be given up: else they keep the process from exiting. */
export interface UndiciAgent {
  readonly dispatcher: Agent;
  stopConnecting(reason: Error): void;
}

function isSocket(value: unknown): value is { destroy(error: Error): void } {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function';
}

/**
 * Bun replaces the package by a stand-in of its own, whose agent cannot send. Found at the first request, that would be
 * a submit whose outcome is not known.
 *
 * @throws WhisulError `invalid_request`
 */
export function requireDispatch(agent: object): void {
  if ('dispatch' in agent && typeof agent.dispatch === 'function') return;
  throw new WhisulError(
    'invalid_request',
    'undiciTransport does not work on this runtime, because it replaces the package undici (Bun does). Leave out the ' +
      'option `transport`, or pass `fetch: globalThis.fetch` instead.',
  );
}

/** undici's own agent, with a connector that remembers what it is connecting. */
export function undiciAgent(options: { readonly connections: number; readonly pipelining: number }): UndiciAgent {
  // It gives its socket, which its types do not say.
  const connect: (...args: Parameters<buildConnector.connector>) => unknown = buildConnector({});
  const connecting = new Set<unknown>();
  const dispatcher = new Agent({
    ...options,
    connect: (target, callback) => {
      const onOutcome: typeof callback = (...outcome) => {
        connecting.delete(socket);
        callback(...outcome);
      };
      const socket = connect(target, onOutcome);
      connecting.add(socket);
    },
  });
  requireDispatch(dispatcher);
  return {
    dispatcher,
    stopConnecting: (reason) => {
      for (const socket of connecting) if (isSocket(socket)) socket.destroy(reason);
    },
  };
}
