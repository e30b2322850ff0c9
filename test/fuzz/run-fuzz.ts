import { readdirSync, readFileSync } from 'node:fs';
import { createRandom, type Random } from '../faults/random.ts';
import { mutateText } from './mutate.ts';
import type { Target } from './target.ts';

export interface FuzzOptions {
  readonly targets: readonly Target[];
  readonly inputs: number;
  readonly seed: number;
  readonly onFailure?: (failure: Failure) => void;
}

/** An input that breaks a law. */
export interface Failure {
  readonly target: string;
  readonly input: string;
  readonly why: string;
}

export interface Tried {
  inputs: number;
  accepted: number;
  /** Milliseconds of the processor that the slowest input took. */
  slowestMs: number;
  slowestLength: number;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly byTarget: Readonly<Record<string, Tried>>;
  /** The first hundred. */
  readonly failures: readonly Failure[];
}

/** Far beyond what 16 KiB of text may cost, and far below what a person calls a hang. */
const tooSlowMs = 400;

/** Runs so many inputs through the targets, and keeps what breaks a law. */
export async function runFuzz({ targets, inputs, seed, onFailure }: FuzzOptions): Promise<FuzzResult> {
  const random = createRandom(seed);
  const byTarget: Record<string, Tried> = {};
  const failures: Failure[] = [];
  const fail = (failure: Failure): void => {
    if (failures.length >= 100) return;
    failures.push(failure);
    onFailure?.(failure);
  };
  const weights = targets.map(({ weight = 1 }) => weight);
  const whole = weights.reduce((a, b) => a + b, 0);
  for (const [i, target] of targets.entries()) {
    const tried = { inputs: 0, accepted: 0, slowestMs: 0, slowestLength: 0 };
    byTarget[target.name] = tried;
    const share = Math.max(1, Math.round((inputs * (weights[i] ?? 1)) / whole));
    await tryTarget(target, share, random.fork(), tried, fail);
  }
  return {
    inputs: Object.values(byTarget).reduce((sum, { inputs: n }) => sum + n, 0),
    byTarget,
    failures,
  };
}

async function tryTarget(
  target: Target,
  inputs: number,
  random: Random,
  tried: Tried,
  fail: (failure: Failure) => void,
): Promise<void> {
  const { name, samples, words = [] } = target;
  for (const sample of samples)
    if ((await outcome(target, sample)) !== true)
      fail({ target: name, input: sample, why: 'a sample is not taken' });
  for (let i = 0; i < inputs; i++) {
    const input = mutateText(samples, words, random);
    const before = performance.now();
    const taken = await outcome(target, input);
    const ms = performance.now() - before;
    tried.inputs += 1;
    if (typeof taken === 'string') fail({ target: name, input, why: taken });
    else if (taken) tried.accepted += 1;
    if (ms <= tried.slowestMs) continue;
    // Others want the processor, too: what was slow is asked again.
    const again = ms < 5 ? ms : Math.min(ms, await cpuMs(target, input), await cpuMs(target, input));
    if (again > tooSlowMs) fail({ target: name, input, why: `takes ${Math.round(again)} ms` });
    if (again > tried.slowestMs) Object.assign(tried, { slowestMs: again, slowestLength: input.length });
  }
  const polluted = Object.keys(Object.prototype);
  if (polluted.length > 0) fail({ target: name, input: '', why: `all objects have got ${polluted}` });
}

/** Whether the input was taken; or which law it breaks. */
export async function outcome(target: Target, input: string): Promise<boolean | string> {
  try {
    return await target.run(input);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message).slice(0, 1_500) : String(error);
  }
}

async function cpuMs(target: Target, input: string): Promise<number> {
  const before = process.cpuUsage();
  await outcome(target, input);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** What was found once, and must not come back. */
export const seeds: readonly Failure[] = readdirSync(new URL('./seeds/', import.meta.url))
  .filter((file) => file.endsWith('.json'))
  .sort()
  .flatMap(
    (file) => JSON.parse(readFileSync(new URL(`./seeds/${file}`, import.meta.url), 'utf8')) as Failure[],
  );
