import { randomUUID } from 'node:crypto';

const name = 'playground';

/** The session that a `Cookie` header names; `undefined` without one that this server could have made. */
export function readSession(cookie: string | null | undefined): string | undefined {
  const [, session] = new RegExp(`(?:^|; *)${name}=([0-9a-f-]{36})(?:;|$)`).exec(cookie ?? '') ?? [];
  return session;
}

/** A `Set-Cookie` header for a new session: unreadable for scripts, and never sent along from other sites. */
export function newSession(): string {
  return `${name}=${randomUUID()}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict`;
}
