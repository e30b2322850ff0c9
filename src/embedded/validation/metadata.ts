import { isRecord, sameJson } from '../json.ts';
import type { KubeObject, Metadata } from '../objects.ts';
import type { Resource } from '../registry/resources.ts';
import { type FieldError, forbiddenField, invalidValue, required, tooLong } from './field-error.ts';
import { dnsLabel, dnsSubdomain, labelKey, labelValue } from './names.ts';

const ANNOTATIONS_LIMIT = 256 * 1024;

export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...labelKey(key).map((text) => invalidValue(field, key, text)),
    ...labelValue(value).map((text) => invalidValue(field, value, text)),
  ]);
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) =>
    labelKey(key.toLowerCase()).map((text) => invalidValue(field, key, text)),
  );
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return size > ANNOTATIONS_LIMIT ? [...errors, tooLong(field, ANNOTATIONS_LIMIT)] : errors;
}

function validateOwners(owners: Metadata['ownerReferences']): FieldError[] {
  const missing = (owners ?? []).flatMap((owner, index) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((part) => (owner[part] ?? '') === '')
      .map((part) => required(`metadata.ownerReferences[${index}].${part}`, 'must not be empty')),
  );
  const controllers = (owners ?? []).filter((owner) => owner.controller === true);
  if (controllers.length < 2) return missing;
  const [first, second] = controllers.map((owner) => `${owner.kind}/${owner.name}`);
  const why = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`;
  return [...missing, invalidValue('metadata.ownerReferences', owners, why)];
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

function validateFinalizer(finalizer: string, index: number): FieldError[] {
  const errors = labelKey(finalizer).map((text) => invalidValue('metadata.finalizers', finalizer, text));
  if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return errors;
  const why = 'name is neither a standard finalizer name nor is it fully qualified';
  return [...errors, invalidValue(`metadata.finalizers[${index}]`, finalizer, why)];
}

/** Namespaces and containers are labels; everything else in this cluster is a subdomain. */
export function validateMetadata(resource: Resource, { metadata }: KubeObject): FieldError[] {
  const nameRule = resource.plural === 'namespaces' ? dnsLabel : dnsSubdomain;
  const name =
    metadata.name === ''
      ? [required('metadata.name', 'name or generateName is required')]
      : nameRule(metadata.name).map((text) => invalidValue('metadata.name', metadata.name, text));
  return [
    ...name,
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...validateOwners(metadata.ownerReferences),
    ...(metadata.finalizers ?? []).flatMap(validateFinalizer),
  ];
}

/** Once an object is being deleted, finalizers can only go. */
export function validateMetadataUpdate(object: KubeObject, previous: KubeObject): FieldError[] {
  if (previous.metadata.deletionTimestamp === undefined) return [];
  const known = new Set(previous.metadata.finalizers);
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
  if (added.length === 0) return [];
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [forbiddenField('metadata.finalizers', why)];
}

/** The error for a field that changed although it may not, if it did. */
export function immutable(field: string, value: unknown, previous: unknown): FieldError[] {
  return sameJson(value, previous) ? [] : [invalidValue(field, value, 'field is immutable')];
}

const MAPS = ['labels', 'annotations'] as const;
const LISTS = ['finalizers', 'ownerReferences'] as const;

/** The first part of the metadata whose JSON type is wrong, worded like Go's decoder; undefined when all are right. */
export function misTyped(metadata: Record<string, unknown>): string | undefined {
  const complaint = (value: unknown, path: string, type: string) =>
    `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go struct field ObjectMeta.metadata.${path} of type ${type}`;
  for (const text of ['name', 'generateName', 'namespace', 'uid', 'resourceVersion']) {
    const value = metadata[text] ?? '';
    if (typeof value !== 'string') return complaint(value, text, 'string');
  }
  for (const map of MAPS) {
    const value = metadata[map] ?? {};
    if (!isRecord(value)) return complaint(value, map, 'map[string]string');
    const wrong = Object.values(value).find((item) => typeof item !== 'string');
    if (wrong !== undefined) return complaint(wrong, map, 'string');
  }
  for (const list of LISTS) {
    const value = metadata[list] ?? [];
    if (!Array.isArray(value)) return complaint(value, list, '[]string');
  }
  return undefined;
}
