export default {
  logLevel: 'warn',
  build: {
    outDir: 'bundles/vite',
    rollupOptions: { input: 'browser/page.mjs', output: { entryFileNames: 'page.js' } },
  },
};
