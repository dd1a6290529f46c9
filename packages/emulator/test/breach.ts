import type { JobEngine } from '@whisul-rx/core';
import type { Emulator } from '@whisul-rx/emulator';

export const baseUrl = 'http://emulator.local/api';

/** Makes an engine that obeys the contract into one that does not. */
export type Break<Subject> = (engine: JobEngine, fetch: Emulator['fetch']) => Subject;

/** What is wrong with it, a part of the name of the law that must refuse it, and how long (ms) that law is patient. */
export type Breach<Subject> = [breach: string, law: string, breakIt: Break<Subject>, patience?: number];
