import { timestamp } from '../clock.ts';
import { defaultJob } from '../defaults/job.ts';
import { defaultPod, qosClass } from '../defaults/pod.ts';
import { isRecord } from '../json.ts';
import type { Job, KubeObject, Pod } from '../objects.ts';
import { misreadConfigMap, validateConfigMap, validateConfigMapUpdate } from '../validation/config-map.ts';
import { type FieldError, forbiddenField, required } from '../validation/field-error.ts';
import { validateJob, validateJobUpdate } from '../validation/job.ts';
import { immutable } from '../validation/metadata.ts';
import { misreadPodSpec, validatePodSpec, validatePodUpdate } from '../validation/pod-spec.ts';

/** What is special about one kind of object. Drafts may be changed, validations only tell. */
export type Strategy = {
  /** Why a body cannot be read as such an object at all, in the words of a decoder. */
  readonly misread?: (draft: KubeObject) => string | undefined;
  /** Defaults on create; the name and the uid are known by then. */
  readonly prepare?: (draft: KubeObject, now: number) => void;
  readonly validate?: (object: KubeObject) => FieldError[];
  readonly validateUpdate?: (object: KubeObject, previous: KubeObject) => FieldError[];
};

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

function preparePod(pod: Pod, now: number): void {
  if (isRecord(pod.spec) && Array.isArray(pod.spec.containers)) defaultPod(pod.spec);
  pod.status = {
    phase: 'Pending',
    qosClass: Array.isArray(pod.spec?.containers) ? qosClass(pod.spec) : 'BestEffort',
  };
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [{ ...GATED, lastTransitionTime: timestamp(now) }];
  }
}

function prepareNamespace(draft: KubeObject): void {
  draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name };
  draft.spec = { finalizers: ['kubernetes'] };
  draft.status = { phase: 'Active' };
}

/** A Secret's stringData is only a way of writing data. */
function prepareSecret(draft: KubeObject): void {
  draft.type ??= 'Opaque';
  const plain = draft.stringData;
  if (!isRecord(plain)) return;
  const encoded = Object.entries(plain).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  draft.data = { ...(isRecord(draft.data) ? draft.data : {}), ...Object.fromEntries(encoded) };
  delete draft.stringData;
}

const configMap: Strategy = {
  misread: misreadConfigMap,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
};

/** By plural name; a resource that is not here is stored as it comes. */
export const strategies: Readonly<Record<string, Strategy>> = {
  jobs: {
    misread: ({ spec }) =>
      isRecord(spec) && isRecord(spec.template) ? misreadPodSpec(spec.template.spec) : undefined,
    prepare: (draft) => {
      draft.spec ??= {};
      draft.status = {};
      defaultJob(draft as Job);
    },
    validate: (object) => validateJob(object as Job),
    validateUpdate: (object, previous) => validateJobUpdate(object as Job, previous as Job),
  },
  pods: {
    misread: ({ spec }) => misreadPodSpec(spec),
    prepare: (draft, now) => preparePod(draft as Pod, now),
    validate: (object) => validatePodSpec((object as Pod).spec, 'spec'),
    validateUpdate: (object, previous) => validatePodUpdate(object as Pod, previous as Pod),
  },
  configmaps: configMap,
  secrets: {
    misread: misreadConfigMap,
    prepare: prepareSecret,
    validate: validateConfigMap,
    validateUpdate: (object, previous) => [
      ...immutable('type', object.type, previous.type),
      ...validateConfigMapUpdate(object, previous),
    ],
  },
  namespaces: { prepare: prepareNamespace },
  nodes: {
    prepare: (draft) => {
      draft.spec ??= {};
      draft.status = { allocatable: {}, ...(isRecord(draft.status) ? draft.status : {}) };
    },
  },
  resourcequotas: {
    prepare: (draft) => {
      draft.status = {};
    },
  },
  priorityclasses: {
    prepare: (draft) => {
      draft.preemptionPolicy ??= 'PreemptLowerPriority';
      if (draft.globalDefault === false) delete draft.globalDefault;
    },
    validate: (object) => (Number.isInteger(object.value) ? [] : [required('value')]),
    validateUpdate: (object, previous) =>
      object.value === previous.value ? [] : [forbiddenField('value', 'may not be changed in an update.')],
  },
};
