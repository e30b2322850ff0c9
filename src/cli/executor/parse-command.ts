import { didYouMean } from '../../config/did-you-mean.ts';
import { type FlagSpec, readFlags } from '../../config/flags.ts';
import type { UsageError } from '../usage.ts';
import { type AuthzQuestion, readAuthz } from './authz-options.ts';
import { type CanaryOptions, canaryFlags, readCanary, takeFlags } from './check-options.ts';
import { type CommandName, outputFlag, program, specs } from './commands.ts';

export type Output = 'text' | 'json';

/** What glip-executor was asked to do. `argv` holds the flags for `loadConfig`. */
export type ExecutorCommand =
  | { readonly command: 'serve'; readonly argv: readonly string[] }
  | {
      readonly command: 'check';
      readonly argv: readonly string[];
      readonly output: Output;
      /** Absent: nothing is started in the cluster. */
      readonly canary?: CanaryOptions;
    }
  | { readonly command: 'authz'; readonly question: AuthzQuestion; readonly output: Output }
  | { readonly command: 'version'; readonly output: Output }
  | { readonly command: 'help'; readonly topic?: CommandName };

export type CommandResult =
  | { readonly ok: true; readonly value: ExecutorCommand }
  | ({ readonly ok: false } & UsageError);

const names = Object.keys(specs) as readonly CommandName[];
const helpFlag: FlagSpec = { name: '--help', short: 'h', description: 'Print this help.' };

/** Reads the command line of glip-executor. Settings are left to `loadConfig`, which knows all of their problems. */
export function parseCommand(argv: readonly string[]): CommandResult {
  const [word, ...rest] = argv;
  if (word === undefined || word === '--help' || word === '-h') return done({ command: 'help' });
  if (word === '--version') return done({ command: 'version', output: 'text' });
  const name = names.find((known) => known === word);
  if (name === undefined) {
    const what = word.startsWith('-') ? 'a command comes first, before' : 'unknown command';
    return usage([`${what} ${JSON.stringify(word)}${didYouMean(word, names)}`]);
  }
  const beforeEnd = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length);
  if (beforeEnd.some((flag) => flag === '--help' || flag === '-h'))
    return done({ command: 'help', topic: name });
  return parseRest(name, rest);
}

function parseRest(name: CommandName, rest: readonly string[]): CommandResult {
  switch (name) {
    case 'serve':
      return done({ command: 'serve', argv: rest });
    case 'check': {
      const { argv, values } = takeFlags(rest, [outputFlag, ...canaryFlags]);
      const { canary, problems } = readCanary(values);
      return withOutput(name, values.get('--output'), problems, (output) => ({
        command: 'check',
        argv,
        output,
        ...(canary && { canary }),
      }));
    }
    case 'authz': {
      const { question, values, problems } = readAuthz(rest, [outputFlag, helpFlag]);
      const given = values.get('--output');
      return withOutput(name, given, problems, (output) => ({ command: 'authz', question, output }));
    }
    case 'version': {
      const { values, positionals, problems } = readFlags(rest, [outputFlag, helpFlag]);
      const wrong = problems.map(({ flag, message }) => `flag ${flag}: ${message}`);
      const surplus = positionals.map((word) => `${JSON.stringify(word)} is not expected here`);
      return withOutput(name, values.get('--output'), [...wrong, ...surplus], (output) => ({
        command: 'version',
        output,
      }));
    }
    case 'help': {
      const [word] = rest;
      const topic = names.find((known) => known === word);
      if (word === undefined) return done({ command: 'help' });
      if (topic !== undefined) return done({ command: 'help', topic });
      return usage([`no help for ${JSON.stringify(word)}${didYouMean(word, names)}`]);
    }
    default: {
      const never: never = name;
      return never;
    }
  }
}

function withOutput(
  name: CommandName,
  given: string | undefined,
  problems: readonly string[],
  command: (output: Output) => ExecutorCommand,
): CommandResult {
  const output = given ?? 'text';
  if (output !== 'text' && output !== 'json') {
    return usage([...problems, `flag --output: ${JSON.stringify(given)} is not one of text, json`], name);
  }
  return problems.length > 0 ? usage(problems, name) : done(command(output));
}

function done(value: ExecutorCommand): CommandResult {
  return { ok: true, value };
}

function usage(problems: readonly string[], name?: CommandName): CommandResult {
  return {
    ok: false,
    problems,
    help: name === undefined ? `${program} --help` : `${program} ${name} --help`,
  };
}
