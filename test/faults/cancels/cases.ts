import { StartGuarantee } from '../../../gen/glip/executor/v1/options_pb.js';
import { type StepKey, StepPhase } from '../../../gen/glip/executor/v1/step_pb.js';
import { limitPods, postJob, waitsFor } from '../../contract/suite/waits.ts';
import { shell } from '../../node/context.ts';
import type { OnTerm } from '../../support/agent.ts';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { behaviour } from '../../support/control-plane/behaviour.ts';
import { aStep, type StepRequest, type StepWish, seconds } from '../../support/step.ts';
import { createTenant } from '../../support/tenants.ts';
import type { Watch } from '../../support/watch.ts';

/** Where the steps of a run live. */
export interface Place {
  readonly cluster: TestCluster;
  readonly client: ExecutorClient;
  readonly tenant: string;
  readonly namespace: string;
  /** One whose pods no quota lets through. */
  readonly full: string;
}

/** A step that is brought to where it is to be cancelled. */
export interface Readied {
  readonly key: StepKey;
  /** Undefined for a step that was never submitted. */
  readonly watch: Watch | undefined;
}

/** A phase in which a step is cancelled. */
export interface CancelCase {
  readonly name: string;
  /** Brings a step there. */
  readonly ready: (place: Place) => Promise<Readied>;
  readonly end: 'CANCELLED' | 'SUCCEEDED';
  /**
   * It may also end as FAILED (EndUnconfirmed): where the Job controller deletes a pod in the millisecond in which it gets its node, the API
   * server takes it away without waiting for that node, and nobody can know whether it began (docs/adr/0010-cancel.md).
   */
  readonly mayBeUnproven?: true;
  /** Whether its process has been seen to run before the cancel. */
  readonly runs: boolean;
  readonly grace?: number;
}

export async function makePlace(cluster: TestCluster, client: ExecutorClient, name: string): Promise<Place> {
  const { name: tenant, namespace } = await createTenant(cluster, name);
  const full = await createTenant(cluster, `${name}-full`);
  await limitPods(cluster, full.namespace, 0);
  return { cluster, client, tenant, namespace, full: full.name };
}

const small = { cpu: '50m', memory: '64Mi' };

async function submitted({ cluster, client, tenant }: Place, wish: Partial<StepWish>) {
  const request = aStep(cluster, { tenant, resources: small, ...wish });
  await client.submit(request);
  return { key: request.key, watch: client.watch(request.key) };
}

/** Posts the Job that a submit would make, changed. */
async function posted({ cluster, client, tenant }: Place, post: (request: StepRequest) => Promise<unknown>) {
  const request = aStep(cluster, { tenant, resources: small });
  await post(request);
  const watch = client.watch(request.key);
  return { key: request.key, watch };
}

async function running(place: Place, wish: Partial<StepWish>): Promise<Readied> {
  const { key, watch } = await submitted(place, wish);
  const step = await watch.until(
    'its agent runs',
    ({ outcome, phase }) => outcome !== undefined || phase === StepPhase.RUNNING,
  );
  if (step.pod !== undefined && step.outcome === undefined) await place.cluster.agentListens(step.pod);
  return { key, watch };
}

const waitingFor =
  (reason: string, wish: (place: Place) => Promise<Readied & { readonly watch: Watch }>) =>
  async (place: Place): Promise<Readied> => {
    const readied = await wish(place);
    await waitsFor(readied.watch, reason);
    return readied;
  };

const before = { end: 'CANCELLED', runs: false } as const;

