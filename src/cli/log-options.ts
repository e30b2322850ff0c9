import { parseDuration } from '../config/duration.ts';

/** What `glip logs` was asked for. */
export interface LogOptions {
  readonly follow: boolean;
  /** Empty for the agent's. */
  readonly container: string;
  readonly timestamps: boolean;
  /** As the agent has written it, whatever that does to a terminal. */
  readonly raw: boolean;
  readonly tailLines: number | undefined;
  /** How far back, in milliseconds. */
  readonly sinceMs: number | undefined;
  readonly limitBytes: number | undefined;
}

type FlagValues = ReadonlyMap<string, string>;

/** Reads the flags of `glip logs`; other commands do not have them. */
export function readLogOptions(values: FlagValues, problems: string[]): LogOptions {
  const isSet = (flag: string): boolean => values.get(flag) === 'true';
  return {
    follow: isSet('--follow'),
    container: values.get('--container') ?? '',
    timestamps: isSet('--timestamps'),
    raw: isSet('--raw'),
    tailLines: count('--tail', values, 0, problems),
    sinceMs: since(values, problems),
    limitBytes: count('--limit-bytes', values, 1, problems),
  };
}

function count(flag: string, values: FlagValues, min: number, problems: string[]): number | undefined {
  const given = values.get(flag);
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(given) && Number(given) >= min) return Number(given);
  problems.push(`flag ${flag}: must be a whole number from ${min}, is ${JSON.stringify(given)}`);
  return undefined;
}

function since(values: FlagValues, problems: string[]): number | undefined {
  const given = values.get('--since');
  if (given === undefined) return undefined;
  const parsed = parseDuration(given);
  if (parsed.ok) return parsed.value.ms;
  problems.push(`flag --since: ${parsed.message}`);
  return undefined;
}
