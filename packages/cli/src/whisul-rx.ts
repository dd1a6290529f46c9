#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { createProgram } from './program.js';
import { exitCodes } from './session/exit-code.js';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
const program = createProgram(process, hasVersion ? String(manifest.version) : '0.0.0');
for (const command of [program, ...program.commands]) command.exitOverride();
// Help is printed before any command runs: `whisul-rx --help | head -1` is no failure.
process.stdout.on('error', () => undefined);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end in the same way, and are no mistake.
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
