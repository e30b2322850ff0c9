import { wrap } from '../config/docs.ts';
import type { FlagSpec } from '../config/flags.ts';

/** A command of a program, as its help shows it. */
export interface CommandSpec {
  readonly name: string;
  /** What follows the name: `-f FILE`, `KEY...`. */
  readonly arguments: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly description: string;
  readonly flags: readonly FlagSpec[];
  readonly examples: readonly string[];
}

/** What is wrong with a command line, and where help is. */
export interface UsageError {
  readonly problems: readonly string[];
  /** The command that prints the help that fits. */
  readonly help: string;
}

const width = 80;

/** For standard error; ends with a newline. */
export function formatUsageError(program: string, { problems, help }: UsageError): string {
  return [...problems.map((problem) => `${program}: ${problem}`), `See '${help}'.`, ''].join('\n');
}

/** The help of one command. `flags` replaces its own list of flags. */
export function commandHelp(program: string, spec: CommandSpec, flags = flagHelp(spec.flags)): string {
  const sections = [
    wrap(spec.description, width, ''),
    `Usage:\n  ${[program, spec.name, spec.arguments].filter(Boolean).join(' ')}`,
    ...(spec.examples.length > 0
      ? [`Examples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}`]
      : []),
    ...(flags === '' ? [] : [`Flags:\n${flags}`]),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The help of a program: its commands in one list. */
export function programHelp(
  program: string,
  about: string,
  specs: readonly CommandSpec[],
  more: string,
): string {
  const longest = Math.max(...specs.map((spec) => spec.name.length));
  const list = specs.map((spec) => `  ${spec.name.padEnd(longest)}  ${spec.summary}`).join('\n');
  const hint = `Use "${program} COMMAND --help" for the flags of a command.`;
  return `${[wrap(about, width, ''), `Commands:\n${list}`, more, hint].filter(Boolean).join('\n\n')}\n`;
}

export function flagHelp(flags: readonly FlagSpec[]): string {
  return flags
    .map(({ name, short, syntax, description }) => {
      const names = short === undefined ? `      ${name}` : `  -${short}, ${name}`;
      return `${syntax === undefined ? names : `${names} ${syntax}`}\n${wrap(description, width, '          ')}`;
    })
    .join('\n');
}