/** Before its process runs, wherever that may be. */
const early: readonly CancelCase[] = [
  {
    ...before,
    name: 'never submitted',
    ready: async ({ cluster, tenant }) => ({ key: aStep(cluster, { tenant }).key, watch: undefined }),
  },
  {
    ...before,
    name: 'no room in the quota',
    ready: (place) => submitted({ ...place, tenant: place.full }, {}),
  },
  {
    ...before,
    name: 'no node that fits',
    ready: waitingFor('Unschedulable', (place) =>
      posted(place, (request) =>
        postJob(place.cluster, request, (pod) =>
          Object.assign(pod, { nodeSelector: { 'example.org/nowhere': 'true' } }),
        ),
      ),
    ),
  },
  {
    ...before,
    name: 'behind a gate',
    ready: waitingFor('Gated', (place) =>
      posted(place, (request) =>
        postJob(place.cluster, request, (pod) => {
          pod.schedulingGates = [{ name: 'example.org/not-yet' }];
        }),
      ),
    ),
  },
  {
    ...before,
    name: 'suspended',
    ready: waitingFor('Suspended', (place) =>
      posted(place, (request) => postJob(place.cluster, request, () => undefined, { suspend: true })),
    ),
  },
  {
    ...before,
    name: 'its image cannot be had',
    ready: waitingFor('ImageNotFound', (place) => submitted(place, { agent: { image: 'missing' } })),
  },
  {
    name: 'on its way to its start',
    end: 'CANCELLED',
    mayBeUnproven: true,
    runs: false,
    ready: (place) => submitted(place, { agent: { hang: true } }),
  },
  {
    name: 'on its way to its only start',
    end: 'CANCELLED',
    mayBeUnproven: true,
    runs: false,
    ready: (place) =>
      submitted(place, {
        agent: { hang: true },
        options: { startGuarantee: StartGuarantee.AT_MOST_ONCE },
      }),
  },
];

const agentThat = (onTerm: OnTerm, end: CancelCase['end'], grace?: number): CancelCase => ({
  name: `its agent would ${onTerm}`,
  end,
  runs: true,
  ready: (place) => running(place, { agent: { hang: true, onTerm } }),
  ...(grace !== undefined && { grace }),
});

const over: CancelCase = {
  name: 'over',
  end: 'SUCCEEDED',
  runs: true,
  async ready(place) {
    const readied = await submitted(place, {});
    await readied.watch.final();
    return readied;
  },
};

const common: readonly CancelCase[] = [
  ...early,
  agentThat('die', 'CANCELLED'),
  agentThat('partial', 'CANCELLED'),
  agentThat('silent', 'CANCELLED'),
  agentThat('succeed', 'SUCCEEDED'),
  agentThat('ignore', 'CANCELLED', 1),
  over,
];

/** On nodes that are played: the agent takes its time as an annotation says. */
export const casesOfPlayedNodes: readonly CancelCase[] = [
  ...common,
  {
    name: 'its agent takes its time',
    end: 'CANCELLED',
    runs: true,
    ready: (place) =>
      running(place, { agent: { hang: true }, options: { annotations: behaviour({ 'term-ms': 1_500 }) } }),
  },
];

const children = 'for i in 1 2 3; do (trap "" TERM; while :; do sleep 1; done) & done';

/** On a real node, whose containers have processes. */
export const casesOfRealNode: readonly CancelCase[] = [
  ...common,
  {
    name: 'its agent takes its time',
    end: 'CANCELLED',
    runs: true,
    ready: (place) =>
      running(place, shell('trap "sleep 1.5; exit 143" TERM; echo run_ms; while :; do sleep 0.2; done')),
  },
  {
    name: 'its agent has children that ignore it, and ends',
    end: 'CANCELLED',
    runs: true,
    ready: (place) =>
      running(place, shell(`${children}; trap "exit 143" TERM; echo run_ms; while :; do sleep 0.2; done`)),
  },
  {
    name: 'its agent has children and ignores it',
    end: 'CANCELLED',
    runs: true,
    grace: 1,
    ready: (place) =>
      running(place, shell(`${children}; trap "" TERM; echo run_ms; while :; do sleep 0.2; done`)),
  },
];

export const graceOfCase = ({ grace }: CancelCase) =>
  grace === undefined ? {} : { gracePeriod: seconds(grace) };
