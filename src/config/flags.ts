import { parseArgs } from 'node:util';
import { didYouMean } from './did-you-mean.ts';

/** A flag of a command. */
export interface FlagSpec {
  /** With its dashes: `--output`. */
  readonly name: string;
  /** One letter, without a dash. */
  readonly short?: string;
  /** Placeholder of its value in the help; a flag without one is a switch. */
  readonly syntax?: string;
  readonly description: string;
}

/** A command line, taken apart. */
export interface Flags {
  /** By name with dashes. A switch has `true` or `false`; the last of several wins, as in kubectl. */
  readonly values: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  /** Each names the flag. */
  readonly problems: readonly { readonly flag: string; readonly message: string }[];
}

/** Reads `--name value`, `--name=value`, `-n value`, switches, and `--` before what is no flag. */
export function readFlags(args: readonly string[], specs: readonly FlagSpec[]): Flags {
  const byName = new Map(specs.map((spec) => [spec.name.slice(2), spec]));
  const values = new Map<string, string>();
  const positionals: string[] = [];
  const problems: { flag: string; message: string }[] = [];
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(specs.map((spec) => [spec.name.slice(2), optionOf(spec)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  // What follows a flag that is wrong is most likely its value, and no problem of its own.
  let excused = -1;
  for (const token of tokens) {
    if (token.kind === 'positional' && token.index !== excused) positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = byName.get(token.name);
    if (spec === undefined) {
      const message = `is not a flag of this command${didYouMean(
        token.rawName,
        [...byName.values()].map((s) => s.name),
      )}`;
      problems.push({ flag: token.rawName, message });
      if (token.inlineValue !== true) excused = token.index + 1;
      continue;
    }
    const complaint = complaintOf(spec, token.value, token.inlineValue === true, specs);
    if (complaint !== undefined) {
      problems.push({ flag: spec.name, message: complaint });
      excused = token.index + 2;
    } else values.set(spec.name, token.value ?? 'true');
  }
  return { values, positionals, problems };
}

function optionOf(spec: FlagSpec): { type: 'string' | 'boolean'; short?: string } {
  return { type: spec.syntax === undefined ? 'boolean' : 'string', ...(spec.short && { short: spec.short }) };
}

function complaintOf(
  spec: FlagSpec,
  value: string | undefined,
  inline: boolean,
  specs: readonly FlagSpec[],
): string | undefined {
  if (spec.syntax === undefined) {
    return value === undefined || value === 'true' || value === 'false'
      ? undefined
      : 'is a switch: true or false';
  }
  if (value === undefined || value === '') return `needs a value: ${spec.name} ${spec.syntax}`;
  // `--kubeconfig --context x` took the next flag as its value; nobody means that.
  const swallowed = !inline && specs.some(({ name }) => value === name || value.startsWith(`${name}=`));
  return swallowed ? `needs a value before ${value.split('=')[0]}: ${spec.name} ${spec.syntax}` : undefined;
}
