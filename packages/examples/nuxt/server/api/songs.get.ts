import { whisul } from '../gateway';

/** What the jobs are at this moment: `/api/songs?job=a&job=b`. */
export default defineEventHandler(async (event) => {
  const { job = [] } = getQuery(event);
  // Each id is a request to the API, so their number has a limit.
  const ids = [...new Set([job].flat().map(String))].slice(0, 50);
  return Promise.all(ids.map(firstText));
});

async function firstText(id: string): Promise<{ id: string; text: string }> {
  // What comes from an address goes in as `{ job_id }`: a string with a slash is read as a path.
  const state = whisul.getJob({ job_id: id }, { signal: AbortSignal.timeout(2_000) });
  // If no answer comes in time, the page says 'waiting': the browser asks again, and shows what is wrong.
  return state.then(
    ({ status }) => ({ id, text: status }),
    () => ({ id, text: 'waiting' }),
  );
}
