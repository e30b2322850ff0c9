import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { SubmitStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { unknownFields } from '../../../src/rpc/unknown-fields.ts';

const unknown = [{ no: 99, wireType: 0, data: Uint8Array.of(1) }];

/** The paths found in a request after it went over the wire. */
function found(init: MessageInitShape<typeof SubmitStepRequestSchema>): readonly string[] {
  const wire = toBinary(SubmitStepRequestSchema, create(SubmitStepRequestSchema, init));
  return unknownFields(SubmitStepRequestSchema, fromBinary(SubmitStepRequestSchema, wire));
}

const withParams = (params: object) =>
  ({ manifest: { case: 'invocation', value: { spec: { params } } } }) as MessageInitShape<
    typeof SubmitStepRequestSchema
  >;

describe('unknownFields', () => {
  test('are found in the request, in its messages, in lists and in a oneof', () => {
    const request = create(SubmitStepRequestSchema, {
      key: {},
      manifest: { case: 'invocation', value: { spec: { inputs: [{}, {}] } } },
      options: { volumes: [{ source: { case: 'ephemeral', value: {} } }] },
    });
    Object.assign(request, { $unknown: unknown });
    Object.assign(request.key ?? {}, { $unknown: unknown });
    if (request.manifest.case === 'invocation')
      Object.assign(request.manifest.value.spec?.inputs[1] ?? {}, { $unknown: unknown });
    Object.assign(request.options?.volumes[0]?.source.value ?? {}, { $unknown: unknown });
    const wire = toBinary(SubmitStepRequestSchema, request);
    expect(unknownFields(SubmitStepRequestSchema, fromBinary(SubmitStepRequestSchema, wire))).toEqual([
      '#99',
      'key.#99',
      'invocation.spec.inputs[1].#99',
      'options.volumes[0].ephemeral.#99',
    ]);
  });

  test('are never read out of what a caller has put into a Struct or a map', () => {
    for (const $unknown of [[null], [{ no: 7 }], { length: 3 }, 'text']) {
      expect(found(withParams({ $typeName: 'x', $unknown }))).toEqual([]);
      expect(found(withParams({ a: { case: 'b', value: { $typeName: 'x', $unknown } } }))).toEqual([]);
    }
    const map = { $typeName: 'x', $unknown: 'yy' };
    expect(found({ options: { labels: map, annotations: map, env: map } })).toEqual([]);
  });
});
