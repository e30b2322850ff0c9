import { timestampMs } from '@bufbuild/protobuf/wkt';
import { DisruptionPolicy } from '../../../gen/glip/executor/v1/options_pb.js';
import { MomentKind, type Step } from '../../../gen/glip/executor/v1/step_pb.js';
import type { OnTerm } from '../../support/agent.ts';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { isRunning, stateName } from '../../support/states.ts';
import { aStep, type StepWish, seconds } from '../../support/step.ts';
import type { createRandom } from '../random.ts';

/** What a drain means to a step: its end, nothing, or another life. */
export const kinds = ['ended', 'kept', 'replaced'] as const;
export type Kind = (typeof kinds)[number];

export interface Seen {
  readonly what: string;
  readonly expected: boolean;
  readonly causes: readonly string[];
  /** From the first warning to the end, by the executor's clock, where the drain has ended the step. */
  readonly leadMs: number | undefined;
}

export interface Drained {
  readonly kind: Kind;
  readonly name: string;
  readonly node: string;
  isWarned(cause: string): Promise<unknown>;
  /** Once the drain has had its way. */
  outcome(): Promise<Seen>;
  /** Leaves nothing that runs. */
  end(): Promise<void>;
}

export interface DrainedDeps {
  readonly cluster: TestCluster;
  readonly client: ExecutorClient;
  readonly tenant: string;
  readonly kind: Kind;
  readonly random: ReturnType<typeof createRandom>;
}

/** A step that runs, for one of these. */
export async function beginDrained({ cluster, client, tenant, kind, random }: DrainedDeps): Promise<Drained> {
  const onTerm = random.pick<OnTerm>(['die', 'ignore', 'partial', 'silent']);
  const wishes: Readonly<Record<Kind, Partial<StepWish>>> = {
    ended: { agent: { hang: true, onTerm }, options: { gracePeriod: seconds(random.between(1, 3)) } },
    kept: { agent: { runMs: random.between(4_000, 6_000) }, options: { interruptible: false } },
    // An exit 0 while it is told to go is no loss of the pod to Kubernetes (ADR 0006).
    replaced: {
      agent: { hang: true, onTerm: random.pick<OnTerm>(['die', 'ignore']) },
      options: { disruptionPolicy: DisruptionPolicy.REPLACE, gracePeriod: seconds(1) },
    },
  };
  const request = aStep(cluster, { tenant, ...wishes[kind] });
  await client.submit(request);
  const watch = client.watch(request.key);
  const { node } = await watch.until('it runs', isRunning);
  return {
    kind,
    node,
    name: `${kind} ${request.key?.runId}`,
    isWarned: (cause) => watch.until(`it is told ${cause}`, (s) => s.disruptionExpected?.cause === cause),
    async outcome() {
      if (kind === 'replaced') {
        const again = await watch.until('its next life', (s) => s.incarnation > 0);
        return {
          what: `life ${again.incarnation}`,
          expected: again.incarnation === 1,
          causes: causesOf(again),
          leadMs: undefined,
        };
      }
      const end = await watch.final();
      const what = `${stateName(end)} ${end.outcome?.reason}`;
      const causes = causesOf(end);
      if (kind === 'kept')
        return { what, expected: what === 'SUCCEEDED Completed', causes, leadMs: undefined };
      return { what, expected: what === 'FAILED Drained', causes, leadMs: leadOf(end) };
    },
    async end() {
      await client.cancel(request.key);
      await watch.final();
    },
  };
}

const causesOf = ({ moments }: Step): readonly string[] =>
  moments.flatMap(({ kind, detail }) => (kind === MomentKind.DISRUPTION_EXPECTED ? [detail] : []));

function leadOf({ moments }: Step): number {
  const seen = (kind: MomentKind) => moments.find((m) => m.kind === kind)?.observeTime;
  const [warned, over] = [seen(MomentKind.DISRUPTION_EXPECTED), seen(MomentKind.FINISHED)];
  return warned && over ? timestampMs(over) - timestampMs(warned) : Number.NaN;
}
