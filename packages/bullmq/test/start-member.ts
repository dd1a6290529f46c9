import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod/mini';

const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  z.object({ type: z.literal('next'), topic: z.string(), value: z.any() }),
  z.object({ type: z.literal('error'), topic: z.string(), code: z.string(), message: z.string() }),
  z.object({ type: z.literal('complete'), topic: z.string() }),
]);
type Message = z.infer<typeof messageSchema>;

/** A process of a cluster under test. */
export interface Member {
  readonly messages: readonly Message[];
  order(what: Readonly<Record<string, unknown>>): void;
  /** Waits for its end; gives its exit code or the signal that ended it. */
  ended(): Promise<unknown>;
  kill(): Promise<void>;
}

/** Waits until something holds. */
export async function eventually(sentence: string, holds: () => boolean, patience = 30_000): Promise<void> {
  const deadline = Date.now() + patience;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`This never happened: ${sentence}.`);
    await setTimeout(5);
  }
}

/** What a test has opened, to be closed in the opposite order when it is finished. */
export type Cleanup = (close: () => Promise<void>) => unknown;

/** Starts a process of a cluster, which is killed with its test. */
export async function startMember(
  onTestFinished: Cleanup,
  options: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Member> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'member.mjs'), [JSON.stringify(options)], {
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => code ?? signal);
  const messages: Message[] = [];
  child.on('message', (message) => messages.push(messageSchema.parse(message)));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  await once(child, 'message');
  return {
    messages,
    order: (what) => child.send(what),
    ended: () => ended,
    kill,
  };
}

/** The statuses that a member has told of a topic. */
export function statusesOf({ messages }: Member, topic: string): string[] {
  return messages.flatMap((message) =>
    message.type === 'next' && message.topic === topic ? [String(message.value.status)] : [],
  );
}
