import { checkEgress, type Egress, isHost, isWithin, printEgress } from '../policy/egress.ts';
import { ExecutorError, type Violation } from '../step/errors.ts';
import { undescribed } from './egress.ts';
import { type Reader, unsupportedPrefix } from './manifest-reader.ts';

/** What spec.permissions of a manifest says of where a step may run and what it may reach. */
export interface Permissions {
  /** Empty for all. */
  readonly regions: readonly string[];
  /** Empty where nothing is said. */
  readonly dataClassification: string;
  readonly network: NetworkPermissions;
}

interface NetworkPermissions {
  /** Undefined where nothing is said. */
  readonly allowExternal: boolean | undefined;
  readonly allowedHosts: readonly string[];
}

/** What this executor is, as far as permissions ask for it. */
export interface Place {
  /** Undefined where nobody has said. */
  readonly region: string | undefined;
  /** What data its steps may handle; empty where nobody has said. */
  readonly dataClassifications: readonly string[];
}

export function readNetwork(permissions: Reader): NetworkPermissions {
  const network = permissions.object('network_policy', false);
  network.only(['allow_external', 'allowed_hosts']);
  return { allowExternal: network.flag('allow_external'), allowedHosts: network.strings('allowed_hosts') };
}

/**
 * What the manifest leaves of what the tenant may reach; undefined for all of it. Hosts are the only way outside that it can name, so with hosts,
 * or with nothing external, no range of addresses is left. Namespaces are of the cluster and stay. A host has the ports that the tenant has for it.
 */
export function permittedEgress(
  { allowExternal, allowedHosts }: NetworkPermissions,
  allowed: readonly Egress[],
): readonly Egress[] | undefined {
  if (allowedHosts.length === 0 && allowExternal !== false) return undefined;
  const hosts = allowedHosts.flatMap((host) => reachOf(host, allowed) ?? []);
  return [...allowed.filter(({ to }) => to.kind === 'namespace'), ...hosts];
}

/** The host with the ports that are allowed for it; undefined where it is not. */
function reachOf(host: string, allowed: readonly Egress[]): Egress | undefined {
  const to = { kind: 'host', host } as const;
  const around = allowed.filter((entry) => isWithin({ to, ports: entry.ports }, [entry]));
  if (around.length === 0) return undefined;
  const ports = around.some((entry) => entry.ports.length === 0)
    ? []
    : around.flatMap((entry) => entry.ports);
  return { to, ports: [...new Set(ports)] };
}

/** What the manifest asks for that cannot be held here. `path` is that of spec.permissions; `allowed` is undefined where nobody has described the tenant. */
export function permissionProblems(
  { regions, dataClassification, network }: Permissions,
  place: Place,
  allowed: readonly Egress[] | undefined,
  path: string,
): readonly Violation[] {
  const violations: Violation[] = [];
  const add = (field: string, message: string) => violations.push({ field: `${path}.${field}`, message });
  if (regions.length > 0 && place.region === undefined)
    add('allowed_regions', `${unsupportedPrefix}, as nobody has told it its region; leave it out`);
  if (dataClassification !== '' && place.dataClassifications.length === 0)
    add(
      'data_classification',
      `${unsupportedPrefix}, as nobody has told it what data its steps may handle; leave it out`,
    );
  const { allowExternal, allowedHosts } = network;
  if (allowedHosts.length > 100)
    add('network_policy.allowed_hosts', `must have at most 100 entries, has ${allowedHosts.length}`);
  else
    for (const [i, host] of allowedHosts.entries()) {
      const at = `network_policy.allowed_hosts[${i}]`;
      const [wrong] = checkEgress([{ to: { kind: 'host', host }, ports: [] }], '', 1);
      if (wrong !== undefined) add(at, wrong.message);
      else if (allowed === undefined) add(at, undescribed);
      else if (reachOf(host, allowed) === undefined) add(at, notAllowed(allowed));
    }
  if (allowExternal === false && allowed === undefined) add('network_policy.allow_external', undescribed);
  return violations;
}

const notAllowed = (allowed: readonly Egress[]): string =>
  `is none of the hosts that this tenant may reach, which are: ${allowed.filter(isHost).slice(0, 10).map(printEgress).join(', ') || 'none'}`;

/** Why a request that is right must go to another executor; undefined where it need not. */
export function wrongPlace(
  { regions, dataClassification }: Permissions,
  { region, dataClassifications }: Place,
): ExecutorError | undefined {
  if (region !== undefined && regions.length > 0 && !regions.includes(region))
    return new ExecutorError({
      code: 'FAILED_PRECONDITION',
      reason: 'REGION_NOT_ALLOWED',
      message: `the step may run in ${listed(regions)} only, and this cluster is in ${region}; submit it there`,
      metadata: { region, allowed_regions: listed(regions) },
    });
  if (dataClassification !== '' && !dataClassifications.includes(dataClassification))
    return new ExecutorError({
      code: 'FAILED_PRECONDITION',
      reason: 'DATA_CLASSIFICATION_NOT_ALLOWED',
      message: `steps here may handle data that is ${listed(dataClassifications)}, and this step's is ${JSON.stringify(dataClassification.slice(0, 80))}; submit it to an executor that may`,
      metadata: { data_classifications: listed(dataClassifications) },
    });
  return undefined;
}

const listed = (texts: readonly string[]): string =>
  texts
    .slice(0, 20)
    .map((text) => text.slice(0, 80))
    .join(', ');
