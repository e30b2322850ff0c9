import {
  ceilQuantity,
  compareQuantities,
  parseQuantity,
  printQuantity,
  type Quantity,
  quantityFromNano,
  unitsOf,
} from '../lib/quantity.ts';
import type { Amounts, Pools, SizeClass } from '../policy/pools.ts';
import type { Violation } from '../step/errors.ts';

/** A step's wishes, as text (ResourceHints of the contract); empty is absent. */
export type ResourceHints = {
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly ephemeralStorage?: string | undefined;
  readonly gpu?: string | undefined;
  readonly sizeClass?: string | undefined;
};

/** Where a step wants to run (ExecutionOptions of the contract); empty is absent. */
export type PlacementOptions = {
  readonly pool?: string | undefined;
  readonly spot?: boolean | undefined;
  readonly priorityClass?: string | undefined;
};

/** Upper bounds that the invocation itself brings (ResourceQuotas of the contract). */
export type InvocationQuotas = {
  /** MiB. */
  readonly maxMemoryMb?: bigint | undefined;
  readonly maxCpuMillicores?: bigint | undefined;
};

/** Where the three stand in the request, for the fields of violations. */
export type ResourcePaths = { readonly resources: string; readonly options: string; readonly quotas: string };

/** An amount that somebody asked for; its field is where to complain. */
export type Asked = { readonly amount: Quantity; readonly field: string; readonly source: string };

/** What a step wants, read and checked; what it leaves open is absent. */
export type Wish = {
  readonly amounts: { readonly [D in keyof Amounts]?: Asked };
  /** Whole devices; 0 is none. */
  readonly gpu: bigint;
  /** False: nobody knows whether devices are wanted, so no pool can be judged. */
  readonly gpuIsReadable: boolean;
  readonly sizeClass?: string;
  /** The quotas that the invocation brings, as quantities. */
  readonly bounds: { readonly [D in keyof Amounts]?: Quantity };
};

/** The three amounts: our name, the hint's field in the contract, Kubernetes' name, and what it is rounded up to. */
export const dimensions = [
  { key: 'cpu', field: 'cpu', resource: 'cpu', unit: 'milli' },
  { key: 'memory', field: 'memory', resource: 'memory', unit: 'byte' },
  { key: 'ephemeralStorage', field: 'ephemeral_storage', resource: 'ephemeral-storage', unit: 'byte' },
] as const;

/** A caller's text within a message: bounded, and with nothing in it that a terminal would obey. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

/** Reads hints and quotas; what is wrong goes to `violations`. An explicit amount wins over the size class's. */
export function readWish(
  hints: ResourceHints,
  quotas: InvocationQuotas,
  pools: Pools,
  paths: ResourcePaths,
  violations: Violation[],
): Wish {
  const bounds = readBounds(quotas, pools.minimum, paths, violations);
  const sizeClass = readSizeClass(hints.sizeClass ?? '', pools, paths, violations);
  const amounts: { -readonly [D in keyof Amounts]?: Asked } = {};
  for (const { key, field, unit } of dimensions) {
    const text = hints[key] ?? '';
    const asked =
      text === ''
        ? ofClass(sizeClass, key, paths)
        : readHint(text, `${paths.resources}.${field}`, violations);
    if (asked === undefined) continue;
    const rounded = { ...asked, amount: ceilQuantity(asked.amount, unit) };
    if (isWithin(rounded, text, key, pools.minimum, bounds, violations)) amounts[key] = rounded;
  }
  const gpu = readGpu(hints.gpu ?? '', `${paths.resources}.gpu`, violations);
  return {
    amounts,
    gpu: gpu ?? 0n,
    gpuIsReadable: gpu !== undefined,
    ...(sizeClass === undefined ? {} : { sizeClass: sizeClass.name }),
    bounds,
  };
}

