import { create, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  type SubmitStepRequest,
  SubmitStepRequestSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { ExecutionOptionsSchema } from '../../../gen/glip/executor/v1/options_pb.js';
import { invocationJson } from '../../../src/rpc/invocation-json.ts';
import { ids, text } from './texts.ts';
import { bounded, described, options } from './valid-options.ts';
import { spec } from './valid-spec.ts';

type OptionsInit = MessageInitShape<typeof ExecutionOptionsSchema>;

const key = (tenants: readonly string[]) =>
  fc.record({
    tenant: fc.constantFrom(...tenants),
    runId: ids.run,
    stepId: ids.step,
    // Attempts above 0 ask the cluster for the others first.
    attempt: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 9_999 })),
  });

const metadata = fc.record({
  invocationId: fc.oneof(
    fc.uuid().map((id) => `inv-${id}`),
    text({ max: 253, control: false }),
  ),
  idempotencyKey: fc.oneof(fc.constant(''), text({ max: 256 })),
  pipelineId: fc.oneof(fc.constant(''), ids.pipeline),
});

/** Submits that must be accepted, hostile as they may be: ids in any script, longest names, every option. */
export const validSubmit = (tenants: readonly string[]): fc.Arbitrary<SubmitStepRequest> =>
  fc
    .record({
      key: key(tenants),
      metadata,
      spec,
      options: fc.option(options, { nil: undefined }),
      bounded,
      asJson: fc.boolean(),
      saysIds: fc.boolean(),
    })
    .map(({ key, metadata, spec, asJson, saysIds, ...more }) => {
      const options = (
        key.tenant === described.tenant ? { ...more.options, ...more.bounded } : more.options
      ) as OptionsInit | undefined;
      const said = saysIds ? { runId: key.runId, stepId: key.stepId } : {};
      const permissions = saysIds ? { ...spec.permissions, tenantId: key.tenant } : spec.permissions;
      const value = { metadata: { ...metadata, ...said }, spec: { ...spec, permissions } };
      const request = create(SubmitStepRequestSchema, {
        key,
        manifest: { case: 'invocation', value },
        ...(options && { options }),
      });
      return asJson ? withJson(request) : request;
    });

/** The same submit with the manifest as text. */
export function withJson(request: SubmitStepRequest): SubmitStepRequest {
  if (request.manifest.case !== 'invocation') return request;
  const json = JSON.stringify(invocationJson(request.manifest.value));
  return create(SubmitStepRequestSchema, { ...request, manifest: { case: 'manifestJson', value: json } });
}
