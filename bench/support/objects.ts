import type { SubmitStepRequest } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { submitSettings } from '../../src/app/settings.ts';
import { loadConfig } from '../../src/config/load.ts';
import { anyImage } from '../../src/image/rules.ts';
import { managedBy } from '../../src/job/metadata.ts';
import { toConfigMap, toJob } from '../../src/job/objects.ts';
import { parseSubmit, type SubmitSettings } from '../../src/job/parse-submit.ts';
import { defaultPools } from '../../src/policy/parse-pools.ts';
import { submitFromProto } from '../../src/rpc/from-proto.ts';
import { ExecutorError } from '../../src/step/errors.ts';
import type { ObjectRef } from '../../src/step/step.ts';

/** The objects of one submit. */
export interface StepObjects {
  readonly namespace: string;
  readonly job: object;
  readonly configMap: (job: ObjectRef) => object;
}

const settings = defaultSettings();

/**
 * The very objects that SubmitStep creates for a request. Those that are not to be followed have another label value of the same
 * length: the executor does not see them, and the API server tells nobody of them.
 */
export function objectsOf(request: SubmitStepRequest, followed: boolean): StepObjects {
  const spec = parseSubmit(submitFromProto(request), settings);
  if (spec instanceof ExecutorError) throw spec;
  const labelled = followed ? <T>(object: T): T => object : unfollowed;
  return {
    namespace: spec.namespace,
    job: labelled(toJob(spec, Date.now())),
    configMap: (job) => labelled(toConfigMap(spec, job)),
  };
}

function unfollowed<T extends { readonly metadata: { readonly labels: object } }>(object: T): T {
  const labels = { ...object.metadata.labels, [managedBy.label]: 'glip-execut0r' };
  return { ...object, metadata: { ...object.metadata, labels } };
}

function defaultSettings(): SubmitSettings {
  const loaded = loadConfig({ argv: [], env: {}, readFile: () => '' });
  if (!loaded.ok) throw new Error(`configuration: ${JSON.stringify(loaded.problems)}`);
  return submitSettings(loaded.config, defaultPools, anyImage);
}