function readHint(text: string, field: string, violations: Violation[]): Asked | undefined {
  const result = parseQuantity(text);
  const message = !result.ok
    ? result.message
    : result.value.nano <= 0n
      ? `${text} is not more than zero`
      : undefined;
  if (message !== undefined) violations.push({ field, message });
  return result.ok && message === undefined ? { amount: result.value, field, source: 'asked' } : undefined;
}

function isWithin(
  asked: Asked,
  text: string,
  key: keyof Amounts,
  minimum: Amounts,
  bounds: Wish['bounds'],
  violations: Violation[],
): boolean {
  const printed = printQuantity(asked.amount);
  const bound = bounds[key];
  const before = violations.length;
  if (compareQuantities(asked.amount, minimum[key]) < 0) {
    const hint =
      key !== 'cpu' && /^\d{1,6}$/.test(text)
        ? `; without a suffix it counts bytes, so write ${text}Mi for MiB`
        : '';
    violations.push({
      field: asked.field,
      message: `${printed} is less than ${printQuantity(minimum[key])}, the least a step gets${hint}`,
    });
  } else if (bound !== undefined && compareQuantities(asked.amount, bound) > 0) {
    const quota = key === 'cpu' ? 'max_cpu_millicores' : 'max_memory_mb';
    violations.push({
      field: asked.field,
      message: `${key} ${printed} exceeds the invocation's own ${quota}, which is ${printQuantity(bound)}`,
    });
  }
  return violations.length === before;
}

type NamedClass = SizeClass & { readonly name: string };

function readSizeClass(
  name: string,
  pools: Pools,
  paths: ResourcePaths,
  violations: Violation[],
): NamedClass | undefined {
  const found = pools.sizeClasses.get(name);
  if (found !== undefined) return { ...found, name };
  if (name !== '') {
    const known = [...pools.sizeClasses.keys()].join(', ') || 'none';
    violations.push({
      field: `${paths.resources}.size_class`,
      message: `no size class ${quoted(name)}; there are: ${known}`,
    });
  }
  return undefined;
}

function ofClass(
  sizeClass: NamedClass | undefined,
  key: keyof Amounts,
  paths: ResourcePaths,
): Asked | undefined {
  const amount = sizeClass?.[key];
  if (sizeClass === undefined || amount === undefined) return undefined;
  return { amount, field: `${paths.resources}.size_class`, source: `size class ${sizeClass.name}` };
}

/** The devices asked for; undefined when the text is no whole number. */
function readGpu(text: string, field: string, violations: Violation[]): bigint | undefined {
  if (text === '') return 0n;
  const result = parseQuantity(text);
  const nano = result.ok ? result.value.nano : -1n;
  if (result.ok && nano >= 0n && nano % 1_000_000_000n === 0n) return unitsOf(result.value);
  violations.push({
    field,
    message: result.ok ? `${text} is not a whole number of devices` : result.message,
  });
  return undefined;
}

function readBounds(
  quotas: InvocationQuotas,
  minimum: Amounts,
  paths: ResourcePaths,
  violations: Violation[],
): Wish['bounds'] {
  const { maxCpuMillicores: milli, maxMemoryMb: mebi } = quotas;
  const cpu = milli === undefined ? undefined : quantityFromNano(milli * 10n ** 6n);
  const memory = mebi === undefined ? undefined : quantityFromNano(mebi * 2n ** 20n * 10n ** 9n, 'binarySI');
  const isUsable = (bound: Quantity, least: Quantity, field: string): boolean => {
    if (compareQuantities(bound, least) >= 0) return true;
    const message = `allows ${printQuantity(bound)}, less than ${printQuantity(least)}, the least a step gets`;
    violations.push({ field: `${paths.quotas}.${field}`, message });
    return false;
  };
  return {
    ...(cpu && isUsable(cpu, minimum.cpu, 'max_cpu_millicores') ? { cpu } : {}),
    ...(memory && isUsable(memory, minimum.memory, 'max_memory_mb') ? { memory } : {}),
  };
}
