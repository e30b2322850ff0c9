import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  type SubmitStepRequest,
  SubmitStepRequestSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { behaviour } from '../../test/support/control-plane/behaviour.ts';

const artifact = (name: string, digit: string) => ({
  name,
  artifactUri: `s3://greenlang-artifacts/runs/input/${name}.parquet`,
  sha256: digit.repeat(64),
  sizeBytes: 1_234_567n,
  mediaType: 'application/vnd.apache.parquet',
  sourceStep: 'ingest',
});

/**
 * A step of ordinary size (a manifest of 1.5 KiB), new at each call. Its agent never ends by itself, so that no step's end, which costs a
 * write of its own, falls into the measurement of a submit.
 */
export function aRequest(tenant: string, runId: string = randomUUID()): SubmitStepRequest {
  const outputPrefix = `s3://greenlang-artifacts/runs/${runId}/emissions/`;
  return create(SubmitStepRequestSchema, {
    key: { tenant, runId, stepId: 'emissions' },
    manifest: {
      case: 'invocation',
      value: {
        metadata: { invocationId: `inv-${runId}`, pipelineId: 'carbon', runId, stepId: 'emissions' },
        spec: {
          agent: { name: 'GL.CALC.EMISSIONS', version: '2.1.0', image: 'registry.example/emissions:2.1.0' },
          inputs: [artifact('activity', 'a'), artifact('factors', 'b')],
          outputs: [{ name: 'emissions', artifactPrefix: outputPrefix }],
          params: { year: 2025, scope: ['1', '2'], method: 'location-based', gwp: 'AR6' },
          resources: { cpu: '100m', memory: '128Mi', timeoutSeconds: 3_600 },
          permissions: { tenantId: tenant, userId: 'user-1', roles: ['analyst'], scopes: ['read', 'write'] },
          observability: {
            traceContext: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
            logCorrelationId: runId,
          },
        },
      },
    },
    options: { labels: { team: 'carbon' }, annotations: behaviour({ hang: true }) },
  });
}
