import type { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { StartGuarantee } from '../../gen/glip/executor/v1/options_pb.js';
import type { RpcClient } from '../../src/cli/client.ts';
import { tenant } from '../support/bench-cluster.ts';
import { aRequest } from '../support/request.ts';
import type { Sightings } from './sightings.ts';

export type Kind = 'plain' | 'atMostOnce';

/** Milliseconds from the submit, and from the pod's making, until the pod has a node. */
export interface Start {
  readonly sinceSubmit: number;
  readonly sinceMade: number;
}

/** Submits a step, and waits until its pod has a node. Its agent goes on until the bench ends. */
export async function submitOne(
  calls: RpcClient<typeof ExecutorService>['calls'],
  sightings: Sightings,
  kind: Kind,
): Promise<Start> {
  const request = aRequest(tenant);
  if (kind === 'atMostOnce' && request.options !== undefined)
    request.options.startGuarantee = StartGuarantee.AT_MOST_ONCE;
  const sent = performance.now();
  const { step } = await calls.submitStep(request);
  const { made, bound } = await sightings.bound(step?.job?.uid ?? '');
  return { sinceSubmit: bound - sent, sinceMade: bound - made };
}
