// One line from vitest's JSON report: `N passed, N failed`. A file that could not be run counts as one failure;
// a test that was skipped, or no report at all, is an error.
import { existsSync, readFileSync } from 'node:fs';

const [, , file] = process.argv;
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { success: false, testResults: [] };
const results = report.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
const passed = results.filter((status) => status === 'passed').length;
const failed = results.filter((status) => status === 'failed').length;
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
const skipped = results.length - passed - failed;

for (const { name, message } of broken) console.log(`Could not be run: ${name} ${message}`);
if (skipped > 0) console.log(`${skipped} tests were skipped.`);
if (results.length === 0) console.log('No test was run.');
console.log(`${passed} passed, ${failed + broken.length} failed`);
process.exitCode = report.success && passed > 0 && failed + broken.length + skipped === 0 ? 0 : 1;
