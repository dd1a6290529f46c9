import { whisul } from '../lib/gateway';
import { Songs } from './songs';

interface Props {
  searchParams: Promise<{ job?: string | string[] }>;
}

/** Runs on the server, at each request. */
export default async function Page({ searchParams }: Props) {
  const { job = [] } = await searchParams;
  // Each id is a request to the API, so their number has a limit.
  const ids = [...new Set([job].flat())].slice(0, 50);
  return <Songs songs={await Promise.all(ids.map(firstText))} />;
}

async function firstText(id: string): Promise<{ id: string; text: string }> {
  // What comes from an address goes in as `{ job_id }`: a string with a slash is read as a path.
  const state = whisul.getJob({ job_id: id }, { signal: AbortSignal.timeout(2_000) });
  // If no answer comes in time, the page says 'waiting': the browser asks again, and shows what is wrong.
  return state.then(
    ({ status }) => ({ id, text: status }),
    () => ({ id, text: 'waiting' }),
  );
}
