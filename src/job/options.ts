import { member } from '../lib/field-path.ts';
import {
  isDnsLabel,
  isLabelKey,
  isLabelValue,
  isSubdomain,
  labelKeyRule,
  labelValueRule,
} from '../lib/label-syntax.ts';
import { parseQuantity } from '../lib/quantity.ts';
import type { Egress } from '../policy/egress.ts';
import type { Violation } from '../step/errors.ts';
import { mostLabels } from '../step/filter.ts';
import { checkEgressWish } from './egress.ts';
import { textProblem, unsupportedPrefix } from './manifest-reader.ts';
import { isReserved } from './metadata.ts';
import { reservedEnv, reservedVolumes, scratchPath } from './pod-template.ts';
import { isKept } from './reserved-keys.ts';
import { longestRetentionSeconds } from './retain.ts';
import { checkSecrets, type SecretUse, secretVolumes } from './secrets.ts';
import type { VolumeSpec } from './spec.ts';
import type { Timeouts } from './timeouts.ts';

/** ExecutionOptions as plain values; durations in seconds, undefined where the caller says nothing. */
export interface Options {
  readonly pool: string;
  readonly priorityClass: string;
  readonly spot: boolean;
  readonly timeouts: { readonly [K in keyof Timeouts]?: number | undefined };
  /** Whether a pod that is lost to a disruption is replaced. */
  readonly replaceDisrupted: boolean;
  /** The cluster is asked not to evict its pod. In this sense, as what is not said must be false (specHash). */
  readonly uninterruptible: boolean;
  /** Undefined for the default. That it may start again is what a Job does by itself: it makes no other spec of a step. */
  readonly atMostOnce?: boolean | undefined;
  readonly gracePeriod: number | undefined;
  readonly ttlAfterFinished: number | undefined;
  readonly retainUntilAcknowledged?: number | undefined;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly volumes: readonly VolumeSpec[];
  readonly secrets: readonly SecretUse[];
  /** Some of what the tenant may reach; empty for all of it. */
  readonly egress: readonly Egress[];
  /** Nothing of it. */
  readonly noEgress: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Names of the fields that were set and are not built yet. */
  readonly unsupported: readonly string[];
}

type Add = (field: string, message: string) => void;

/** Everything that is wrong with the options, but for what the resource calculator checks. `reservedKeys`: of labels and annotations, see isKept. */
export function checkOptions(
  options: Options,
  path: string,
  reservedKeys: readonly string[],
): readonly Violation[] {
  const violations: Violation[] = [];
  const add: Add = (field, message) => violations.push({ field: `${path}.${field}`, message });
  for (const field of options.unsupported) add(field, `${unsupportedPrefix} yet; leave it out`);
  if (options.priorityClass !== '' && !isSubdomain(options.priorityClass)) {
    add('priority_class', 'must be the name of a PriorityClass');
  }
  for (const name of ['queue', 'start', 'run', 'total'] as const) {
    seconds(add, `timeouts.${name}`, options.timeouts[name], 1, name === 'run' ? 86_400 : 2_592_000);
  }
  seconds(add, 'grace_period', options.gracePeriod, 0, longestGraceSeconds);
  seconds(add, 'ttl_after_finished', options.ttlAfterFinished, 60, 2_592_000);
  seconds(add, 'retain_until_acknowledged', options.retainUntilAcknowledged, 1, longestRetentionSeconds);
  texts(add, 'command', options.command);
  texts(add, 'args', options.args);
  environment(add, options.env);
  volumes(add, options.volumes);
  const places = {
    envProblem,
    pathProblem,
    env: new Set(Object.keys(options.env)),
    paths: new Set([scratchPath, ...options.volumes.map(({ mountPath }) => mountPath)]),
  };
  violations.push(...checkSecrets(options.secrets, places, path));
  violations.push(...checkEgressWish(options, path));
  metadata(add, 'labels', options.labels, mostLabels, reservedKeys);
  metadata(add, 'annotations', options.annotations, 32, reservedKeys);
  return violations;
}

function seconds(add: Add, field: string, value: number | undefined, min: number, max: number): void {
  const problem = value === undefined ? undefined : secondsProblem(value, min, max);
  if (problem !== undefined) add(field, problem);
}

/** What is wrong with a number of seconds, if anything is. */
export function secondsProblem(value: number, min: number, max: number): string | undefined {
  if (!Number.isInteger(value)) return 'must be whole seconds';
  return value < min || value > max ? `must be from ${min} s to ${max} s, is ${value} s` : undefined;
}

/** Longest time between SIGTERM and SIGKILL. */
export const longestGraceSeconds = 3_600;

const maxText = 65_536;

