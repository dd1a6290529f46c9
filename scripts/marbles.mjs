// Draws the marble diagrams of the guides into docs/pictures. With --check it draws nothing, and says which differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { diagrams } from './marble-diagrams.mjs';

const folder = new URL('../docs/pictures/', import.meta.url);
const width = 800;
const left = 112;
const right = width - 24;
const rowHeight = 50;
const firstRow = 46;

/** The card has a ground of its own, so that it is readable on any page, whatever theme the page has. */
const style = `
    .card { fill: #ffffff; stroke: #d0d7de }
    .line { stroke: #6e7781; fill: none }
    .tip { fill: #6e7781 }
    .label { fill: #1f2328; font-weight: 600 }
    .note { fill: #57606a; font-size: 12px }
    .request rect { fill: #eaeef2; stroke: #6e7781 }
    .submitted rect { fill: #ddf0ff; stroke: #0969da }
    .running rect { fill: #fff3c4; stroke: #9a6700 }
    .completed rect { fill: #d5f5dd; stroke: #1a7f37 }
    .failed rect { fill: #ffe2e0; stroke: #cf222e }
    .mark text { fill: #1f2328 }
    .busy { fill: #d0d7de }
    @media (prefers-color-scheme: dark) {
      .card { fill: #161b22; stroke: #3d444d }
      .line { stroke: #8b949e }
      .tip { fill: #8b949e }
      .label, .mark text { fill: #f0f6fc }
      .note { fill: #a6b0bb }
      .request rect { fill: #2b323b; stroke: #8b949e }
      .submitted rect { fill: #0c3260; stroke: #58a6ff }
      .running rect { fill: #4a3800; stroke: #d29922 }
      .completed rect { fill: #0f3d1e; stroke: #3fb950 }
      .failed rect { fill: #5c1613; stroke: #f85149 }
      .busy { fill: #3d444d }
    }
  `;

const x = (at) => Math.round(left + (at / 100) * (right - left));

function drawMark({ at, text, kind }, y) {
  const wide = text.length === 1 ? 26 : Math.round(text.length * 7.2 + 16);
  const corner = kind === 'request' ? 4 : 13;
  const box = `<rect x="${x(at) - wide / 2}" y="${y - 13}" width="${wide}" height="26" rx="${corner}" />`;
  return `<g class="mark ${kind}">${box}<text x="${x(at)}" y="${y + 4}" text-anchor="middle">${text}</text></g>`;
}

function drawRow({ label, from = 0, marks, busy = [], end }, index) {
  const y = firstRow + index * rowHeight;
  const to = end === undefined ? right : x(end);
  return [
    `<text class="label" x="16" y="${y + 4}">${label}</text>`,
    `<path class="line" d="M${x(from)} ${y}H${to}" />`,
    end === undefined ? `<path class="tip" d="M${to - 1} ${y - 5}l8 5l-8 5z" />` : '',
    end === undefined ? '' : `<path class="line end" d="M${to} ${y - 13}v26" />`,
    ...busy.map(
      (span) => `<rect class="busy" x="${x(span.at)}" y="${y - 5}" width="${x(span.to) - x(span.at)}" height="10" />`,
    ),
    ...marks.map((mark) => drawMark(mark, y)),
  ];
}

function drawNote({ at, to, text }, y) {
  return [
    `<path class="line" d="M${x(at)} ${y - 6}v6H${x(to)}v-6" />`,
    `<text class="note" x="${(x(at) + x(to)) / 2}" y="${y + 16}" text-anchor="middle">${text}</text>`,
  ];
}

function draw({ title, rows, notes }) {
  const noteLine = firstRow + rows.length * rowHeight - 12;
  const height = noteLine + 32;
  const lines = [
    `<title id="title">${title}</title>`,
    `<style>${style}</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" />`,
    ...rows.flatMap(drawRow),
    ...notes.flatMap((note) => drawNote(note, noteLine)),
  ];
  const attributes = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"`;
  const font = 'font-family="ui-sans-serif, system-ui, sans-serif" font-size="13"';
  const body = lines.filter((line) => line !== '').map((line) => `  ${line}\n`);
  return `<svg xmlns="http://www.w3.org/2000/svg" ${attributes} aria-labelledby="title" ${font} stroke-width="1.5">\n${body.join('')}</svg>\n`;
}

function committed(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

for (const diagram of diagrams) {
  const file = new URL(`${diagram.name}.svg`, folder);
  const svg = draw(diagram);
  if (committed(file) === svg) continue;
  if (process.argv.includes('--check')) {
    console.error(`${fileURLToPath(file)} is not what scripts/marbles.mjs draws. Run node scripts/marbles.mjs.`);
    process.exitCode = 1;
  } else writeFileSync(file, svg);
}
