import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  calculateResources,
  type InvocationQuotas,
  type PlacementOptions,
  type ResourceHints,
  type Resources,
  type ResourcesResult,
} from '../../../src/job/resources.ts';
import {
  compareQuantities,
  multiplyQuantity,
  printQuantity,
  quantity,
  quantityFromNano,
} from '../../../src/lib/quantity.ts';
import { defaultPools, parsePools } from '../../../src/policy/parse-pools.ts';
import type { Amounts, Pool, Pools } from '../../../src/policy/pools.ts';
import { linear, timesAsLongAs } from '../../support/effort.ts';

const resources = 'invocation.spec.resources';
const quotaPath = 'invocation.spec.permissions.resource_quotas';

function poolsOf(config: unknown): Pools {
  const result = parsePools(config);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function accepted(result: ResourcesResult): Resources {
  if (!result.ok) throw new Error(JSON.stringify(result.violations));
  return result.value;
}

/** Pools of which none contains the other, one with a low maximum, and two of one size. */
const mixed = poolsOf({
  pools: [
    {
      name: 'wide',
      allocatable: { cpu: '32', memory: '32Gi', ephemeralStorage: '100Gi' },
      maximum: { cpu: '20' },
    },
    {
      name: 'tall',
      allocatable: { cpu: '8', memory: '128Gi', ephemeralStorage: '100Gi' },
      priorityClass: 'batch',
    },
    { name: 'twin-b', allocatable: { cpu: '2', memory: '4Gi', ephemeralStorage: '20Gi' } },
    { name: 'twin-a', allocatable: { cpu: '2', memory: '4Gi', ephemeralStorage: '20Gi' } },
    {
      name: 'amd',
      allocatable: { cpu: '8', memory: '64Gi', ephemeralStorage: '100Gi', gpu: 4 },
      gpuResource: 'amd.com/gpu',
    },
  ],
  sizeClasses: { scratch: { cpu: '1', memory: '1Gi', ephemeralStorage: '15Gi' } },
  cpuLimitFactor: '1.5',
});

/** The node with one device has more of everything else. */
const devices = poolsOf({
  pools: [
    { name: 'four', allocatable: { cpu: '8', memory: '32Gi', ephemeralStorage: '50Gi', gpu: 4 } },
    { name: 'one', allocatable: { cpu: '64', memory: '128Gi', ephemeralStorage: '50Gi', gpu: 1 } },
    { name: 'none', allocatable: { cpu: '4', memory: '16Gi', ephemeralStorage: '50Gi' } },
  ],
});

type Given = {
  readonly hints?: ResourceHints;
  readonly options?: PlacementOptions;
  readonly quotas?: InvocationQuotas;
  readonly pools?: Pools;
};

function calculate({ hints = {}, options = {}, quotas = {}, pools = defaultPools }: Given): ResourcesResult {
  return calculateResources(hints, options, quotas, pools);
}

/** Wanted: pool, cpu, memory, ephemeral-storage, and what else of the result matters. */
type Placed = Given & {
  readonly want: readonly [pool: string, cpu: string, memory: string, storage: string];
  readonly also?: object;
};

const placed: Readonly<Record<string, Placed>> = {
  'no hints at all get the defaults of the smallest pool': { want: ['standard', '500m', '1Gi', '2Gi'] },
  'empty hints are no hints': {
    hints: { cpu: '', memory: '', ephemeralStorage: '', gpu: '', sizeClass: '' },
    options: { pool: '', spot: false, priorityClass: '' },
    want: ['standard', '500m', '1Gi', '2Gi'],
  },
  'exactly what a node has room for fits it': {
    hints: { cpu: '3500m', memory: '12Gi' },
    want: ['standard', '3500m', '12Gi', '2Gi'],
  },
  'a thousandth of a CPU more goes to the next pool': {
    hints: { cpu: '3501m' },
    want: ['large', '3501m', '16Gi', '10Gi'],
  },
  'a byte more goes to the next pool': {
    hints: { memory: '12884901889' },
    want: ['large', '4', '12884901889', '10Gi'],
  },
  'storage counts as well': { hints: { ephemeralStorage: '39Gi' }, want: ['large', '4', '16Gi', '39Gi'] },
  'every form of quantity is understood and printed canonically': {
    hints: { cpu: '+.5', memory: '0.5Gi', ephemeralStorage: '3e9' },
    want: ['standard', '500m', '512Mi', '3e9'],
  },
  'cpu is rounded up to thousandths and memory to bytes': {
    hints: { cpu: '1.0001', memory: '100000000.5', ephemeralStorage: '2000000.1' },
    want: ['standard', '1001m', '100000001', '2000001'],
  },
  'what is asked is never rounded to nothing': {
    hints: { cpu: '1n' },
    want: ['standard', '1m', '1Gi', '2Gi'],
  },
  'fewer devices are smaller, whatever the cpu': {
    hints: { gpu: '1' },
    pools: devices,
    want: ['one', '500m', '1Gi', '2Gi'],
  },
  'a quota of just the least is enough': {
    quotas: { maxCpuMillicores: 1n, maxMemoryMb: 8n },
    want: ['standard', '1m', '8Mi', '2Gi'],
  },
  'a size class stands for its amounts': {
    hints: { sizeClass: 'xlarge' },
    want: ['large', '7', '27Gi', '10Gi'],
    also: { sizeClass: 'xlarge' },
  },
  'an explicit amount wins over the size class': {
    hints: { sizeClass: 'large', cpu: '250m' },
    want: ['standard', '250m', '10Gi', '2Gi'],
  },
  'a size class may have storage': {
    hints: { sizeClass: 'scratch' },
    pools: mixed,
    want: ['twin-b', '1', '1Gi', '15Gi'],
  },
  'a device goes to the pool that has one': {
    hints: { gpu: '1' },
    want: ['gpu', '4', '16Gi', '10Gi'],
    also: { requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } },
  },
  'another vendor’s device has its own resource name': {
    hints: { gpu: '4', cpu: '2' },
    pools: mixed,
    want: ['amd', '2', '1Gi', '2Gi'],
    also: { limits: { 'amd.com/gpu': '4', cpu: '3' } },
  },
  'no devices are no device': { hints: { gpu: '0' }, want: ['standard', '500m', '1Gi', '2Gi'] },
  'a named pool is respected, though a smaller one fits': {
    options: { pool: 'large' },
    want: ['large', '4', '16Gi', '10Gi'],
  },
  'a named gpu pool may be used without a device': {
    options: { pool: 'gpu' },
    want: ['gpu', '4', '16Gi', '10Gi'],
  },
  'spot on request': {
    options: { spot: true },
    want: ['standard-spot', '500m', '1Gi', '2Gi'],
    also: { spot: true, nodeSelector: { 'greenlang.io/pool': 'standard-spot' } },
  },
  'a named spot pool is a request for spot': {
    options: { pool: 'large-spot' },
    want: ['large-spot', '4', '16Gi', '10Gi'],
    also: { spot: true },
  },
  'spot and a device': {
    hints: { gpu: '1' },
    options: { spot: true },
    want: ['gpu-spot', '4', '16Gi', '10Gi'],
  },
  'of two pools of one size the first in the configuration': {
    pools: mixed,
    want: ['twin-b', '500m', '1Gi', '2Gi'],
  },
  'fewer CPUs are smaller, whatever the memory': {
    hints: { memory: '20Gi' },
    pools: mixed,
    want: ['tall', '500m', '20Gi', '2Gi'],
  },
  'the cpu limit is the request times the factor': {
    hints: { cpu: '1' },
    pools: mixed,
    want: ['twin-b', '1', '1Gi', '2Gi'],
    also: { limits: { cpu: '1500m' } },
  },
  'the cpu limit is rounded up': {
    hints: { cpu: '1m' },
    pools: mixed,
    want: ['twin-b', '1m', '1Gi', '2Gi'],
    also: { limits: { cpu: '2m' } },
  },
  'the cpu limit keeps the maximum of the pool': {
    hints: { cpu: '20' },
    pools: mixed,
    want: ['wide', '20', '1Gi', '2Gi'],
    also: { limits: { cpu: '20' } },
  },
  "the cpu limit keeps the invocation's quota": {
    hints: { cpu: '1' },
    quotas: { maxCpuMillicores: 1200n },
    pools: mixed,
    want: ['twin-b', '1', '1Gi', '2Gi'],
    also: { limits: { cpu: '1200m' } },
  },
  'a default is lowered to the quota': {
    quotas: { maxMemoryMb: 512n, maxCpuMillicores: 100n },
    want: ['standard', '100m', '512Mi', '2Gi'],
  },
  'a hint up to the quota is kept': {
    hints: { memory: '4Gi', cpu: '2' },
    quotas: { maxMemoryMb: 4096n, maxCpuMillicores: 2000n },
    want: ['standard', '2', '4Gi', '2Gi'],
  },
  'a quota beyond every node changes nothing': {
    quotas: { maxMemoryMb: 2n ** 64n - 1n, maxCpuMillicores: 2n ** 64n - 1n },
    want: ['standard', '500m', '1Gi', '2Gi'],
  },
  'the priority class of the options wins': {
    hints: { memory: '40Gi' },
    options: { priorityClass: 'urgent' },
    pools: mixed,
    want: ['tall', '500m', '40Gi', '2Gi'],
    also: { priorityClassName: 'urgent' },
  },
  'else the priority class is that of the pool': {
    hints: { memory: '40Gi' },
    pools: mixed,
    want: ['tall', '500m', '40Gi', '2Gi'],
    also: { priorityClassName: 'batch' },
  },
};

