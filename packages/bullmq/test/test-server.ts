import { afterAll, beforeAll } from 'vitest';

/** A server that a test starts, and ends as it likes. */
export interface TestServer {
  readonly url: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on its port and its files. */
  start(): Promise<void>;
  /** Ends it, and removes its files. */
  remove(): Promise<void>;
}

/** A server for all tests of one file, or of one `describe`, which goes with them. */
export function testServer(start: () => Promise<TestServer>): { readonly url: string } {
  let server: TestServer | undefined;
  // The first start of a Postgres makes its files.
  beforeAll(async () => {
    server = await start();
  }, 120_000);
  afterAll(() => server?.remove());
  return {
    get url() {
      return server?.url ?? '';
    },
  };
}
