import { jobs } from '../../gateway';

// With Node's own request and response, the gateway sees when the browser leaves, and ends the stream.
export default defineEventHandler(async ({ node: { req, res } }) => {
  jobs(req, res);
  // Nitro sends an answer of its own as soon as this function returns.
  await new Promise((resolve) => res.once('close', resolve));
});
