import { create } from '@bufbuild/protobuf';
import { SubmitStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { submitSettings } from '../../../src/app/settings.ts';
import { anyImage } from '../../../src/image/rules.ts';
import { toConfigMap, toJob } from '../../../src/job/objects.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import { defaultPools } from '../../../src/policy/parse-pools.ts';
import { submitFromProto } from '../../../src/rpc/from-proto.ts';
import type { SubmitInit } from '../../support/client.ts';
import { configOf } from '../../support/executor.ts';

/** What an executor of these tests, configured so, makes of a submit, to play one that crashed halfway. */
export function planOf(request: SubmitInit, config: Readonly<Record<string, unknown>> = {}): StepSpec {
  const parsed = parseSubmit(
    submitFromProto(create(SubmitStepRequestSchema, request)),
    submitSettings(configOf(config), defaultPools, anyImage),
  );
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

export const jobOf = (request: SubmitInit, config?: Readonly<Record<string, unknown>>) =>
  toJob(planOf(request, config), 0);

/** The inputs' ConfigMap without an owner, as a Job that was deleted alone leaves it. */
export function orphanInputsOf(request: SubmitInit, config?: Readonly<Record<string, unknown>>) {
  const configMap = toConfigMap(planOf(request, config), { namespace: '', name: '', uid: '' });
  const { ownerReferences: _, ...metadata } = configMap.metadata;
  return { ...configMap, metadata };
}
