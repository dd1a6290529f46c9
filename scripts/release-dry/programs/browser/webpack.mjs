// webpack through its API: its command line is a package of its own.
import { resolve } from 'node:path';
import process from 'node:process';
import webpack from 'webpack';

const config = {
  mode: 'production',
  entry: './browser/page.mjs',
  output: { path: resolve('bundles/webpack'), filename: 'page.js' },
};
webpack(config, (error, stats) => {
  if (error) throw error;
  if (stats.hasErrors() || stats.hasWarnings()) {
    console.error(stats.toString('errors-warnings'));
    process.exitCode = 1;
  }
});
