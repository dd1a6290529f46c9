import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    outDir: 'dist/site',
    // The page's policy allows scripts, styles and images from files only.
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2022',
  },
});
