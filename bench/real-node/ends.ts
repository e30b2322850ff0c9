import type { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import type { RpcClient } from '../../src/cli/client.ts';
import type { NodeCluster } from '../../test/support/node-cluster.ts';
import { stateName } from '../../test/support/states.ts';
import { aStep } from '../../test/support/step.ts';
import { round, summarize } from '../support/statistics.ts';
import { startStep } from '../terminal/step.ts';
import type { Sightings } from './sightings.ts';

export interface Setting {
  readonly cluster: NodeCluster;
  readonly calls: RpcClient<typeof ExecutorService>['calls'];
  readonly sightings: Sightings;
  readonly tenant: string;
}

/** One end, in milliseconds. */
export interface EndSample {
  /** From the agent's container, as a raw watch of ours shows it terminated, to the terminal frame. */
  readonly frame: number;
  /** From the same moment to the pod's phase and to the Job's condition, on raw watches of ours. */
  readonly phase: number;
  readonly condition: number;
  /** One raw patch of the record's size, right after it. */
  readonly patch: number;
}

/** Small, so that many run side by side on one node. */
const resources = { cpu: '10m', memory: '48Mi' };

/** A node that starts fifty containers needs minutes. */
const boundMs = 300_000;

/** Runs a step to its end, and times how the end becomes known. */
export async function runToEnd(
  { cluster, calls, sightings, tenant }: Setting,
  runMs: number,
  patch: () => Promise<number>,
): Promise<{
  readonly step: Step;
  readonly sample: EndSample;
  readonly totals: { readonly frame: number; readonly condition: number };
}> {
  const submitted = performance.now();
  const running = await startStep(calls, aStep(cluster, { tenant, agent: { runMs }, resources }));
  const { step, at } = await running.end;
  const patched = await patch();
  if (stateName(step) !== 'SUCCEEDED')
    throw new Error(`a step ended as ${stateName(step)}: ${step.outcome?.message}`);
  const seen = sightings.of(step.job?.uid ?? '');
  const bound = AbortSignal.timeout(boundMs);
  const unseen = new Promise<never>((_, reject) =>
    bound.addEventListener('abort', () => reject(bound.reason)),
  );
  const [container, phase, condition] = await Promise.race([
    Promise.all([seen.container, seen.phase, seen.condition]),
    unseen,
  ]);
  const sample = {
    frame: at - container,
    phase: phase - container,
    condition: condition - container,
    patch: patched,
  };
  return { step, sample, totals: { frame: at - submitted, condition: condition - submitted } };
}

export function summary(samples: readonly EndSample[]) {
  const of = (field: keyof EndSample) => summarize(samples.map((s) => s[field]));
  const [frame, patch] = [of('frame'), of('patch')];
  return {
    rawPatch: patch,
    sinceContainer: { frame, phase: of('phase'), condition: of('condition') },
    /** What the frame took beyond one raw patch. */
    added: { median: round(frame.median - patch.median), p99: round(frame.p99 - patch.p99) },
  };
}
