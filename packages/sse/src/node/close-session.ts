import type { Http2Session } from 'node:http2';

/** How long a peer may take to answer, in ms. What others still send it goes before the answer. */
const patience = 2_000;

const seen = new WeakSet<Http2Session>();

/**
 * Lets a session finish the streams that are open on it, whosever they are, and open no more. Node then waits for the
 * peer to take what is left and to end the connection, for ever if need be, and `server.close()` with it. Here a peer
 * that does not even answer a ping, or keeps a session without streams open, is cut off.
 */
export function closeSession(session: Http2Session | undefined): void {
  if (session === undefined || session.destroyed || seen.has(session)) return;
  seen.add(session);
  // What a session shows of its socket refuses to be destroyed, but a method that gives `this` gives the socket.
  const socket = session.socket.off('close', closeSession);
  session.close();
  let isThere = true;
  const watch = setInterval(() => {
    if (!isThere) socket.destroy();
    isThere = false;
    if (session.destroyed) return;
    session.ping((error) => {
      isThere = error === null;
    });
  }, patience).unref();
  socket.once('close', () => {
    clearInterval(watch);
  });
}
