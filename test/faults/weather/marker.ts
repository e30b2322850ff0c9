import { durationMs, timestampMs } from '@bufbuild/protobuf/wkt';
import type { WatchStepResponse } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { sleep } from '../../../src/lib/abort.ts';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { behaviour } from '../../support/control-plane/behaviour.ts';
import { aStep, type StepRequest, seconds } from '../../support/step.ts';
import { must } from '../../support/tenants.ts';
import { stepOf } from '../../support/watch.ts';
import { followStep } from '../load/follow-step.ts';
import type { Tally } from '../load/tally.ts';
import type { Random } from '../random.ts';
import { type Claim, createLedger, type Judged } from './ledger.ts';

/** A step that waits for its image as long as the run lasts, so that its pod can carry marks. */
export interface Marker {
  readonly request: StepRequest;
  /** Its terminal step; comes after a cancel. */
  readonly end: Promise<Step>;
  /** Writes marks past the proxy until the signal ends it. */
  readonly write: (signal: AbortSignal) => Promise<void>;
}

export interface MarkerOptions {
  readonly cluster: Pick<TestCluster, 'agent' | 'request'>;
  readonly client: ExecutorClient;
  readonly tenant: string;
  readonly random: Random;
  readonly everyMs: readonly [min: number, max: number];
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly onClaim: (claim: Claim, judged: Judged) => void;
}

/** Longer than any run. */
const pullMs = 7_200_000;

/**
 * Each mark is a number that goes to the pod, as the digest of its image, straight to the API server. The step's stream shows it, and each
 * heartbeat of that stream is a claim about the view: it must not be younger than the oldest mark that the stream has not shown.
 */
export async function startMarker(options: MarkerOptions): Promise<Marker> {
  const { cluster, client, tenant, random, everyMs, tally, signal, onClaim } = options;
  const request = aStep(cluster, {
    tenant,
    stepId: 'marker',
    options: {
      annotations: behaviour({ 'pull-ms': pullMs }),
      timeouts: { start: seconds((2 * pullMs) / 1_000) },
    },
  });
  const ledger = createLedger();
  await client.submitted(request);
  const podFound = Promise.withResolvers<Step>();

  const onFrame = (frame: WatchStepResponse): void => {
    const step = stepOf(frame);
    if (step?.pod !== undefined && step.node !== '') podFound.resolve(step);
    const back = step && ledger.saw(numberOf(step.image));
    if (back !== undefined) tally.violation(`a marker: ${back}`);
    if (frame.frame.case !== 'heartbeat') return;
    const { time, freshness } = frame.frame.value;
    if (time === undefined) return tally.violation('a heartbeat without a time');
    const ageMs = freshness === undefined ? Number.POSITIVE_INFINITY : durationMs(freshness);
    const claim: Claim = { time: timestampMs(time), ageMs };
    const judged = ledger.judge(claim);
    if (judged.wrong !== undefined) tally.violation(`freshness ${judged.wrong}`);
    tally.count('freshness: claims');
    onClaim(claim, judged);
  };

  const end = followStep({ client, key: request.key, tally, signal, onFrame });
  // Waited for at the end of a run; a watch that fails before must not be an unhandled rejection.
  end.catch(() => undefined);
  const { pod } = await Promise.race([podFound.promise, end]);
  const path = `/api/v1/namespaces/${pod?.namespace}/pods/${pod?.name}/status`;
  const write = async (stopping: AbortSignal): Promise<void> => {
    for (let number = 1; !stopping.aborted; number += 1) {
      await must(cluster, 'PATCH', path, { status: { containerStatuses: [waiting(request, number)] } });
      ledger.wrote(number, Date.now());
      tally.count('freshness: marks on a pod');
      await sleep(random.between(...everyMs), stopping).catch(() => undefined);
    }
  };
  return { request, end, write };
}

const imageOf = ({ manifest }: StepRequest): string =>
  (manifest.case === 'invocation' ? manifest.value.spec?.agent?.image : undefined) ?? '';

const waiting = (request: StepRequest, number: number) => ({
  name: 'agent',
  image: imageOf(request),
  imageID: `${imageOf(request)}@sha256:${number.toString(16).padStart(64, '0')}`,
  ready: false,
  restartCount: 0,
  state: { waiting: { reason: 'ContainerCreating' } },
});

/** The mark in an image's digest; 0 where there is none. */
function numberOf(image: string): number {
  const digest = /@sha256:([0-9a-f]{64})$/.exec(image)?.[1];
  return digest === undefined ? 0 : Number.parseInt(digest, 16);
}