function texts(add: Add, field: string, values: readonly string[]): void {
  if (values.length > 1_000) return add(field, `must have at most 1000 entries, has ${values.length}`);
  const total = values.reduce((sum, v) => sum + v.length, 0);
  if (total > maxText) return add(field, `must have at most ${maxText} characters together, has ${total}`);
  for (const [i, value] of values.entries()) {
    const problem = textProblem(value, {});
    if (problem !== undefined) add(`${field}[${i}]`, problem);
  }
}

function environment(add: Add, env: Options['env']): void {
  const entries = Object.entries(env);
  if (entries.length > 200) return add('env', `must have at most 200 entries, has ${entries.length}`);
  const total = entries.reduce((sum, [k, v]) => sum + k.length + v.length, 0);
  if (total > maxText) return add('env', `must have at most ${maxText} characters together, has ${total}`);
  for (const [name, value] of entries) {
    const field = member('env', name);
    const wrong = envProblem(name);
    if (wrong !== undefined) add(field, wrong);
    const problem = textProblem(value, {});
    if (problem !== undefined) add(field, problem);
  }
}

function envProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name))
    return 'the name must be of letters, digits and "_", not begin with a digit';
  return name.startsWith('GLIP_') || reservedEnv.includes(name)
    ? 'the name is reserved for the executor'
    : undefined;
}

function metadata(
  add: Add,
  kind: 'labels' | 'annotations',
  values: Options['labels'],
  most: number,
  reservedKeys: readonly string[],
): void {
  const entries = Object.entries(values);
  if (entries.length > most) return add(kind, `must have at most ${most} entries, has ${entries.length}`);
  const total = entries.reduce((sum, [k, v]) => sum + k.length + v.length, 0);
  if (total > maxText) return add(kind, `must have at most ${maxText} characters together, has ${total}`);
  for (const [key, value] of entries) {
    const field = member(kind, key);
    if (!isLabelKey(key)) add(field, labelKeyRule);
    else if (isReserved(key)) add(field, 'the key is reserved');
    else if (isKept(reservedKeys, key))
      add(field, 'the key is kept from steps: others act on it with rights of their own (reservedKeys)');
    if (kind === 'labels' && !isLabelValue(value)) add(field, labelValueRule);
    const problem = textProblem(value, {});
    if (problem !== undefined) add(field, problem);
  }
}

function volumes(add: Add, list: readonly VolumeSpec[]): void {
  if (list.length > 20) return add('volumes', `must have at most 20 entries, has ${list.length}`);
  const names = new Set<string>(reservedVolumes);
  const paths = new Set<string>();
  for (const [i, volume] of list.entries()) {
    const at = (field: string) => `volumes[${i}].${field}`;
    if (!isDnsLabel(volume.name)) add(at('name'), 'must be at most 63 of a-z, 0-9 and "-"');
    else if (names.has(volume.name) || volume.name.startsWith(secretVolumes))
      add(at('name'), 'is reserved or appears twice');
    names.add(volume.name);
    const problem = pathProblem(volume.mountPath);
    if (problem !== undefined) add(at('mount_path'), problem);
    else if (paths.has(volume.mountPath)) add(at('mount_path'), 'appears twice');
    paths.add(volume.mountPath);
    source(add, at, volume.source);
  }
}

function pathProblem(path: string): string | undefined {
  const problem = textProblem(path, { max: 255, control: false });
  if (problem !== undefined) return problem;
  const parts = path.split('/');
  if (
    !path.startsWith('/') ||
    path === '/' ||
    path.includes(':') ||
    parts.slice(1).some((p) => p === '' || p === '.' || p === '..')
  ) {
    return 'must be an absolute path below "/", without ":", "." and ".."';
  }
  const taken = ['/glip', '/proc', '/sys', '/dev', '/var/run/secrets', '/run/secrets'];
  if (taken.some((t) => path === t || path.startsWith(`${t}/`) || t.startsWith(`${path}/`)))
    return 'is reserved, or holds a path that is';
  return undefined;
}

function source(add: Add, at: (field: string) => string, from: VolumeSpec['source']): void {
  if (from.kind === 'claim') {
    if (!isSubdomain(from.claim)) add(at('claim'), 'must be the name of a PersistentVolumeClaim');
    return;
  }
  const field = from.kind === 'scratch' ? 'scratch_size' : 'ephemeral.size';
  const size = parseQuantity(from.size);
  if (!size.ok) add(at(field), `must be a size such as "2Gi": ${size.message}`);
  else if (size.value.nano <= 0n) add(at(field), 'must be more than 0');
  if (from.kind === 'ephemeral' && from.storageClass !== '' && !isSubdomain(from.storageClass)) {
    add(at('ephemeral.storage_class'), 'must be the name of a StorageClass');
  }
}
