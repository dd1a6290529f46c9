import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Runs one contender of a bench in a process of its own, and gives the JSON that it printed. */
export function runContender(file, args, flags = []) {
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, file, ...args.map(String)], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}
