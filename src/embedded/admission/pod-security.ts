import type { Container, PodSpec } from '../objects.ts';
import { baselineChecks, forbiddenSeccompProfile } from './pod-security-baseline.ts';
import { type Check, containersOf, named, namesWhere, quoted } from './pod-security-check.ts';

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const allowPrivilegeEscalation: Check = (spec) => {
  const names = namesWhere(
    spec,
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
  );
  if (names.length === 0) return undefined;
  const detail = `${named('container', names)} must set securityContext.allowPrivilegeEscalation=false`;
  return { reason: 'allowPrivilegeEscalation != false', detail };
};

const capabilities: Check = (spec) => {
  const keeping = namesWhere(
    spec,
    ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'),
  );
  const extra = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
  const adding = namesWhere(spec, (container) => extra(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0)
    details.push(`${named('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const added = new Set(containersOf(spec).flatMap(extra).sort());
    details.push(
      `${named('container', adding)} must not include ${quoted(added)} in securityContext.capabilities.add`,
    );
  }
  return details.length === 0
    ? undefined
    : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const restrictedVolumes: Check = (spec) => {
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUMES.some((kind) => volume[kind] !== undefined));
  if (bad.length === 0) return undefined;
  const kinds = new Set(
    bad.map((volume) => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown').sort(),
  );
  const types = `restricted volume type${kinds.size === 1 ? '' : 's'} ${quoted(kinds)}`;
  const names = bad.map(({ name }) => name);
  const detail = `${named('volume', names)} ${names.length === 1 ? 'uses' : 'use'} ${types}`;
  return { reason: 'restricted volume types', detail };
};

const runAsNonRoot: Check = (spec) => {
  const reason = 'runAsNonRoot != true';
  const pod = spec.securityContext?.runAsNonRoot;
  const explicit = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  const setters = [
    ...(pod === false ? ['pod'] : []),
    ...(explicit.length > 0 ? [named('container', explicit)] : []),
  ];
  if (setters.length > 0) {
    return { reason, detail: `${setters.join(' and ')} must not set securityContext.runAsNonRoot=false` };
  }
  const silent = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (pod === true || silent.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${named('container', silent)} must set securityContext.runAsNonRoot=true`,
  };
};

const runAsUser: Check = (spec) => {
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0);
  const setters = [
    ...(spec.securityContext?.runAsUser === 0 ? ['pod'] : []),
    ...(names.length > 0 ? [named('container', names)] : []),
  ];
  if (setters.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${setters.join(' and ')} must not set runAsUser=0` };
};

const seccompProfile: Check = (spec) => {
  const explicit = forbiddenSeccompProfile(spec);
  if (explicit !== undefined) return explicit;
  const silent = namesWhere(
    spec,
    ({ securityContext }) => securityContext?.seccompProfile?.type === undefined,
  );
  if (spec.securityContext?.seccompProfile?.type !== undefined || silent.length === 0) return undefined;
  const detail = `pod or ${named('container', silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason: 'seccompProfile', detail };
};

const restrictedChecks: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfile,
];

/**
 * Why a pod may not run under a Pod Security level, or undefined when it may. `replaced` baseline checks are told by their stricter
 * form. Only the newest version of the policy is known.
 */
export function podSecurityViolation(level: string, spec: PodSpec): string | undefined {
  if (level !== 'restricted' && level !== 'baseline') return undefined;
  const restricted = level === 'restricted';
  const baseline = baselineChecks
    .filter(({ replaced }) => !(restricted && replaced))
    .map(({ check }) => check);
  const findings = [...baseline, ...(restricted ? restrictedChecks : [])].flatMap(
    (check) => check(spec) ?? [],
  );
  if (findings.length === 0) return undefined;
  return findings.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}
