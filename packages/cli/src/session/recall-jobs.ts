import type { Journal } from '@whisul-rx/core';
import type { Emulator } from '@whisul-rx/emulator';

/**
 * Makes the jobs of a journal again in an emulator that has just begun: those of an earlier command ended with it. The
 * same seed and prompts make the same ids.
 */
export async function recallJobs(emulator: Emulator, journal: Journal): Promise<void> {
  const headers = { authorization: 'Bearer emulated', 'content-type': 'application/json' };
  for await (const { prompt, attempt } of journal.entries()) {
    const body = JSON.stringify({ prompt });
    for (let made = 0; made < attempt; made += 1) {
      await emulator.fetch('http://emulator.local/api/generate', { method: 'POST', headers, body });
    }
  }
}
