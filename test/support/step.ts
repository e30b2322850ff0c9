import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { SubmitStepRequestSchema } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { InvocationSpecSchema, ResourceHintsSchema } from '../../gen/glip/executor/v1/invocation_pb.js';
import type { ExecutionOptionsSchema } from '../../gen/glip/executor/v1/options_pb.js';
import type { StepKey } from '../../gen/glip/executor/v1/step_pb.js';
import type { AgentBehaviour } from './agent.ts';
import type { TestCluster } from './cluster.ts';

/** A message as plain values. */
type Init<D extends DescMessage> = Exclude<MessageInitShape<D>, MessageShape<D>>;

export interface StepWish {
  readonly tenant: string;
  /** A new UUID by default. */
  readonly runId?: string;
  readonly stepId?: string;
  readonly attempt?: number;
  readonly agent?: AgentBehaviour;
  readonly resources?: Init<typeof ResourceHintsSchema>;
  readonly options?: Init<typeof ExecutionOptionsSchema>;
  /** Merged over the invocation's spec. */
  readonly spec?: Init<typeof InvocationSpecSchema>;
  readonly validateOnly?: boolean;
}

export type StepRequest = ReturnType<typeof aStep>;

/** Small enough that dozens of steps run side by side on the test clusters. */
const small = { cpu: '100m', memory: '128Mi' };

/** A submit whose agent behaves as wished on that cluster. A wish without a word is a step that succeeds at once. */
export function aStep(cluster: Pick<TestCluster, 'agent'>, wish: StepWish) {
  const { runId = randomUUID(), stepId = 'work', attempt = 0 } = wish;
  const { image, annotations, params } = cluster.agent(wish.agent ?? {});
  const request = create(SubmitStepRequestSchema, {
    key: { tenant: wish.tenant, runId, stepId, attempt },
    manifest: {
      case: 'invocation',
      value: {
        metadata: { invocationId: `inv-${runId}` },
        spec: {
          agent: { name: 'TEST.PROBE', version: '1.0.0', image },
          params: { ...params },
          resources: { ...small, ...wish.resources },
          ...wish.spec,
        },
      },
    },
    options: { ...wish.options, annotations: { ...annotations, ...wish.options?.annotations } },
    validateOnly: wish.validateOnly ?? false,
  });
  return Object.assign(request, { key: request.key as StepKey });
}

/** Seconds as protobuf's Duration. */
export const seconds = (value: number) => ({
  seconds: BigInt(Math.trunc(value)),
  nanos: Math.round((value % 1) * 1e9),
});
