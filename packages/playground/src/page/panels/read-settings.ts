import { map, type Observable } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';
import * as z from 'zod/mini';

const settingsSchema = z.object({ paid: z.boolean(), usualDuration: z.number() });

/** What the page is told by its server: whether songs cost money, and how long they usually take, in ms. */
export type Settings = z.infer<typeof settingsSchema>;

/** Asks the server. Errors if it cannot be reached or is another one. */
export const settings$: Observable<Settings> = fromFetch('/settings', { selector: (response) => response.json() }).pipe(
  map((body: unknown) => settingsSchema.parse(body)),
);
