import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { codeBlocks } from './run-example.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const skipped = new Set(['node_modules', 'dist', '.git', 'api', 'coverage', 'demo-songs']);

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownFiles(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function withoutCode(markdown: string): string {
  const prose = codeBlocks(markdown).reduce((text, { code }) => text.replace(code, ''), markdown);
  return prose.replace(/`[^`\n]*`/g, '');
}

/** The anchors of a page, as GitHub makes them from its headings. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

function brokenLinks(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const page = path === '' ? file : join(dirname(file), decodeURI(path));
      if (!existsSync(page)) return true;
      return anchor !== undefined && page.endsWith('.md') && !anchors(readFileSync(page, 'utf8')).includes(anchor);
    });
}

it.each(markdownFiles(root).map((file) => relative(root, file)))('%s links to what is there', (file) => {
  expect(brokenLinks(join(root, file))).toEqual([]);
});
