import { inspect } from 'node:util';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  type SubmitStepRequest,
  SubmitStepRequestSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { faults } from './faults.ts';
import { validSubmit, withJson } from './valid.ts';

/** A submit with something wrong, and the fields that must be named for it. */
export interface InvalidSubmit {
  readonly request: SubmitStepRequest;
  readonly fields: readonly string[];
  /** For people who read a failure. */
  readonly what: readonly string[];
}

const areas = [...new Set(faults.map(({ area }) => area))];

/** One to four faults, each in another part of an otherwise valid submit. */
export const invalidSubmit = (tenants: readonly string[]): fc.Arbitrary<InvalidSubmit> =>
  fc
    .record({
      valid: validSubmit(tenants).filter(({ manifest }) => manifest.case === 'invocation'),
      chosen: fc
        .subarray(areas, { minLength: 1, maxLength: 4 })
        .chain((some) =>
          fc.tuple(...some.map((area) => fc.constantFrom(...faults.filter((f) => f.area === area)))),
        ),
      asJson: fc.boolean(),
    })
    .map(({ valid, chosen, asJson }) => {
      const changed = plain(valid) as SubmitStepRequest;
      const before = asJson ? 'manifest_json' : 'invocation';
      for (const { apply } of chosen) apply(changed);
      const request = create(SubmitStepRequestSchema, changed);
      return {
        request: asJson ? withJson(request) : request,
        fields: chosen.map(({ field }) => field.replace(/^invocation\b/, before)),
        what: chosen.map(
          ({ field, value }) => `${field} = ${inspect(value, { breakLength: Infinity }).slice(0, 80)}`,
        ),
      };
    });

/** A message as the plain values it could be made of, so that a fault may put others between them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => name !== '$typeName');
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}
