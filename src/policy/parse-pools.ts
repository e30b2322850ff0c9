import { type ConfigProblem, type ConfigReader, readConfig } from '../lib/config-reader.ts';
import { isDnsLabel, isLabelKey, isLabelValue, isSubdomain } from '../lib/label-syntax.ts';
import { compareQuantities, type Quantity, quantity, subtractQuantities } from '../lib/quantity.ts';
import { defaultPoolsConfig } from './default-pools.ts';
import type { Amounts, AmountsWithGpu, Pool, Pools, SizeClass } from './pools.ts';
import { readTolerations } from './tolerations.ts';

export type { ConfigProblem as PoolsProblem } from '../lib/config-reader.ts';

/** The pools, or everything that is wrong with their configuration. */
export type PoolsResult =
  | { readonly ok: true; readonly value: Pools }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

// runc itself needs about 6 MiB, and a container with less dies before its process starts; the others catch wrong units.
const minimum: Amounts = { cpu: quantity('1m'), memory: quantity('8Mi'), ephemeralStorage: quantity('1Mi') };
const zero: Amounts = { cpu: quantity('0'), memory: quantity('0'), ephemeralStorage: quantity('0') };
const fallback: Amounts = {
  cpu: quantity('500m'),
  memory: quantity('1Gi'),
  ephemeralStorage: quantity('2Gi'),
};
const dimensions = ['cpu', 'memory', 'ephemeralStorage'] as const;

/** The pools of a configuration that says nothing about them. */
export const defaultPools: Pools = parseDefaults();

/**
 * Reads `{pools, sizeClasses, cpuLimitFactor}` from a configuration of unknown shape; what is absent is as in
 * defaultPoolsConfig. Lists every problem, each with its path below `path`.
 */
export function parsePools(config: unknown, path = ''): PoolsResult {
  const problems: ConfigProblem[] = [];
  const given = readConfig(config ?? {}, path, problems);
  const absent = readConfig(defaultPoolsConfig, path, problems);
  given.allow(['pools', 'sizeClasses', 'cpuLimitFactor']);
  const poolReaders = (given.has('pools') ? given : absent).items('pools');
  if (poolReaders.length === 0 && problems.length === 0)
    given.report('pools', 'must be a list of at least one pool');
  const pools = poolReaders.map(readPool);
  reportDuplicates(pools, poolReaders);
  const classReaders = (given.has('sizeClasses') ? given : absent).members('sizeClasses');
  const sizeClasses = new Map(classReaders.map(([name, reader]) => [name, readSizeClass(reader)]));
  const cpuLimitFactor = readFactor(given);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { pools, sizeClasses, cpuLimitFactor, minimum } };
}

function readFactor(reader: ConfigReader): Quantity {
  const before = reader.problems.length;
  const factor = reader.quantity('cpuLimitFactor', quantity(defaultPoolsConfig.cpuLimitFactor));
  if (reader.problems.length === before && isLess(factor, quantity('1'))) {
    reader.report('cpuLimitFactor', 'must be at least 1: a limit below the request is refused by Kubernetes');
  }
  return factor;
}

function parseDefaults(): Pools {
  const result = parsePools(defaultPoolsConfig);
  if (!result.ok) throw new Error(`default pools: ${JSON.stringify(result.problems)}`);
  return result.value;
}

function readPool(reader: ConfigReader): Pool {
  reader.allow([
    ...['name', 'allocatable', 'reserve', 'maximum', 'defaults', 'gpuResource'],
    ...['nodeSelector', 'tolerations', 'priorityClass', 'spot'],
  ]);
  const before = reader.problems.length;
  if (!reader.has('name')) reader.report('name', 'is missing');
  const allocatable = readWithGpu(reader.child('allocatable'));
  const reserve = readAmounts(reader.child('reserve'), zero);
  const usable = mapAmounts((dimension) => subtractQuantities(allocatable[dimension], reserve[dimension]));
  const maximum = readWithGpu(reader.child('maximum'), { ...usable, gpu: allocatable.gpu });
  const defaults = readAmounts(
    reader.child('defaults'),
    mapAmounts((d) => lesser(fallback[d], maximum[d])),
  );
  const priorityClass = reader.text('priorityClass', isSubdomain, 'must be the name of a PriorityClass');
  const pool: Pool = {
    name: reader.text('name', isDnsLabel, 'must be a DNS label: at most 63 of a-z, 0-9 and -') ?? '',
    ...{ allocatable, reserve, usable, maximum, defaults },
    gpuResource:
      reader.text('gpuResource', isExtendedResource, 'must be like nvidia.com/gpu') ?? 'nvidia.com/gpu',
    nodeSelector: readSelector(reader),
    tolerations: readTolerations(reader),
    ...(priorityClass === undefined ? {} : { priorityClass }),
    spot: reader.flag('spot') ?? false,
  };
  // What was misread has a placeholder, about which nothing should be said.
  if (reader.problems.length === before) checkSizes(pool, reader);
  return pool;
}

