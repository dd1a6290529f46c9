import { once } from 'node:events';
import { createServer } from 'node:http';
import { createSseSource } from '@whisul-rx/sse/client';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { lastValueFrom } from 'rxjs';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { openClient } from '../anywhere/open-client.mjs';

/** Follows a job through a gateway on a socket, with two viewers, one of whom leaves. */
export async function followThroughNodeGateway() {
  const { whisul, close } = openClient();
  const handler = createNodeJobsHandler(whisul, { authorize: 'public', generate: true });
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const source = createSseSource({ url: `http://127.0.0.1:${server.address().port}/jobs` });
  const { job_id } = await whisul.submit('a canon');
  const leaving = source.job$(job_id).subscribe(() => leaving.unsubscribe());
  const staying = lastValueFrom(source.job$(job_id));
  expectEqual((await staying).status, 'completed', 'what the viewer who stays sees');
  expectEqual((await lastValueFrom(source.generate$('a jig'))).status, 'completed', 'a job that the viewer began');
  source.close();
  await handler.close();
  server.close();
  server.closeAllConnections();
  close();
}
