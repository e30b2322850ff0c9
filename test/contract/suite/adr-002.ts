import { create } from '@bufbuild/protobuf';
import { SubmitStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';

/** The invocation behind ADR-002's template, with a value for each of its variables. */
export const adrRequest = create(SubmitStepRequestSchema, {
  key: { tenant: 'acme', runId: '7f9c24e8-3b12-4fef-91e0-5f4a1c2d3e4f', stepId: 'ingest', attempt: 0 },
  manifest: {
    case: 'invocation',
    value: {
      metadata: { invocationId: 'inv-4711', runId: '7f9c24e8-3b12-4fef-91e0-5f4a1c2d3e4f', stepId: 'ingest' },
      spec: {
        agent: {
          name: 'OPS.DATA.Ingest',
          version: '1.2.3',
          image: 'ghcr.io/greenlang/agents/ingest:1.2.3',
        },
        inputs: [{ name: 'raw', artifactUri: 's3://gl-artifacts/acme/raw.csv', sha256: 'ab'.repeat(32) }],
        outputs: [{ name: 'clean', artifactPrefix: 's3://gl-artifacts/acme/runs/1/steps/ingest/' }],
        params: { delimiter: ';' },
        resources: { cpu: '1', memory: '2Gi', timeoutSeconds: 600 },
        permissions: { tenantId: 'acme' },
      },
    },
  },
});
