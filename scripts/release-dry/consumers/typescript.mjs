import { versions } from '../versions.mjs';
import { everyPackage, drivers } from './every-package.mjs';

const resolutions = {
  nodenext: '--module nodenext --moduleResolution nodenext',
  bundler: '--module esnext --moduleResolution bundler',
};
/** The types in scope, by the name of their tsconfig. With none of them, not even RxJS compiles: there are no timers. */
const platforms = {
  'dom-node': 'DOM and Node types',
  dom: 'DOM types',
  node: 'Node types',
  'web-worker': 'neither, but those of web workers',
};

/** Compiles programs with the oldest and the newest TypeScript, declaration files of all dependencies included. */
export const typescript = versions.typescript.map((version) => ({
  name: `TypeScript ${version}`,
  quick: version === versions.typescript.at(-1),
  tools: [`typescript@${version}`],
  packages: everyPackage,
  dependencies: { ...drivers, '@types/node': '^20.19.0' },
  programs: ['typescript'],
  install: 'npm install --no-audit --no-fund --loglevel=error',
  runs: Object.fromEntries(
    Object.entries(resolutions).flatMap(([resolution, how]) =>
      Object.entries(platforms).map(([tsconfig, types]) => [
        `${resolution}, ${types}`,
        `tsc -p typescript/tsconfig.${tsconfig}.json ${how}`,
      ]),
    ),
  ),
}));
