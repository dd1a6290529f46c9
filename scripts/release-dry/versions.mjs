/** What the consumers are run with. docs/reference/compatibility.md says the same; a test compares them. */
export const versions = {
  node: ['20.19.0', '22', '24', '26'],
  typescript: ['5.5.4', '7.0.2'],
  yarn: '1.22.22',
  pnpm: '10.34.8',
  bun: '1.4.5',
  deno: '2.9.6',
  workerd: '1.20261117.1',
  esbuild: '0.28.2',
  vite: '8.3.8',
  webpack: '5.113.0',
  rollup: '4.68.8',
  next: '16.4.6',
  nuxt: '4.5.2',
  oldChromium: '121',
};
