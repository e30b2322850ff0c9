import type { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import type { RpcClient } from '../../src/cli/client.ts';
import type { NodeCluster } from '../../test/support/node-cluster.ts';
import { stateName } from '../../test/support/states.ts';
import { aStep } from '../../test/support/step.ts';
import type { RawApi } from '../support/raw-api.ts';
import { round, summarize } from '../support/statistics.ts';
import { startStep } from '../terminal/step.ts';
import { createTwin } from '../terminal/twin.ts';
import type { Sightings } from './sightings.ts';

export interface Setting {
  readonly cluster: NodeCluster;
  readonly calls: RpcClient<typeof ExecutorService>['calls'];
  readonly sightings: Sightings;
  readonly tenant: string;
}

/** One end of a step, in milliseconds. */
export interface EndSample {
  /** From the agent's container, as a raw watch of ours shows it terminated, to the terminal frame. */
  readonly frame: number;
  /** From the same moment to the pod's phase and to the Job's condition, on raw watches of ours. */
  readonly phase: number;
  readonly condition: number;
}

/** Small, so that many run side by side on one node. */
const request = ({ cluster, tenant }: Setting, runMs: number) =>
  aStep(cluster, { tenant, agent: { runMs }, resources: { cpu: '10m', memory: '48Mi' } });

/** A node that starts fifty containers needs minutes. */
const boundMs = 300_000;

/** Runs a step to its end, and times how the end becomes known. */
export async function runToEnd(
  setting: Setting,
  runMs: number,
): Promise<{
  readonly step: Step;
  readonly sample: EndSample;
  readonly totals: { readonly frame: number; readonly condition: number };
}> {
  const submitted = performance.now();
  const running = await startStep(setting.calls, request(setting, runMs));
  const { step, at } = await running.end;
  if (stateName(step) !== 'SUCCEEDED')
    throw new Error(`a step ended as ${stateName(step)}: ${step.outcome?.message}`);
  const seen = setting.sightings.of(step.job?.uid ?? '');
  const [container, phase, condition] = await bounded(
    Promise.all([seen.container, seen.phase, seen.condition]),
  );
  const sample = { frame: at - container, phase: phase - container, condition: condition - container };
  return { step, sample, totals: { frame: at - submitted, condition: condition - submitted } };
}

/**
 * The least that an end can cost: the same Job without an executor; who watches it raw writes the record as soon as the agent's container is
 * terminated. Resolves with the milliseconds from there to the API server's answer.
 */
export async function runRawToEnd(
  setting: Setting,
  api: RawApi,
  runMs: number,
  record: string,
): Promise<number> {
  const twin = await createTwin(api, request(setting, runMs));
  const container = await bounded(setting.sightings.of(twin.uid).container);
  await twin.end(record);
  return performance.now() - container;
}

function bounded<T>(wait: Promise<T>): Promise<T> {
  const bound = AbortSignal.timeout(boundMs);
  const unseen = new Promise<never>((_, reject) =>
    bound.addEventListener('abort', () => reject(bound.reason)),
  );
  return Promise.race([wait, unseen]);
}

export function summary(samples: readonly EndSample[], raw: readonly number[]) {
  const of = (field: keyof EndSample) => summarize(samples.map((s) => s[field]));
  const [frame, rawEnd] = [of('frame'), summarize(raw)];
  return {
    sinceContainer: { raw: rawEnd, frame, phase: of('phase'), condition: of('condition') },
    /** What the frame took beyond a raw watch and one raw patch. */
    added: { median: round(frame.median - rawEnd.median), p99: round(frame.p99 - rawEnd.p99) },
  };
}
