import { Command, Option } from 'commander';
import { batch, type BatchCommandOptions } from './commands/batch.js';
import { emulate, type EmulateOptions } from './commands/emulate.js';
import { generate, type GenerateOptions } from './commands/generate.js';
import { journal, type JournalCommandOptions } from './commands/journal.js';
import { serve, type ServeOptions } from './commands/serve.js';
import { status } from './commands/status.js';
import { watch, type WatchOptions } from './commands/watch.js';
import { type CommandContext, runCommand, type SharedOptions } from './session/command-context.js';
import type { ApiOptions } from './session/open-api.js';
import { share, timeRange, wholeNumber } from './session/read-number.js';

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;

/** The command line: what can be typed, and what then runs. */
export function createProgram(process: NodeJS.Process, version: string): Command {
  const run = (command: Command, action: (context: CommandContext) => Promise<number>): Promise<void> =>
    runCommand(process, command.optsWithGlobals<SharedOptions>(), action);
  const program = new Command('whisul-rx')
    .description('Make music with Whisul from a terminal.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .option('--base-url <url>', 'where the API is (WHISUL_BASE_URL; https://whisul.com/api)')
    .option('--json', 'print one JSON object per line, and nothing else, on stdout')
    .option('--verbose', 'show what the client does, and the causes of errors')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Try --help.')
    .addHelpText(
      'after',
      `\nThe API key is read from WHISUL_API_KEY. With --emulate no key is needed, and nothing is charged.\n${examples(
        'whisul-rx generate "a relaxing lo-fi hip hop beat" --emulate',
        'whisul-rx batch prompts.txt --journal songs.journal --out songs',
      )}`,
    );

  const emulated = (command: Command): Command =>
    command
      .option('--emulate', 'use an emulated API that is started for this command')
      .addOption(new Option('--failure-rate <share>', 'emulated: the part of jobs that fail, 0 to 1').argParser(share))
      .addOption(
        new Option('--duration <time>', 'emulated: how long jobs take: 500ms, 2s, 6s-12s').argParser(timeRange),
      )
      .addOption(new Option('--seed <number>', 'emulated: decides ids, failures and songs').argParser(wholeNumber(0)));

  emulated(program.command('generate'))
    .description('make songs and show how far they are')
    .argument('<prompt...>', 'what the songs should be like')
    .option('--out <folder>', 'save songs and covers there')
    .addHelpText(
      'after',
      examples(
        'whisul-rx generate "rain on a tin roof"',
        'whisul-rx generate "a slow waltz" "a fast polka" --out songs',
        'whisul-rx generate --out songs -- "- silence, then drums"',
      ),
    )
    .action((prompts: string[], _, command: Command) =>
      run(command, (context) => generate(prompts, command.optsWithGlobals<GenerateOptions>(), context)),
    );
  program
    .command('watch')
    .description('follow jobs to their end')
    .argument('<id...>', 'the ids of the jobs')
    .option('--out <folder>', 'save songs and covers there')
    .addHelpText('after', examples('whisul-rx watch 81fa5ff7-6197-4c24-8062-c0ff8b62d58d --out songs'))
    .action((ids: string[], _, command: Command) =>
      run(command, (context) => watch(ids, command.optsWithGlobals<WatchOptions>(), context)),
    );
  program
    .command('status')
    .description('show the state of jobs, and do not wait')
    .argument('<id...>', 'the ids of the jobs')
    .addHelpText('after', examples('whisul-rx status 81fa5ff7-6197-4c24-8062-c0ff8b62d58d --json'))
    .action((ids: string[], _, command: Command) =>
      run(command, (context) => status(ids, command.optsWithGlobals<ApiOptions>(), context)),
    );
  emulated(program.command('batch'))
    .description('make a song of every line of a file; go on where an earlier run was')
    .argument('<file>', 'one prompt a line, or JSONL {"key", "prompt"}; - is the standard input')
    .addOption(
      new Option('--concurrency <n>', 'songs that are made at the same time').argParser(wholeNumber(1)).default(4),
    )
    .option('--journal <folder>', 'record what is paid for, so that nothing is paid twice')
    .option('--out <folder>', 'save songs and covers there')
    .addOption(new Option('--max-submits <n>', 'pay for no more songs than this').argParser(wholeNumber(0)))
    .addOption(
      new Option('--retry-failed <n>', 'submit a failed song again, up to n times')
        .argParser(wholeNumber(0))
        .default(0),
    )
    .option('--resubmit-unknown', 'send prompts again that may have been charged without an answer')
    .option('-y, --yes', 'pay without asking')
    .addHelpText(
      'after',
      examples(
        'whisul-rx batch prompts.txt --emulate --out songs',
        'whisul-rx batch prompts.txt --journal songs.journal --out songs --concurrency 8',
        'cat prompts.jsonl | whisul-rx batch - --journal songs.journal --yes --json',
      ),
    )
    .action((file: string, _, command: Command) =>
      run(command, (context) => batch(file, command.optsWithGlobals<BatchCommandOptions>(), context)),
    );
  program
    .command('journal')
    .description('show what the journal of a batch holds')
    .argument('<folder>', 'the folder of the journal')
    .option('--unknown', 'only the prompts that may have been charged without an answer')
    .addHelpText(
      'after',
      examples('whisul-rx journal songs.journal', 'whisul-rx journal songs.journal --unknown --json'),
    )
    .action((folder: string, _, command: Command) =>
      run(command, (context) => journal(folder, command.optsWithGlobals<JournalCommandOptions>(), context)),
    );
  emulated(program.command('serve'))
    .description('serve job streams over server-sent events')
    .addOption(
      new Option('--port <port>', 'where to listen; 0 takes a free one')
        .argParser(wholeNumber(0, 65_535))
        .default(8080),
    )
    .option('--host <address>', 'the address to listen at', '127.0.0.1')
    .option('--generate', 'let clients start songs, which your key pays for')
    .option('--public', 'let everybody read any job')
    .addOption(
      new Option('--token <secret>', 'let those in who send this as a Bearer token').env('WHISUL_GATEWAY_TOKEN'),
    )
    .addHelpText(
      'after',
      examples('whisul-rx serve --token "$TOKEN" --port 8080', 'whisul-rx serve --public --generate --emulate'),
    )
    .action((_, command: Command) =>
      run(command, (context) => serve(command.optsWithGlobals<ServeOptions>(), context)),
    );
  program
    .command('emulate')
    .description('run an emulated Whisul API on this machine')
    .addOption(
      new Option('--port <port>', 'where to listen; 0 takes a free one')
        .argParser(wholeNumber(0, 65_535))
        .default(4321),
    )
    .addOption(new Option('--failure-rate <share>', 'the part of jobs that fail, 0 to 1').argParser(share))
    .addOption(new Option('--duration <time>', 'how long jobs take: 500ms, 2s, 6s-12s').argParser(timeRange))
    .addOption(new Option('--seed <number>', 'decides ids, failures and songs').argParser(wholeNumber(0)))
    .addHelpText(
      'after',
      examples('whisul-rx emulate', 'whisul-rx emulate --port 0 --failure-rate 0.2 --duration 2s-4s'),
    )
    .action((_, command: Command) =>
      run(command, (context) => emulate(command.optsWithGlobals<EmulateOptions>(), context)),
    );
  return program;
}
