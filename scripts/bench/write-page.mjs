// Writes docs/benchmarks.md and its pictures from the tables of one whole run.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { barsSvg } from './bars.mjs';
import { isMet, markdown, row, targetCells } from './report.mjs';

const slug = (title) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** The machine, the versions and the date of a run. */
export function runFacts(versions) {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  const machine = `${cpus()[0]?.model ?? arch()}, ${cpus().length} cores, ${gigabytes} GB, ${platform()} ${arch()}`;
  const date = new Date().toISOString().slice(0, 10);
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [`- Date: ${date}`, `- Machine: ${machine}`, `- Node ${process.versions.node}; ${packages.join(', ')}`];
}

function section({ title, note, bars, ...table }) {
  const picture = bars && `![${title}: ${bars.label}](images/benchmarks/${slug(title)}.svg)`;
  return [`## ${title}`, note, picture, markdown(table)].filter(Boolean).join('\n\n');
}

/** @returns the files of the page by their path below `docs` */
export function benchmarkFiles(tables, facts) {
  const targets = tables.flatMap(({ title, targets }) => targets.map((target) => ({ title, target })));
  const missed = targets.filter(({ target }) => !isMet(target)).length;
  const page = `---
title: Benchmarks
category: Maintainers
---

# Benchmarks

\`npm run bench\` measured these tables in one run and wrote this page.

${facts.join('\n')}

Candidates run in turn, each in a process of its own. Figures are medians of five runs. Look at the ratios: absolute figures
change with the machine and its load. [Performance](maintainers/performance.md) explains the methods and the profiles.

${missed === 0 ? 'All targets are met.' : `${missed} of ${targets.length} targets are missed.`}

${row(['table', 'target', 'measured', 'must', ''])}
${row(['---', '---', '---:', '---:', '---'])}
${targets.map(({ title, target }) => row([title, ...targetCells(target)])).join('\n')}

${tables.map(section).join('\n\n')}
`;
  const pictures = tables.filter(({ bars }) => bars);
  return new Map([
    ['benchmarks.md', page],
    ...pictures.map(({ title, bars }) => [`images/benchmarks/${slug(title)}.svg`, barsSvg(title, bars)]),
  ]);
}

/** Replaces the page and the pictures of the run before. */
export function writePage(docs, tables, versions) {
  rmSync(`${docs}/images/benchmarks`, { recursive: true, force: true });
  mkdirSync(`${docs}/images/benchmarks`, { recursive: true });
  for (const [name, text] of benchmarkFiles(tables, runFacts(versions))) writeFileSync(`${docs}/${name}`, text);
}
