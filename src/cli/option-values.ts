import { StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { didYouMean } from '../config/did-you-mean.ts';
import { parseDuration } from '../config/duration.ts';

export type OutputFormat = 'text' | 'json' | 'yaml' | 'wide' | 'name';

export type Problems = string[];
export type FlagValues = ReadonlyMap<string, string>;

const stateNames = Object.keys(StepState).filter((name) => !/^\d|UNSPECIFIED/.test(name));
const everyOutput = ['json', 'yaml', 'wide', 'name'] as const;

/** `syntax` names the forms that the command has, such as `json|yaml`; undefined where it has but one. */
export function readOutput(values: FlagValues, syntax: string | undefined, problems: Problems): OutputFormat {
  const given = values.get('--output');
  if (given === undefined) return 'text';
  const has = syntax?.split('|') ?? [];
  const outputs = everyOutput.filter((one) => has.includes(one));
  const found = outputs.find((one) => one === given);
  if (found === undefined) {
    problems.push(
      `flag --output: ${JSON.stringify(given)} is not one of ${outputs.join(', ')}${didYouMean(given, outputs)}`,
    );
  }
  return found ?? 'text';
}

export function readTimeout(values: FlagValues, problems: Problems): number | undefined {
  const given = values.get('--timeout');
  if (given === undefined) return undefined;
  const parsed = parseDuration(given);
  if (!parsed.ok) problems.push(`flag --timeout: ${parsed.message}`);
  // Timers of the runtime end at 24.8 days.
  else if (parsed.value.ms < 1 || parsed.value.seconds > 480 * 3600) {
    problems.push('flag --timeout: must be from 1ms to 480h; leave it out to wait for ever');
  } else return parsed.value.ms;
  return undefined;
}

export function readGrace(values: FlagValues, problems: Problems): number | undefined {
  const given = values.get('--grace-period');
  if (given === undefined) return undefined;
  const parsed = parseDuration(given);
  if (parsed.ok && Number.isInteger(parsed.value.seconds)) return parsed.value.ms;
  problems.push(`flag --grace-period: ${parsed.ok ? 'must be whole seconds' : parsed.message}`);
  return undefined;
}

export function readDryRun(values: FlagValues, problems: Problems): boolean {
  const given = values.get('--dry-run');
  if (given !== undefined && given !== 'server' && given !== 'none') {
    problems.push(
      `flag --dry-run: ${JSON.stringify(given)} is not one of server, none; only the server can tell`,
    );
  }
  return given === 'server' || values.get('--validate-only') === 'true';
}

export function readStates(values: FlagValues, problems: Problems): readonly StepState[] {
  const given = values.get('--state')?.split(',') ?? [];
  return given.flatMap((word) => {
    const name = stateNames.find((known) => known === word.trim().toUpperCase().replaceAll('-', '_'));
    if (name !== undefined) return [StepState[name as keyof typeof StepState]];
    const all = stateNames.join(', ').toLowerCase();
    problems.push(
      `flag --state: ${JSON.stringify(word)} is not one of ${all}${didYouMean(word, all.split(', '))}`,
    );
    return [];
  });
}

export function readLabels(values: FlagValues, problems: Problems): Readonly<Record<string, string>> {
  const pairs = values.get('--selector')?.split(',') ?? [];
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const [key, value, ...more] = pair.replace('==', '=').split('=');
      if (key && value !== undefined && more.length === 0) return [[key.trim(), value.trim()]];
      problems.push(`flag --selector: ${JSON.stringify(pair)} is not KEY=VALUE`);
      return [];
    }),
  );
}

export function readNumber(
  flag: string,
  values: FlagValues,
  absent: number,
  min: number,
  problems: Problems,
): number {
  const given = values.get(flag);
  if (given === undefined) return absent;
  if (/^\d{1,9}$/.test(given) && Number(given) >= min) return Number(given);
  problems.push(`flag ${flag}: must be a whole number from ${min}, is ${JSON.stringify(given)}`);
  return absent;
}
