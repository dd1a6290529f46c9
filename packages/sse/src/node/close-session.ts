import type { Http2Session } from 'node:http2';

/** How long a session without streams waits for its peer to end the connection, at least, in ms. */
const grace = 300;

const seen = new WeakSet<Http2Session>();

/**
 * Lets a session finish the streams that are open on it, whosever they are, and open no more. Node then waits for the
 * peer to end the connection, however long that takes, and `server.close()` with it: here a peer that does not is cut.
 */
export function closeSession(session: Http2Session | undefined): void {
  if (session === undefined || session.destroyed || seen.has(session)) return;
  seen.add(session);
  // What a session shows of its socket refuses to be destroyed, but a method that gives `this` gives the socket.
  const socket = session.socket.off('close', closeSession);
  session.close();
  let idle = false;
  const watch = setInterval(() => {
    if (idle) socket.destroy();
    idle = session.destroyed;
  }, grace).unref();
  socket.once('close', () => {
    clearInterval(watch);
  });
}
