import { parseDuration } from '../../config/duration.ts';
import type { FlagSpec } from '../../config/flags.ts';
import { configFlags } from '../../config/load.ts';
import { defaultCanary, longestCanaryMs } from '../check/egress/canary.ts';

/** What a canary is asked to be. */
export interface CanaryOptions {
  readonly image: string;
  readonly timeoutMs: number;
}

export const canaryFlags: readonly FlagSpec[] = [
  {
    name: '--egress',
    description:
      'Find out whether NetworkPolicies are enforced: three small pods in a namespace of their own, taken away afterwards. Exit code 1 unless they are.',
  },
  {
    name: '--egress-image',
    syntax: 'IMAGE',
    description: `Of these pods; with a shell, httpd and nc. Default ${defaultCanary.image}.`,
  },
  {
    name: '--egress-timeout',
    syntax: 'DURATION',
    description: `Of all of it, image pull included, 10s to 30m. Default ${defaultCanary.timeoutMs / 1_000}s.`,
  },
];

/** Takes flags out of others, in each way of writing them; the settings have none of these names. */
export function takeFlags(
  rest: readonly string[],
  specs: readonly FlagSpec[],
): { readonly argv: readonly string[]; readonly values: ReadonlyMap<string, string> } {
  const argv: string[] = [];
  const values = new Map<string, string>();
  for (let i = 0; i < rest.length; i += 1) {
    const word = rest[i] ?? '';
    const spec = specs.find(
      ({ name, short }) => word === name || (short !== undefined && word === `-${short}`),
    );
    const inline = spec === undefined ? inlineOf(word, specs) : undefined;
    if (inline !== undefined) values.set(...inline);
    else if (spec === undefined) argv.push(word);
    else if (spec.syntax === undefined) values.set(spec.name, 'true');
    else {
      i += 1;
      values.set(spec.name, rest[i] ?? '');
    }
    // The value of a setting is never looked at, so `--context -o` keeps its meaning.
    if (configFlags.some((flag) => flag.name === word)) {
      i += 1;
      argv.push(...rest.slice(i, i + 1));
    }
  }
  return { argv, values };
}

function inlineOf(word: string, specs: readonly FlagSpec[]): readonly [string, string] | undefined {
  for (const { name, short, syntax } of specs) {
    if (word.startsWith(`${name}=`)) return [name, word.slice(name.length + 1)];
    const isShort =
      short !== undefined && syntax !== undefined && word.length > 2 && word.startsWith(`-${short}`);
    if (isShort && !word.startsWith('--')) return [name, word.slice(2).replace(/^=/, '')];
  }
  return undefined;
}

/** The canary that the flags ask for; undefined where they ask for none. */
export function readCanary(values: ReadonlyMap<string, string>): {
  readonly canary: CanaryOptions | undefined;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const asked = values.get('--egress') ?? 'false';
  if (asked !== 'true' && asked !== 'false') problems.push('flag --egress: is a switch: true or false');
  const image = values.get('--egress-image');
  if (image === '') problems.push('flag --egress-image: needs a value: --egress-image IMAGE');
  const timeoutMs = readTimeout(values.get('--egress-timeout'), problems);
  for (const flag of ['--egress-image', '--egress-timeout'])
    if (values.has(flag) && asked === 'false') problems.push(`flag ${flag}: says nothing without --egress`);
  const canary = asked === 'true' ? { image: image ?? defaultCanary.image, timeoutMs } : undefined;
  return { canary, problems };
}

function readTimeout(text: string | undefined, problems: string[]): number {
  if (text === undefined) return defaultCanary.timeoutMs;
  const parsed = parseDuration(text);
  if (!parsed.ok) problems.push(`flag --egress-timeout: ${parsed.message}`);
  else if (parsed.value.ms < 10_000 || parsed.value.ms > longestCanaryMs)
    problems.push(`flag --egress-timeout: must be from 10s to 30m, is ${text}`);
  else return parsed.value.ms;
  return defaultCanary.timeoutMs;
}
