import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import type { RealNode } from '../../support/node/node.ts';
import { stateName } from '../../support/states.ts';
import { until } from '../../support/until.ts';
import { observe } from '../at-most-once/observer.ts';
import { createTally } from '../load/tally.ts';
import { createRandom } from '../random.ts';
import { type CancelCase, graceOfCase, makePlace, type Place } from './cases.ts';
import { createSightings, type Sightings } from './sightings.ts';

export interface CancelsOptions {
  readonly seed: number;
  readonly cases: readonly CancelCase[];
  /** Times that each case is played. */
  readonly rounds: number;
  readonly concurrency: number;
  /** The processes that live in a container of a pod, where the node can be asked itself. */
  readonly processesOf?: RealNode['processesOf'];
  readonly onViolation?: (text: string) => void;
  readonly onEnd?: (done: number) => void;
}

export interface CancelsResult {
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Of each case: how its steps ended, and after how long. */
  readonly cases: Readonly<Record<string, CaseResult>>;
  /** From the call of CancelStep to the watch event that shows the pod's deletion, of steps whose pod was there. */
  readonly toDeletionMs: Spread | undefined;
  readonly violations: readonly string[];
}

interface CaseResult {
  readonly ends: Readonly<Record<string, number>>;
  readonly callMs: Spread | undefined;
  readonly toDeletionMs: Spread | undefined;
  readonly toEndMs: Spread | undefined;
}

export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Issue 6, proof 2: steps that are cancelled in every phase, and are CANCELLED only when it is over. */
export async function runCancels(
  cluster: TestCluster,
  client: ExecutorClient,
  options: CancelsOptions,
): Promise<CancelsResult> {
  const { seed, cases, rounds, concurrency, onEnd = () => undefined } = options;
  const tally = createTally(options.onViolation);
  const place = await makePlace(cluster, client, `cancels-${seed}`);
  const sightings = createSightings();
  const observer = await observe(cluster.access, `/api/v1/namespaces/${place.namespace}/pods`, sightings.saw);
  const random = createRandom(seed);
  const left = [...random.shuffled(cases.flatMap((one) => Array.from({ length: rounds }, () => one)))];
  const played: Played[] = [];
  const began = performance.now();
  const worker = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const one = await playCase(next, place, sightings, options).catch((error: unknown) => {
        throw new Error(`${next?.name}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      });
      played.push(one);
      for (const wrong of one.wrong) tally.violation(`${one.name}: ${wrong}`);
      onEnd(played.length);
    }
  };
  try {
    await Promise.all([
      observer.ended,
      Promise.all(Array.from({ length: concurrency }, worker)).then(observer.close),
    ]);
  } finally {
    await observer.close();
  }
  const summary = (name: string): CaseResult => {
    const ofCase = played.filter((one) => one.name === name);
    const ends: Record<string, number> = {};
    for (const { end } of ofCase) ends[end] = (ends[end] ?? 0) + 1;
    return {
      ends,
      callMs: spread(ofCase.map(({ callMs }) => callMs)),
      toDeletionMs: spread(ofCase.flatMap(({ toDeletionMs }) => toDeletionMs ?? [])),
      toEndMs: spread(ofCase.flatMap(({ toEndMs }) => toEndMs ?? [])),
    };
  };
  return {
    seed,
    rounds,
    seconds: (performance.now() - began) / 1_000,
    cases: Object.fromEntries(cases.map(({ name }) => [name, summary(name)])),
    toDeletionMs: spread(played.flatMap(({ toDeletionMs }) => toDeletionMs ?? [])),
    violations: tally.violations,
  };
}

interface Played {
  readonly name: string;
  readonly end: string;
  readonly callMs: number;
  readonly toDeletionMs: number | undefined;
  readonly toEndMs: number | undefined;
  readonly wrong: readonly string[];
}

async function playCase(
  one: CancelCase,
  place: Place,
  sightings: Sightings,
  { processesOf = () => [] }: CancelsOptions,
): Promise<Played> {
  const { client } = place;
  const { key, watch } = await one.ready(place);
  const hadEnded = watch?.step?.outcome !== undefined;
  const asked = performance.now();
  const told = await client.cancel(key, one.name, graceOfCase(one));
  const callMs = performance.now() - asked;
  // Of a step that was never submitted there is nothing to watch before its mark is stored.
  const stream = watch ?? client.watch(key);
  const end = await stream.final();
  const toEndMs = hadEnded ? undefined : performance.now() - asked;
  // Whatever runs now, behind the end that was told, was not over.
  const job = told.job?.uid ?? '';
  const processes = sightings.of(job).pods.flatMap((pod) => processesOf(pod, 'agent'));
  const state = stateName(end);
  const wrong: string[] = [];
  const unproven = one.mayBeUnproven && end.outcome?.reason === 'EndUnconfirmed';
  if (state !== one.end && !unproven)
    wrong.push(`ended ${state}: ${end.outcome?.reason} ${end.outcome?.message}`);
  if (processes.length > 0) wrong.push(`${state} was told while ${processes.length} processes of it ran`);
  if (state === 'CANCELLED') {
    await until(
      `somebody else has seen the end of ${job}`,
      () => sightings.of(job).unproven.length === 0,
    ).catch(() => wrong.push('CANCELLED, and no node has said that it is over'));
    if (end.cancellation?.confirmed !== true) wrong.push('CANCELLED, and not confirmed');
  }
  const { started, stoppedAt } = sightings.of(job);
  if (started && !end.outcome?.mayHaveStarted)
    wrong.push('its process was seen to run, which the outcome denies');
  if (one.runs && !end.outcome?.mayHaveStarted) wrong.push('it ran, which the outcome denies');
  stream.close();
  const toDeletionMs = hadEnded || stoppedAt === undefined ? undefined : stoppedAt - asked;
  return { name: one.name, end: unproven ? 'EndUnconfirmed' : state, callMs, toDeletionMs, toEndMs, wrong };
}

/** Undefined of nothing. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 10) / 10;
  return sorted.length === 0
    ? undefined
    : { count: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) };
}
