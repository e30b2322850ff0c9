import { type Check, containersOf, named, namesWhere, quoted } from './pod-security-check.ts';

const CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const capabilities: Check = (spec) => {
  const added = containersOf(spec).flatMap(({ securityContext }) => securityContext?.capabilities?.add ?? []);
  const bad = new Set(added.filter((name) => !CAPABILITIES.has(name)).sort());
  if (bad.size === 0) return undefined;
  const names = namesWhere(
    spec,
    (container) => container.securityContext?.capabilities?.add?.some((name) => bad.has(name)) === true,
  );
  const detail = `${named('container', names)} must not include ${quoted(bad)} in securityContext.capabilities.add`;
  return { reason: 'non-default capabilities', detail };
};

const hostNamespaces: Check = (spec) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  if (used.length === 0) return undefined;
  return { reason: 'host namespaces', detail: used.map((name) => `${name}=true`).join(', ') };
};

const hostPathVolumes: Check = (spec) => {
  const names = (spec.volumes ?? [])
    .filter((volume) => volume.hostPath !== undefined)
    .map(({ name }) => name);
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: named('volume', names) };
};

const hostPorts: Check = (spec) => {
  const ports = new Set(
    containersOf(spec).flatMap(({ ports }) => (ports ?? []).flatMap(({ hostPort }) => hostPort || [])),
  );
  if (ports.size === 0) return undefined;
  const names = namesWhere(
    spec,
    (container) => container.ports?.some(({ hostPort }) => (hostPort ?? 0) !== 0) === true,
  );
  const what = `hostPort${ports.size === 1 ? '' : 's'} ${[...ports].map(String).sort().join(', ')}`;
  return {
    reason: 'hostPort',
    detail: `${named('container', names)} ${names.length === 1 ? 'uses' : 'use'} ${what}`,
  };
};

const privileged: Check = (spec) => {
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${named('container', names)} must not set securityContext.privileged=true`,
  };
};

/** A profile that is set, and to something else than the runtime's or a local one. */
export const forbiddenSeccompProfile: Check = (spec) => {
  const bad = (type: string | undefined) =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const pod = spec.securityContext?.seccompProfile?.type;
  const names = namesWhere(spec, ({ securityContext }) => bad(securityContext?.seccompProfile?.type));
  const setters = [...(bad(pod) ? ['pod'] : []), ...(names.length > 0 ? [named('container', names)] : [])];
  if (setters.length === 0) return undefined;
  const types = containersOf(spec).map(({ securityContext }) => securityContext?.seccompProfile?.type);
  const values = new Set(
    [pod, ...types].flatMap((type) => (type !== undefined && bad(type) ? [type] : [])).sort(),
  );
  const detail = `${setters.join(' and ')} must not set securityContext.seccompProfile.type to ${quoted(values)}`;
  return { reason: 'seccompProfile', detail };
};

/** The baseline checks that a Job's pod can meet; sysctls, SELinux, AppArmor, procMount and Windows are not looked at. */
export const baselineChecks: readonly { readonly check: Check; readonly replaced?: boolean }[] = [
  { check: capabilities, replaced: true },
  { check: hostNamespaces },
  { check: hostPathVolumes, replaced: true },
  { check: hostPorts },
  { check: privileged },
  { check: forbiddenSeccompProfile, replaced: true },
];