function checkSizes({ allocatable, usable, maximum, defaults }: Pool, reader: ConfigReader): void {
  const before = reader.problems.length;
  reportLess(reader, 'allocatable', usable, minimum, 'leaves nothing for steps after the reserve');
  if (reader.problems.length > before) return;
  reportLess(reader, 'maximum', usable, maximum, 'is more than allocatable less reserve');
  if (maximum.gpu > allocatable.gpu) reader.report('maximum.gpu', 'is more than allocatable');
  reportLess(reader, 'defaults', maximum, defaults, 'is more than the maximum');
  reportLess(reader, 'defaults', defaults, minimum, 'is less than a step gets at least');
}

function readAmounts(reader: ConfigReader, absent?: Amounts): Amounts {
  reader.allow([...dimensions]);
  return mapAmounts((dimension) => reader.quantity(dimension, absent?.[dimension]));
}

function readWithGpu(reader: ConfigReader, absent?: AmountsWithGpu): AmountsWithGpu {
  reader.allow([...dimensions, 'gpu']);
  const amounts = mapAmounts((dimension) => reader.quantity(dimension, absent?.[dimension]));
  return { ...amounts, gpu: reader.count('gpu', absent?.gpu ?? 0n) };
}

function readSizeClass(reader: ConfigReader): SizeClass {
  reader.allow([...dimensions]);
  const read = (dimension: keyof Amounts): Quantity => {
    const before = reader.problems.length;
    const amount = reader.quantity(dimension);
    const sound = reader.problems.length === before;
    if (sound && isLess(amount, minimum[dimension]))
      reader.report(dimension, 'is less than a step gets at least');
    return amount;
  };
  const cpuAndMemory = { cpu: read('cpu'), memory: read('memory') };
  return reader.has('ephemeralStorage')
    ? { ...cpuAndMemory, ephemeralStorage: read('ephemeralStorage') }
    : cpuAndMemory;
}

function readSelector(reader: ConfigReader): Readonly<Record<string, string>> {
  const selector = reader.child('nodeSelector');
  const entries = selector.keys().map((key) => {
    if (!isLabelKey(key)) selector.report(key, 'is not the key of a label');
    return [key, selector.text(key, isLabelValue, 'must be the value of a label') ?? ''] as const;
  });
  return Object.fromEntries(entries);
}

// k8s.io/kubernetes/pkg/apis/core/v1/helper IsExtendedResourceName; the prefix "requests." is for quotas.
function isExtendedResource(text: string): boolean {
  return (
    text.includes('/') &&
    isLabelKey(text) &&
    !text.includes('kubernetes.io/') &&
    !text.startsWith('requests.')
  );
}

function reportLess(
  reader: ConfigReader,
  key: string,
  amounts: Amounts,
  least: Amounts,
  message: string,
): void {
  for (const dimension of dimensions) {
    if (isLess(amounts[dimension], least[dimension])) reader.report(`${key}.${dimension}`, message);
  }
}

function reportDuplicates(pools: readonly Pool[], readers: readonly ConfigReader[]): void {
  const names = pools.map((pool) => pool.name);
  for (const [index, name] of names.entries()) {
    if (name !== '' && names.indexOf(name) < index)
      readers[index]?.report('name', `${name} is the name of another pool`);
  }
}

function mapAmounts(amount: (dimension: keyof Amounts) => Quantity): Amounts {
  return { cpu: amount('cpu'), memory: amount('memory'), ephemeralStorage: amount('ephemeralStorage') };
}

function isLess(a: Quantity, b: Quantity): boolean {
  return compareQuantities(a, b) < 0;
}

function lesser(a: Quantity, b: Quantity): Quantity {
  return isLess(a, b) ? a : b;
}
