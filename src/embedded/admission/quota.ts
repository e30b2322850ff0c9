import { isTerminal, type KubeObject, type Pod } from '../objects.ts';
import { addQuantities, formatQuantity, type Quantity, quantityOf } from '../quantity.ts';
import { qualifiedName, type Resource } from '../registry/resources.ts';

export type Usage = ReadonlyMap<string, Quantity>;

const one = quantityOf('1');
/** Quotas on these oblige every container to name them. */
const OBLIGING = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const PLAIN_COUNTS = ['configmaps', 'secrets', 'resourcequotas'];

/** The quota names that a container's requests and limits count towards. */
function computeNames(kind: 'requests' | 'limits', resource: string): string[] {
  if (kind === 'limits') return COMPUTE.includes(resource) ? [`limits.${resource}`] : [];
  return COMPUTE.includes(resource) ? [resource, `requests.${resource}`] : [`requests.${resource}`];
}

export function addUsage(left: Usage, right: Usage): Map<string, Quantity> {
  const sum = new Map(left);
  for (const [name, value] of right)
    sum.set(name, addQuantities(sum.get(name) ?? { nanos: 0n, binary: value.binary }, value));
  return sum;
}

type Counted = { resources?: { requests?: Record<string, string>; limits?: Record<string, string> } };

function containerUsage({ resources }: Counted): Usage {
  const entries = (['requests', 'limits'] as const).flatMap((kind) =>
    Object.entries(resources?.[kind] ?? {}).flatMap(([resource, value]) =>
      computeNames(kind, resource).map((name) => [name, quantityOf(value)] as const),
    ),
  );
  return new Map(entries);
}

/** What one object takes from a quota. A pod that has ended takes only its count/pods. */
export function usageOf(resource: Resource, object: KubeObject): Usage {
  const counted: [string, Quantity][] = [[`count/${qualifiedName(resource)}`, one]];
  if (PLAIN_COUNTS.includes(resource.plural)) counted.push([resource.plural, one]);
  const usage = new Map(counted);
  if (resource.plural !== 'pods') return usage;
  const pod = object as Pod;
  if (isTerminal(pod)) return usage;
  usage.set('pods', one);
  return pod.spec.containers.map(containerUsage).reduce(addUsage, usage);
}

function print(usage: Usage): string {
  return [...usage]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${formatQuantity(value)}`)
    .join(',');
}

function only(usage: Usage, names: ReadonlySet<string>): Usage {
  return new Map([...usage].filter(([name]) => names.has(name)));
}

/** Why a quota refuses an object, or undefined when it does not. `used` is what the namespace takes without it. */
export function quotaViolation(
  name: string,
  hard: Usage,
  used: Usage,
  resource: Resource,
  object: KubeObject,
): string | undefined {
  if (resource.plural === 'pods') {
    const { containers } = (object as Pod).spec;
    const missing = OBLIGING.filter((wanted) => hard.has(wanted)).flatMap((wanted) => {
      const names = containers
        .filter((container) => !containerUsage(container).has(wanted))
        .map((container) => container.name);
      return names.length === 0 ? [] : [`${wanted} for: ${names.sort().join(',')}`];
    });
    if (missing.length > 0) return `failed quota: ${name}: must specify ${missing.join('; ')}`;
  }
  const requested = only(usageOf(resource, object), new Set(hard.keys()));
  const total = addUsage(used, requested);
  const exceeded = new Set(
    [...requested.keys()].filter((key) => (total.get(key)?.nanos ?? 0n) > (hard.get(key)?.nanos ?? 0n)),
  );
  if (exceeded.size === 0) return undefined;
  const before = new Map([...exceeded].map((key) => [key, used.get(key) ?? quantityOf('0')]));
  return `exceeded quota: ${name}, requested: ${print(only(requested, exceeded))}, used: ${print(before)}, limited: ${print(only(hard, exceeded))}`;
}
