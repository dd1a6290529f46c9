// Draws the bars of one table as an SVG that can be read in light and dark.
const [width, labels, line, top] = [760, 290, 28, 40];

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
const isOurs = (name) => /whisul|batch\$|adaptive|undiciTransport|sse\/client/.test(name);

/** @returns the text of an SVG with a bar for each value; those of whisul-rx are in colour */
export function barsSvg(title, { label, values }) {
  const most = Math.max(...values.map(([, value]) => value));
  const height = top + line * values.length + 8;
  const bars = values.map(([name, value], at) => {
    const y = top + line * at;
    const long = Math.max(1, ((width - labels - 80) * value) / most);
    const shown = value >= 100 ? value.toFixed(0) : value.toFixed(2);
    return [
      `  <text class="name" x="${labels - 10}" y="${y + 16}">${escaped(name)}</text>`,
      `  <rect class="${isOurs(name) ? 'ours' : 'other'}" x="${labels}" y="${y + 3}" width="${long.toFixed(1)}" height="18" rx="3"/>`,
      `  <text x="${(labels + long + 8).toFixed(1)}" y="${y + 16}">${shown}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}: ${label}`)}">
  <style>
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .name { text-anchor: end }
    .label { font-weight: 600 }
    .ours { fill: #0969da }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .ours { fill: #4493f8 }
      .other { fill: #6e7681 }
    }
  </style>
  <text class="label" x="${labels}" y="22">${escaped(label)}</text>
${bars.join('\n')}
</svg>
`;
}
