import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { describeJobEngine } from '@whisul-rx/emulator/contract';
import { createSseSource } from '@whisul-rx/sse/client';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';

for (const multiplex of [true, false]) {
  describeJobEngine(`a source behind a gateway on a port, multiplex ${String(multiplex)}`, {
    create: async ({ fetch }) => {
      const whisul = createWhisul({
        apiKey: 'any',
        baseUrl: 'http://emulator.local/api',
        fetch,
        schedule: fixedSchedule(15),
        retry: { baseDelay: 1, maxDelay: 20 },
        requestTimeout: 5_000,
      });
      const handler = createNodeJobsHandler(whisul, { authorize: 'public', generate: true, retry: 1 });
      const server = createServer(handler);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address: AddressInfo | string | null = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const source = createSseSource({
        url: `http://127.0.0.1:${String(port)}/jobs`,
        multiplex,
        retry: { baseDelay: 1, maxDelay: 20 },
      });
      return {
        engine: source,
        server,
        async close() {
          source.close();
          await handler.close();
          whisul.close();
          const closed = new Promise((resolve) => server.close(resolve));
          // The platform's fetch keeps connections for 4 s that nothing was sent on: Node does not call them idle.
          server.closeAllConnections();
          await closed;
        },
      };
    },
    breakConnection: ({ server }) => server.closeAllConnections(),
  });
}
