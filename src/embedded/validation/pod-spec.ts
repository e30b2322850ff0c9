import { isRecord, sameJson } from '../json.ts';
import type { Container, EnvVar, Pod, PodSpec } from '../objects.ts';
import { parseQuantity } from '../quantity.ts';
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
} from './field-error.ts';
import { dnsLabel, dnsSubdomain, envName, labelKey } from './names.ts';

const MAX_SECONDS = 2 ** 31 - 1;
const QUANTITY_RULE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function validateEnv(env: readonly EnvVar[] | undefined, field: string): FieldError[] {
  return (env ?? []).flatMap((entry, index) => {
    const path = `${field}[${index}]`;
    const name = entry.name ?? '';
    const errors =
      name === ''
        ? [required(`${path}.name`)]
        : envName(name).map((text) => invalidValue(`${path}.name`, name, text));
    if (entry.value !== undefined && typeof entry.value !== 'string') {
      errors.push(invalidValue(`${path}.value`, entry.value, 'must be a string'));
    }
    if (entry.valueFrom !== undefined && (entry.value ?? '') !== '') {
      errors.push(invalidValue(`${path}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    }
    return errors;
  });
}

function validateResources({ resources }: Container, field: string): FieldError[] {
  const list = (kind: 'limits' | 'requests') =>
    Object.entries(resources?.[kind] ?? {}).flatMap(([name, value]) => {
      const path = `${field}.resources.${kind}[${name}]`;
      const named = labelKey(name).map((text) => invalidValue(path, name, text));
      if ((parseQuantity(value)?.nanos ?? 0n) >= 0n) return named;
      return [...named, invalidValue(path, value, 'must be greater than or equal to 0')];
    });
  const above = Object.entries(resources?.requests ?? {}).flatMap(([name, value]) => {
    const limit = parseQuantity(resources?.limits?.[name]);
    const request = parseQuantity(value);
    if (limit === undefined || request === undefined || request.nanos <= limit.nanos) return [];
    const why = `must be less than or equal to ${name} limit of ${resources?.limits?.[name]}`;
    return [invalidValue(`${field}.resources.requests`, value, why)];
  });
  return [...list('limits'), ...list('requests'), ...above];
}

/** What of a pod's spec cannot even be read: quantities that are none. Undefined when all can. */
export function misreadPodSpec(spec: unknown): string | undefined {
  const containers = isRecord(spec) && Array.isArray(spec.containers) ? spec.containers : [];
  const lists = containers.flatMap(({ resources }: Container) => [
    resources?.limits ?? {},
    resources?.requests ?? {},
  ]);
  const bad = lists
    .flatMap((list) => Object.values(list))
    .some((value) => parseQuantity(value) === undefined);
  return bad ? QUANTITY_RULE : undefined;
}

function validateMounts(container: Container, volumes: ReadonlySet<string>, field: string): FieldError[] {
  const paths = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const path = `${field}.volumeMounts[${index}]`;
    const errors = volumes.has(mount.name) ? [] : [notFoundField(`${path}.name`, mount.name)];
    if ((mount.mountPath ?? '') === '') errors.push(required(`${path}.mountPath`));
    else if (paths.has(mount.mountPath)) {
      errors.push(invalidValue(`${path}.mountPath`, mount.mountPath, 'must be unique'));
    }
    paths.add(mount.mountPath);
    const sub = mount.subPath ?? '';
    if (sub.startsWith('/'))
      errors.push(invalidValue(`${field}.volumeMounts.subPath`, sub, 'must be a relative path'));
    if (sub.split('/').includes('..'))
      errors.push(invalidValue(`${field}.volumeMounts.subPath`, sub, "must not contain '..'"));
    return errors;
  });
}

function validateContainer(container: Container, volumes: ReadonlySet<string>, field: string): FieldError[] {
  const name = container.name ?? '';
  const errors =
    name === ''
      ? [required(`${field}.name`)]
      : dnsLabel(name).map((text) => invalidValue(`${field}.name`, name, text));
  const image = container.image ?? '';
  if (image === '') errors.push(required(`${field}.image`));
  return [
    ...errors,
    ...validateEnv(container.env, `${field}.env`),
    ...validateMounts(container, volumes, field),
    ...validateResources(container, field),
  ];
}

function duplicates(names: readonly string[], at: (index: number) => string): FieldError[] {
  return names.flatMap((name, index) => (names.indexOf(name) < index ? [duplicate(at(index), name)] : []));
}

/** What a pod's spec must be, on create and inside a Job's template; `field` is where it stands. */
export function validatePodSpec(spec: PodSpec, field: string): FieldError[] {
  if (!isRecord(spec) || !Array.isArray(spec.containers) || spec.containers.length === 0) {
    return [required(`${field}.containers`)];
  }
  const volumes = Array.isArray(spec.volumes) ? spec.volumes : [];
  const volumeNames = volumes.map(({ name }) => name ?? '');
  const known = new Set(volumeNames);
  const containers = spec.containers.flatMap((container, index) =>
    validateContainer(container, known, `${field}.containers[${index}]`),
  );
  const deadline = spec.activeDeadlineSeconds;
  const restart = spec.restartPolicy ?? '';
  return [
    ...volumeNames.flatMap((name, index) =>
      dnsLabel(name).map((text) => invalidValue(`${field}.volumes[${index}].name`, name, text)),
    ),
    ...duplicates(volumeNames, (index) => `${field}.volumes[${index}].name`),
    ...containers,
    ...duplicates(
      spec.containers.map(({ name }) => name),
      (index) => `${field}.containers[${index}].name`,
    ),
    ...(['Always', 'OnFailure', 'Never'].includes(restart)
      ? []
      : [notSupported(`${field}.restartPolicy`, restart, ['Always', 'OnFailure', 'Never'])]),
    ...(deadline !== undefined && (deadline < 1 || deadline > MAX_SECONDS)
      ? [
          invalidValue(
            `${field}.activeDeadlineSeconds`,
            deadline,
            `must be between 1 and ${MAX_SECONDS}, inclusive`,
          ),
        ]
      : []),
    ...dnsSubdomain(spec.serviceAccountName || 'default').map((text) =>
      invalidValue(`${field}.serviceAccountName`, spec.serviceAccountName, text),
    ),
  ];
}

const UPDATABLE =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Scheduling gates can only go, a deadline can only be shortened, images may change; nothing else of a pod's spec may. */
export function validatePodUpdate(pod: Pod, previous: Pod): FieldError[] {
  const before = previous.spec;
  const gates = new Set(before.schedulingGates?.map(({ name }) => name));
  const added = (pod.spec.schedulingGates ?? [])
    .filter(({ name }) => !gates.has(name))
    .map(({ name }) => name);
  if (added.length > 0) {
    return added.map((name) => {
      const index = pod.spec.schedulingGates?.findIndex((gate) => gate.name === name);
      const why = `only deletion is allowed, but found new scheduling gate '${name}'`;
      return forbiddenField(`spec.schedulingGates[${index}].name`, why);
    });
  }
  const [deadline, earlier] = [pod.spec.activeDeadlineSeconds, before.activeDeadlineSeconds];
  if (earlier !== undefined && (deadline === undefined || deadline > earlier)) {
    const why =
      deadline === undefined
        ? 'must not update from a positive integer to nil value'
        : 'must be less than or equal to previous value';
    return [invalidValue('spec.activeDeadlineSeconds', deadline ?? null, why)];
  }
  const munge = (spec: PodSpec) => ({
    ...spec,
    activeDeadlineSeconds: undefined,
    schedulingGates: undefined,
    tolerations: undefined,
    nodeSelector: gates.size > 0 ? undefined : spec.nodeSelector,
    containers: spec.containers?.map((container) => ({ ...container, image: '' })),
  });
  if (sameJson(munge(pod.spec), munge(before))) return [];
  return [forbiddenField('spec', `pod updates may not change fields other than ${UPDATABLE}`)];
}
