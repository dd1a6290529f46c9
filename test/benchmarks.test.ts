import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const writer = new URL('../scripts/bench/write-page.mjs', import.meta.url).href;

/** The page and the pictures of some tables, as `npm run bench` writes them. */
function benchmarkFiles(tables: readonly object[], facts: readonly string[]): Map<string, string> {
  const program = `import { benchmarkFiles } from ${JSON.stringify(writer)};
    console.log(JSON.stringify([...benchmarkFiles(${JSON.stringify(tables)}, ${JSON.stringify(facts)})]));`;
  const files = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return new Map(JSON.parse(files));
}

const table = {
  title: 'A & B <1>',
  note: 'How it was measured.',
  columns: ['client', 'CPU'],
  rows: [
    ['whisul-rx', '2.00 us'],
    ['a peer', '4.00 us'],
  ],
  targets: [
    { what: 'of the peer', measured: 0.5, most: 0.6, unit: 'x' },
    { what: 'of nothing', measured: 2, most: 1, unit: 'x' },
    { what: 'speed', measured: 0.2, least: 0.28, unit: 'x' },
  ],
  bars: {
    label: 'us',
    values: [
      ['whisul-rx', 2],
      ['a peer', 4],
    ],
  },
};

describe('the page of benchmarks', () => {
  const files = benchmarkFiles([table], ['- Date: 2026-01-01']);
  const page = files.get('benchmarks.md') ?? '';
  const picture = files.get('images/benchmarks/a-b-1.svg') ?? '';

  it('says when and where, shows every figure, and marks what missed its target', () => {
    expect(page).toContain('- Date: 2026-01-01');
    expect(page).toContain('| a peer | 4.00 us |');
    expect(page).toContain('2 of 3 targets are missed.');
    expect(page).toContain('| A & B <1> | of the peer | 0.50 x | <= 0.6 x |  |');
    expect(page).toContain('\n| of the peer | 0.50 x | <= 0.6 x |  |');
    expect(page).toContain('| of nothing | 2.00 x | <= 1 x | **missed** |');
    expect(page).toContain('| speed | 0.20 x | >= 0.28 x | **missed** |');
    expect(page).toContain('](images/benchmarks/a-b-1.svg)');
  });

  it('draws a bar of the right length for each row, ours in another colour', () => {
    const bars = [...picture.matchAll(/class="(ours|other)".* width="([\d.]+)"/g)].map(([, kind, long]) => [
      kind,
      long,
    ]);
    expect(bars).toEqual([
      ['ours', '195.0'],
      ['other', '390.0'],
    ]);
    expect(picture).not.toMatch(/A & B|<1>/);
  });
});