type Refused = Given & { readonly want: readonly (readonly [field: string, message: string | RegExp])[] };

const refused: Readonly<Record<string, Refused>> = {
  'memory that no pool has': {
    hints: { memory: '80Gi' },
    want: [
      [
        `${resources}.memory`,
        "memory 80Gi exceeds the largest pool 'large' (55Gi usable of 56Gi allocatable on a node)",
      ],
    ],
  },
  'everything beyond every pool, each by the pool that has most of it': {
    hints: { cpu: '33', memory: '129Gi', ephemeralStorage: '200Gi' },
    pools: mixed,
    want: [
      [
        `${resources}.cpu`,
        "cpu 33 exceeds the largest pool 'wide' (at most 20 per step; 32 usable of 32 allocatable on a node)",
      ],
      [`${resources}.memory`, /the largest pool 'tall' \(128Gi/],
      [`${resources}.ephemeral_storage`, /100Gi usable/],
    ],
  },
  'amounts that no one pool has together': {
    hints: { cpu: '16', memory: '64Gi' },
    pools: mixed,
    want: [
      [
        `${resources}.memory`,
        /exceeds the largest pool 'wide' \(32Gi.*smaller pools that have more of it lack the rest/,
      ],
    ],
  },
  'a size class that no spot pool could hold': {
    hints: { sizeClass: 'xlarge' },
    options: { pool: 'standard-spot' },
    want: [
      [`${resources}.size_class`, /^size class xlarge has cpu 7, which exceeds the pool 'standard-spot'/],
      [
        `${resources}.size_class`,
        /^size class xlarge has memory 27Gi, which exceeds the pool 'standard-spot' \(12Gi/,
      ],
    ],
  },
  'more devices than a node has': {
    hints: { gpu: '2' },
    want: [[`${resources}.gpu`, "2 devices exceed the pool 'gpu' (1 of nvidia.com/gpu on one node)"]],
  },
  'half a device, and what exceeds every pool besides': {
    hints: { gpu: '0.5', cpu: '1000' },
    want: [
      [`${resources}.gpu`, /whole number of devices/],
      [`${resources}.cpu`, /exceeds the largest pool 'large'/],
    ],
  },
  'only what exceeds, and not what just fits': {
    hints: { cpu: '15', memory: '55Gi', ephemeralStorage: '89Gi' },
    want: [
      [`${resources}.ephemeral_storage`, /^ephemeral-storage 89Gi exceeds the largest pool 'large' \(88Gi/],
    ],
  },
  'a device that just fits with a cpu that does not': {
    hints: { gpu: '1', cpu: '9' },
    want: [[`${resources}.cpu`, "cpu 9 exceeds the pool 'gpu' (7 usable of 7820m allocatable on a node)"]],
  },
  'devices that cannot be read, without a guess about their pool': {
    hints: { gpu: 'one', cpu: '32' },
    pools: devices,
    want: [[`${resources}.gpu`, /not a quantity/]],
  },
  'a name of 64 characters is quoted as a whole, a longer one is not': {
    hints: { sizeClass: 'x'.repeat(64) },
    options: { pool: 'y'.repeat(65) },
    want: [
      [`${resources}.size_class`, /"x{64}"/],
      ['options.pool', /"y{64}…"/],
    ],
  },
  'a negative device': { hints: { gpu: '-1' }, want: [[`${resources}.gpu`, /whole number/]] },
  'devices that are a word': { hints: { gpu: 'one' }, want: [[`${resources}.gpu`, /not a quantity/]] },
  'devices where no pool has one': {
    hints: { gpu: '1' },
    pools: poolsOf({
      pools: [{ name: 'p', allocatable: { cpu: 4, memory: '8Gi', ephemeralStorage: '9Gi' } }],
    }),
    want: [[`${resources}.gpu`, 'no pool has devices']],
  },
  'no devices where every pool has them': {
    pools: poolsOf({
      pools: [{ name: 'p', allocatable: { cpu: 4, memory: '8Gi', ephemeralStorage: '9Gi', gpu: 1 } }],
    }),
    want: [[`${resources}.gpu`, /only by name/]],
  },
  'a device of a pool without': {
    hints: { gpu: '1' },
    options: { pool: 'standard' },
    want: [[`${resources}.gpu`, 'pool standard has no devices; these have: gpu, gpu-spot']],
  },
  'spot of a pool without': {
    options: { pool: 'large', spot: true },
    want: [['options.spot', 'pool large has no spot nodes; these have: standard-spot, large-spot, gpu-spot']],
  },
  'spot where no pool has it': {
    options: { spot: true },
    pools: mixed,
    want: [['options.spot', 'no pool has spot nodes']],
  },
  'no spot where every pool has it': {
    pools: poolsOf({
      pools: [{ name: 'p', allocatable: { cpu: 4, memory: '8Gi', ephemeralStorage: '9Gi' }, spot: true }],
    }),
    want: [['options.spot', /every pool has spot nodes/]],
  },
  'an unknown pool': {
    options: { pool: 'nope' },
    want: [
      [
        'options.pool',
        'no pool "nope"; there are: standard, large, gpu, standard-spot, large-spot, gpu-spot',
      ],
    ],
  },
  'an unknown size class': {
    hints: { sizeClass: 'huge' },
    want: [[`${resources}.size_class`, 'no size class "huge"; there are: small, medium, large, xlarge']],
  },
  'a size class that objects have by nature': {
    hints: { sizeClass: 'constructor' },
    want: [[`${resources}.size_class`, /no size class/]],
  },
  'a priority class that is no name': {
    options: { priorityClass: 'Very High' },
    want: [['options.priority_class', /not the name/]],
  },
  'a priority class of the system': {
    options: { priorityClass: 'system-node-critical' },
    want: [['options.priority_class', /reserved/]],
  },
  'zero and less': {
    hints: { cpu: '0', memory: '-1Gi', ephemeralStorage: '0Gi' },
    want: [
      [`${resources}.cpu`, '0 is not more than zero'],
      [`${resources}.memory`, '-1Gi is not more than zero'],
      [`${resources}.ephemeral_storage`, '0Gi is not more than zero'],
    ],
  },
  'less than a container needs': {
    hints: { cpu: '0.0000001', memory: '7Mi', ephemeralStorage: '1Ki' },
    want: [
      [`${resources}.memory`, '7Mi is less than 8Mi, the least a step gets'],
      [`${resources}.ephemeral_storage`, '1Ki is less than 1Mi, the least a step gets'],
    ],
  },
  'memory in a unit that was forgotten': {
    hints: { memory: '512' },
    want: [[`${resources}.memory`, /without a suffix it counts bytes, so write 512Mi/]],
  },
  'hints above the quotas of the invocation': {
    hints: { cpu: '2', memory: '2Gi' },
    quotas: { maxCpuMillicores: 1999n, maxMemoryMb: 2047n },
    want: [
      [`${resources}.cpu`, "cpu 2 exceeds the invocation's own max_cpu_millicores, which is 1999m"],
      [`${resources}.memory`, "memory 2Gi exceeds the invocation's own max_memory_mb, which is 2047Mi"],
    ],
  },
  'a size class above a quota': {
    hints: { sizeClass: 'medium' },
    quotas: { maxMemoryMb: 100n },
    want: [[`${resources}.size_class`, /memory 3Gi exceeds the invocation's own/]],
  },
  'quotas with which nothing starts': {
    quotas: { maxCpuMillicores: 0n, maxMemoryMb: 7n },
    want: [
      [`${quotaPath}.max_cpu_millicores`, 'allows 0, less than 1m, the least a step gets'],
      [`${quotaPath}.max_memory_mb`, 'allows 7Mi, less than 8Mi, the least a step gets'],
    ],
  },
  'everything that is wrong, at once': {
    hints: { cpu: 'lots', memory: '1e99', ephemeralStorage: '1Tb', gpu: '1.5', sizeClass: 'XXL' },
    options: { pool: 'Moon', priorityClass: '-' },
    quotas: { maxMemoryMb: 0n },
    want: [
      [`${quotaPath}.max_memory_mb`, /less than/],
      [`${resources}.size_class`, /no size class/],
      [`${resources}.cpu`, /not a quantity/],
      [`${resources}.memory`, /2\^63-1/],
      [`${resources}.ephemeral_storage`, /not a quantity/],
      [`${resources}.gpu`, /whole number/],
      ['options.pool', /no pool/],
      ['options.priority_class', /not the name/],
    ],
  },
  'what exceeds every pool beside a pool that is unknown': {
    hints: { memory: '1Ti' },
    options: { pool: 'nope' },
    want: [
      ['options.pool', /no pool/],
      [`${resources}.memory`, /exceeds the largest pool/],
    ],
  },
};

describe('calculateResources', () => {
  for (const [name, { want, also, ...given }] of Object.entries(placed)) {
    test(name, () => {
      const got = accepted(calculate(given));
      const { cpu, memory, 'ephemeral-storage': storage } = got.requests;
      expect([got.pool, cpu, memory, storage]).toEqual(want);
      expect(got.limits).toMatchObject({ memory, 'ephemeral-storage': storage });
      expect(got).toMatchObject(also ?? {});
    });
  }

  for (const [name, { want, ...given }] of Object.entries(refused)) {
    test(`refuses ${name}`, () => {
      const result = calculate(given);
      if (result.ok) throw new Error(`placed in ${result.value.pool}`);
      expect(result.violations.map(({ field }) => field)).toEqual(want.map(([field]) => field));
      for (const [index, [, message]] of want.entries()) {
        const got = result.violations[index]?.message;
        if (typeof message === 'string') expect(got).toBe(message);
        else expect(got).toMatch(message);
      }
    });
  }

  test('names fields below the paths that it is given', () => {
    const paths = { resources: 'manifest.spec.resources', options: 'step.options', quotas: 'q' };
    const result = calculateResources({ cpu: 'x' }, { pool: 'x' }, { maxMemoryMb: 0n }, defaultPools, paths);
    expect(result.ok ? [] : result.violations.map(({ field }) => field)).toEqual([
      'q.max_memory_mb',
      'manifest.spec.resources.cpu',
      'step.options.pool',
    ]);
  });

  test('hostile texts are refused in time that grows no faster than they, in short messages', () => {
    const refuse = (long: string) =>
      calculateResources(
        {
          cpu: long,
          memory: '1e999999999',
          ephemeralStorage: `${long}Ki`,
          gpu: '1e-999999999',
          sizeClass: long,
        },
        { pool: long, priorityClass: `\u001b[2J${long}` },
        {},
        defaultPools,
      );
    const [quarter, whole] = ['9'.repeat(1_250_000), '9'.repeat(5_000_000)];
    const ratio = timesAsLongAs(
      () => refuse(quarter),
      () => refuse(whole),
    );
    expect(ratio).toBeLessThan(linear);
    const result = refuse(whole);
    if (result.ok) throw new Error('accepted');
    expect(result.violations).toHaveLength(7);
    for (const { message } of result.violations) {
      expect(message.length).toBeLessThan(300);
      expect(message).not.toContain('\u001b');
    }
  });

  test('explains itself', () => {
    expect(
      accepted(calculate({ hints: { sizeClass: 'medium', cpu: '2' }, quotas: { maxMemoryMb: 8192n } }))
        .explanation,
    ).toBe(
      'pool standard, the smallest that fits: cpu 2 (asked; at most 3500m), memory 3Gi (size class medium; at most 12Gi), ' +
        'ephemeral-storage 2Gi (default; at most 38Gi)',
    );
    const named = accepted(
      calculate({
        hints: { gpu: '1' },
        options: { pool: 'amd' },
        quotas: { maxMemoryMb: 64n },
        pools: mixed,
      }),
    );
    expect(named.explanation).toBe(
      'pool amd, as asked: cpu 500m (default; at most 8), memory 64Mi (quota of the invocation; at most 64Gi), ' +
        'ephemeral-storage 2Gi (default; at most 100Gi), amd.com/gpu 1 (asked; at most 4); cpu limit 750m',
    );
  });
});

const amount = (unit: bigint, most: number) =>
  fc.integer({ min: 1, max: most }).map((n) => quantityFromNano(BigInt(n) * unit));
const cpus = amount(50_000_000n, 700);
const memories = fc.integer({ min: 1, max: 520 }).map((n) => multiplyQuantity(quantity('256Mi'), BigInt(n)));
const hintsOf = fc.record(
  {
    cpu: cpus.map(printQuantity),
    memory: memories.map(printQuantity),
    ephemeralStorage: memories.map(printQuantity),
    gpu: fc.constantFrom('0', '0', '1', '4', '5'),
    sizeClass: fc.constantFrom('small', 'medium', 'large', 'xlarge', 'scratch'),
  },
  { requiredKeys: [] },
);
const anyPools = fc
  .constantFrom(defaultPools, mixed)
  .map((pools) => ({ ...pools, sizeClasses: new Map([...defaultPools.sizeClasses, ...mixed.sizeClasses]) }));
const keys = ['cpu', 'memory', 'ephemeralStorage'] as const;
const kubernetesName = { cpu: 'cpu', memory: 'memory', ephemeralStorage: 'ephemeral-storage' } as const;

function roomFor(pool: Pool, hints: ResourceHints, got: Resources): boolean {
  const wants = (key: keyof Amounts) =>
    isAsked(key, hints, got) ? quantity(got.requests[kubernetesName[key]]!) : pool.defaults[key];
  return (
    BigInt(hints.gpu ?? 0) <= pool.maximum.gpu &&
    keys.every((key) => compareQuantities(wants(key), pool.maximum[key]) <= 0)
  );
}

function isAsked(key: keyof Amounts, hints: ResourceHints, got: Resources): boolean {
  return (
    hints[key] !== undefined ||
    (got.sizeClass !== undefined && (key !== 'ephemeralStorage' || got.sizeClass === 'scratch'))
  );
}

function nodeSize(pool: Pool): readonly bigint[] {
  return [pool.allocatable.gpu, ...keys.map((key) => pool.usable[key].nano)];
}

function isSmaller(a: Pool, b: Pool): boolean {
  const [left, right] = [nodeSize(a), nodeSize(b)];
  const at = left.findIndex((size, index) => size !== right[index]);
  return at >= 0 && left[at]! < right[at]!;
}

describe('the laws of the calculator', () => {
  test('what is placed fits an empty node of its pool, with the reserve kept free', () => {
    fc.assert(
      fc.property(hintsOf, anyPools, fc.boolean(), (hints, pools, spot) => {
        const result = calculateResources(hints, { spot }, {}, pools);
        if (!result.ok) return;
        const pool = pools.pools.find(({ name }) => name === result.value.pool)!;
        for (const key of keys) {
          const request = quantity(result.value.requests[kubernetesName[key]]!);
          const limit = quantity(result.value.limits[kubernetesName[key]]!);
          expect(compareQuantities(request, pool.maximum[key])).toBeLessThanOrEqual(0);
          expect(compareQuantities(request, limit)).toBeLessThanOrEqual(0);
          expect(compareQuantities(limit, pool.usable[key])).toBeLessThanOrEqual(0);
        }
        expect(pool.spot).toBe(spot);
        expect(pool.allocatable.gpu > 0n).toBe(BigInt(hints.gpu ?? 0) > 0n);
      }),
      { numRuns: 1_000 },
    );
  });

  test('no smaller pool of the kind would do', () => {
    fc.assert(
      fc.property(hintsOf, anyPools, (hints, pools) => {
        const result = calculateResources(hints, {}, {}, pools);
        if (!result.ok) return;
        const chosen = pools.pools.find(({ name }) => name === result.value.pool)!;
        const rivals = pools.pools.filter(
          (pool) => pool.spot === chosen.spot && pool.allocatable.gpu > 0n === chosen.allocatable.gpu > 0n,
        );
        for (const rival of rivals) {
          if (isSmaller(rival, chosen)) expect(roomFor(rival, hints, result.value)).toBe(false);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('more never leads to a smaller pool, and what is refused stays refused', () => {
    fc.assert(
      fc.property(
        hintsOf,
        anyPools,
        fc.constantFrom(...keys),
        fc.bigInt({ min: 1n, max: 8n }),
        (hints, pools, key, factor) => {
          const asked = hints[key];
          if (asked === undefined) return;
          const more = { ...hints, [key]: printQuantity(multiplyQuantity(quantity(asked), factor)) };
          const before = calculateResources(hints, {}, {}, pools);
          const after = calculateResources(more, {}, {}, pools);
          if (!after.ok) return;
          const poolOf = (name: string) => pools.pools.find((pool) => pool.name === name)!;
          expect(isSmaller(poolOf(after.value.pool), poolOf(accepted(before).pool))).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('the order of the pools matters only between pools of one size', () => {
    fc.assert(
      fc.property(
        hintsOf,
        fc.shuffledSubarray([...defaultPools.pools], { minLength: 6 }),
        fc.boolean(),
        (hints, shuffled, spot) => {
          const first = calculateResources(hints, { spot }, {}, defaultPools);
          const second = calculateResources(hints, { spot }, {}, { ...defaultPools, pools: shuffled });
          if (first.ok) expect(second).toEqual(first);
          else
            expect(second).toMatchObject({
              ok: false,
              violations: first.violations.map(({ field }) => ({ field })),
            });
        },
      ),
    );
  });

  test('an amount’s way of writing changes nothing', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2n ** 23n, max: 2n ** 37n }),
        fc.constantFrom('binarySI' as const, 'decimalExponent' as const),
        (bytes, format) => {
          const plain = accepted(calculate({ hints: { memory: '64Mi' } }));
          const one = calculate({ hints: { memory: String(bytes) } });
          const other = calculate({
            hints: { memory: printQuantity(quantityFromNano(bytes * 1_000_000_000n, format)) },
          });
          expect(plain.pool).toBe('standard');
          expect(other.ok ? other.value.pool : other.ok).toBe(one.ok ? one.value.pool : one.ok);
          if (one.ok && other.ok)
            expect(quantity(other.value.requests.memory!).nano).toBe(
              quantity(one.value.requests.memory!).nano,
            );
        },
      ),
    );
  });

  test('no text of any kind throws, and every refusal names a field', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('1', '1Gi', '1e999999999', '-0', 'large', 'gpu'),
    );
    const options = fc.record({ pool: text, priorityClass: text, spot: fc.boolean() }, { requiredKeys: [] });
    const hints = fc.record(
      { cpu: text, memory: text, ephemeralStorage: text, gpu: text, sizeClass: text },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        hints,
        options,
        fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined }),
        (given, placement, quota) => {
          const result = calculateResources(
            given,
            placement,
            { maxMemoryMb: quota, maxCpuMillicores: quota },
            defaultPools,
          );
          expect(
            calculateResources(
              given,
              placement,
              { maxMemoryMb: quota, maxCpuMillicores: quota },
              defaultPools,
            ),
          ).toEqual(result);
          if (result.ok) return;
          expect(result.violations.length).toBeGreaterThan(0);
          for (const { field } of result.violations)
            expect(field).toMatch(
              /^(invocation\.spec\.(resources|permissions\.resource_quotas)|options)\.[a-z_]+$/,
            );
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('docs/resources.md', () => {
  const page = readFileSync(new URL('../../../docs/resources.md', import.meta.url), 'utf8');

  /** The rows of the table whose header begins with these cells. */
  function table(...header: readonly string[]): readonly (readonly string[])[] {
    const lines = page.split('\n');
    const start = lines.findIndex((line) => line.startsWith(`| ${header.join(' | ')} |`));
    expect(start, `a table with the header ${header.join(', ')}`).toBeGreaterThan(0);
    const rest = lines.slice(start + 2);
    const rows = rest.slice(
      0,
      rest.findIndex((line) => !line.startsWith('|')),
    );
    return rows.map((row) => row.slice(2, -2).split(' | '));
  }

  const cells = (amounts: Amounts) => keys.map((key) => printQuantity(amounts[key]));

  test('has the default pools', () => {
    const want = defaultPools.pools.map((pool) => [
      pool.name,
      ...cells(pool.allocatable),
      String(pool.allocatable.gpu),
      ...cells(pool.reserve),
      ...cells(pool.defaults),
      pool.spot ? 'yes' : 'no',
    ]);
    expect(table('pool', 'allocatable cpu')).toEqual(want);
  });

  test('has their maximum', () => {
    const want = defaultPools.pools.map((pool) => [
      pool.name,
      ...cells(pool.maximum),
      String(pool.maximum.gpu),
    ]);
    expect(table('pool', 'cpu', 'memory')).toEqual(want);
  });

  test('has the size classes, and how many of them share a node', () => {
    const want = [...defaultPools.sizeClasses].map(([name, size]) => {
      const { pool } = accepted(calculate({ hints: { sizeClass: name } }));
      const { usable } = defaultPools.pools.find((p) => p.name === pool)!;
      const times = [usable.cpu.nano / size.cpu.nano, usable.memory.nano / size.memory.nano];
      return [
        name,
        printQuantity(size.cpu),
        printQuantity(size.memory),
        `${times[0]! < times[1]! ? times[0] : times[1]} in ${pool}`,
      ];
    });
    expect(table('class', 'cpu')).toEqual(want);
  });

  test('has the least of each amount', () => {
    const least = table('hint', 'meaning')
      .slice(0, 3)
      .map((row) => row[3]);
    expect(least).toEqual(cells(defaultPools.minimum));
  });

  test('tells its example and its message as the code does', () => {
    expect(page).toContain(accepted(calculate({ hints: { cpu: '2', memory: '24Gi' } })).explanation);
    const refusal = calculate({ hints: { memory: '80Gi' } });
    expect(page).toContain(refusal.ok ? 'a refusal' : refusal.violations[0]!.message);
  });
});
