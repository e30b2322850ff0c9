import { describe, expect, test } from 'vitest';
import { printQuantity, quantity } from '../../../src/lib/quantity.ts';
import { defaultPoolsConfig } from '../../../src/policy/default-pools.ts';
import { defaultPools, type PoolsResult, parsePools } from '../../../src/policy/parse-pools.ts';
import type { Pool, Pools } from '../../../src/policy/pools.ts';

const allocatable = { cpu: '4', memory: '16Gi', ephemeralStorage: '40Gi' };

function poolWith(changes: object): object {
  return { pools: [{ name: 'p', allocatable, ...changes }] };
}

function accepted(result: PoolsResult): Pools {
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function onlyPool(config: object): Pool {
  return accepted(parsePools(config)).pools[0]!;
}

type Case = {
  readonly config: unknown;
  readonly want: readonly (readonly [path: string, message: RegExp])[];
};

const refused: Readonly<Record<string, Case>> = {
  'a configuration that is no object': {
    config: 'standard',
    want: [['', /must be an object, not a string/]],
  },
  'an unknown member': { config: { pool: [] }, want: [['pool', /unknown; known are pools, sizeClasses/]] },
  'no pool at all': { config: { pools: [] }, want: [['pools', /at least one/]] },
  'pools that are no list': { config: { pools: {} }, want: [['pools', /must be a list, not an object/]] },
  'a pool that is no object': {
    config: { pools: [{ name: 'p', allocatable }, 3, null] },
    want: [
      ['pools[1]', /not a number/],
      ['pools[2]', /not null/],
    ],
  },
  'a pool without a name and a size': {
    config: { pools: [{}] },
    want: [
      ['pools[0].name', /missing/],
      ['pools[0].allocatable.cpu', /missing/],
      ['pools[0].allocatable.memory', /missing/],
      ['pools[0].allocatable.ephemeralStorage', /missing/],
    ],
  },
  'a name that is no label': {
    config: poolWith({ name: 'Big Nodes' }),
    want: [['pools[0].name', /DNS label/]],
  },
  'a name that is too long': {
    config: poolWith({ name: 'a'.repeat(64) }),
    want: [['pools[0].name', /at most 63/]],
  },
  'two pools of one name': {
    config: { pools: [{ name: 'p', allocatable }, 0, { name: 'p', allocatable }] },
    want: [
      ['pools[1]', /must be an object/],
      ['pools[2].name', /name of another pool/],
    ],
  },
  'a quantity that is none': {
    config: poolWith({ allocatable: { ...allocatable, memory: '16 GB' } }),
    want: [['pools[0].allocatable.memory', /white space/]],
  },
  'a quantity of a wrong type': {
    config: poolWith({ allocatable: { ...allocatable, cpu: [4] } }),
    want: [['pools[0].allocatable.cpu', /must be a quantity/]],
  },
  'a negative quantity': {
    config: poolWith({ reserve: { cpu: -1 } }),
    want: [['pools[0].reserve.cpu', /negative/]],
  },
  'half a device': {
    config: poolWith({ allocatable: { ...allocatable, gpu: 0.5 } }),
    want: [['pools[0].allocatable.gpu', /whole/]],
  },
  'an unknown resource of a node': {
    config: poolWith({ allocatable: { ...allocatable, storage: '1Gi' } }),
    want: [['pools[0].allocatable.storage', /unknown/]],
  },
  'an unknown resource of a size class': {
    config: { sizeClasses: { s: { cpu: 1, memory: '1Gi', gpu: 1 } } },
    want: [['sizeClasses.s.gpu', /unknown/]],
  },
  'a configuration that is a list': { config: [], want: [['', /not a list/]] },
  'a number that is none': {
    config: { cpuLimitFactor: Number.NaN },
    want: [['cpuLimitFactor', /must be a quantity/]],
  },
  'an unknown resource': {
    config: poolWith({ reserve: { disk: '1Gi' } }),
    want: [['pools[0].reserve.disk', /unknown/]],
  },
  'a reserve that leaves nothing': {
    config: poolWith({ reserve: { memory: '16Gi' } }),
    want: [['pools[0].allocatable.memory', /leaves nothing/]],
  },
  'a maximum beyond what is usable': {
    config: poolWith({ reserve: { cpu: '500m' }, maximum: { cpu: '4', gpu: 1 } }),
    want: [
      ['pools[0].maximum.cpu', /more than allocatable less reserve/],
      ['pools[0].maximum.gpu', /more than allocatable/],
    ],
  },
  'a default beyond the maximum': {
    config: poolWith({ maximum: { memory: '1Gi' }, defaults: { memory: '2Gi' } }),
    want: [['pools[0].defaults.memory', /more than the maximum/]],
  },
  'a default that starts no container': {
    config: poolWith({ defaults: { cpu: '0', memory: '4Mi' } }),
    want: [
      ['pools[0].defaults.cpu', /less than a step gets/],
      ['pools[0].defaults.memory', /less than a step gets/],
    ],
  },
  'a gpu resource without a domain': {
    config: poolWith({ gpuResource: 'gpu' }),
    want: [['pools[0].gpuResource', /like nvidia/]],
  },
  "a gpu resource of Kubernetes' own domain": {
    config: poolWith({ gpuResource: 'kubernetes.io/gpu' }),
    want: [['pools[0].gpuResource', /like nvidia/]],
  },
  'a node selector that no node can have': {
    config: poolWith({ nodeSelector: { 'a b': 'x', pool: 'x y', ok: true } }),
    want: [
      ['pools[0].nodeSelector.a b', /key of a label/],
      ['pools[0].nodeSelector.pool', /value of a label/],
      ['pools[0].nodeSelector.ok', /value of a label/],
    ],
  },
  'tolerations that the API server refuses': {
    config: poolWith({
      tolerations: [
        {},
        { key: 'a', operator: 'Exists', value: 'x' },
        { key: 'a', operator: 'Like', effect: 'Never' },
        { key: '-', value: '*', effect: 'NoSchedule', tolerationSeconds: 5 },
        { key: 'a', seconds: 1 },
      ],
    }),
    want: [
      ['pools[0].tolerations[0].operator', /Exists where there is no key/],
      ['pools[0].tolerations[1].value', /absent/],
      ['pools[0].tolerations[2].operator', /one of Equal, Exists/],
      ['pools[0].tolerations[2].effect', /one of NoSchedule/],
      ['pools[0].tolerations[3].key', /key of a taint/],
      ['pools[0].tolerations[3].value', /value of a taint/],
      ['pools[0].tolerations[3].tolerationSeconds', /needs the effect NoExecute/],
      ['pools[0].tolerations[4].seconds', /unknown/],
    ],
  },
  'a priority class that is no name': {
    config: poolWith({ priorityClass: 'A_b' }),
    want: [['pools[0].priorityClass', /PriorityClass/]],
  },
  'a flag that is a word': { config: poolWith({ spot: 'yes' }), want: [['pools[0].spot', /true or false/]] },
  'a size class without memory': {
    config: { sizeClasses: { s: { cpu: 1 } } },
    want: [['sizeClasses.s.memory', /missing/]],
  },
  'a size class of nothing': {
    config: { sizeClasses: { s: { cpu: 0, memory: '1Gi', ephemeralStorage: '1' } } },
    want: [
      ['sizeClasses.s.cpu', /less than/],
      ['sizeClasses.s.ephemeralStorage', /less than/],
    ],
  },
  'a limit below the request': {
    config: { cpuLimitFactor: '0.9' },
    want: [['cpuLimitFactor', /at least 1/]],
  },
  'a factor that is none': {
    config: { cpuLimitFactor: 'twice' },
    want: [['cpuLimitFactor', /not a quantity/]],
  },
};

describe('parsePools', () => {
  for (const [name, { config, want }] of Object.entries(refused)) {
    test(`refuses ${name}, with its path`, () => {
      const result = parsePools(config);
      if (result.ok) throw new Error('accepted');
      expect(result.problems.map(({ path }) => path).toSorted()).toEqual(
        want.map(([path]) => path).toSorted(),
      );
      for (const [path, message] of want) {
        expect(result.problems).toContainEqual({ path, message: expect.stringMatching(message) });
      }
    });
  }

  test('puts the path of the whole configuration before every problem', () => {
    const result = parsePools(
      { pools: [{ name: 'p', allocatable: { ...allocatable, cpu: 'x' } }], cpuLimitFactor: 0 },
      'placement',
    );
    expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual([
      'placement.pools[0].allocatable.cpu',
      'placement.cpuLimitFactor',
    ]);
  });

  test('what is absent is as the default, each part by itself', () => {
    expect(accepted(parsePools(undefined))).toEqual(defaultPools);
    expect(accepted(parsePools({}))).toEqual(defaultPools);
    expect(accepted(parsePools(null))).toEqual(defaultPools);
    const own = accepted(parsePools({ ...poolWith({}), cpuLimitFactor: '2' }));
    expect(own.pools.map((pool) => pool.name)).toEqual(['p']);
    expect(own.sizeClasses).toEqual(defaultPools.sizeClasses);
    expect(own.cpuLimitFactor).toEqual(quantity('2'));
  });

  test('fills in what a pool leaves out', () => {
    const pool = onlyPool(poolWith({ reserve: { cpu: '500m', memory: 1_073_741_824 } }));
    expect(printQuantity(pool.usable.cpu)).toBe('3500m');
    expect(printQuantity(pool.usable.memory)).toBe('15Gi');
    expect(pool.maximum).toEqual({ ...pool.usable, gpu: 0n });
    expect(pool.defaults).toEqual({
      cpu: quantity('500m'),
      memory: quantity('1Gi'),
      ephemeralStorage: quantity('2Gi'),
    });
    expect(pool).toMatchObject({
      gpuResource: 'nvidia.com/gpu',
      nodeSelector: {},
      tolerations: [],
      spot: false,
    });
    expect(pool).not.toHaveProperty('priorityClass');
  });

  test('a default that is not configured is lowered to a small maximum', () => {
    const pool = onlyPool(poolWith({ maximum: { memory: '256Mi' } }));
    expect(pool.defaults.memory).toEqual(quantity('256Mi'));
  });

  test('keeps everything that a pool says', () => {
    const said = {
      gpuResource: 'amd.com/gpu',
      nodeSelector: { 'greenlang.io/pool': 'amd', disk: '' },
      tolerations: [
        { key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute', tolerationSeconds: 300 },
        { operator: 'Exists' },
      ],
      priorityClass: 'agents',
      spot: true,
    };
    const pool = onlyPool(
      poolWith({ ...said, allocatable: { ...allocatable, gpu: 4 }, maximum: { gpu: 2 } }),
    );
    expect(pool).toMatchObject(said);
    expect(pool.allocatable.gpu).toBe(4n);
    expect(pool.maximum.gpu).toBe(2n);
  });

  test('no configuration of any kind throws', () => {
    const odd = [
      1,
      'x',
      true,
      [],
      [[]],
      { pools: [[]] },
      { pools: [{ allocatable: 1, tolerations: 'x', nodeSelector: [] }] },
    ];
    for (const config of [
      ...odd,
      { sizeClasses: [] },
      { sizeClasses: { s: null } },
      JSON.parse('{"__proto__":1}'),
    ]) {
      expect(parsePools(config).ok).toBe(false);
    }
  });
});

describe('the default pools', () => {
  test('work on a cluster without labels: only spot needs them', () => {
    const selectors = defaultPools.pools.map((pool) => [pool.name, pool.nodeSelector]);
    expect(selectors).toEqual([
      ['standard', {}],
      ['large', {}],
      ['gpu', {}],
      ['standard-spot', { 'greenlang.io/pool': 'standard-spot' }],
      ['large-spot', { 'greenlang.io/pool': 'large-spot' }],
      ['gpu-spot', { 'greenlang.io/pool': 'gpu-spot' }],
    ]);
  });

  test('tolerate the taint of their own name and no other pool’s', () => {
    for (const pool of defaultPools.pools) {
      const ours = pool.tolerations.filter(({ key }) => key === 'greenlang.io/pool');
      expect(ours).toEqual([
        { key: 'greenlang.io/pool', operator: 'Equal', value: pool.name, effect: 'NoSchedule' },
      ]);
      expect(pool.tolerations.some(({ key }) => key === 'nvidia.com/gpu')).toBe(pool.allocatable.gpu > 0n);
    }
  });

  test('are what their plain data says', () => {
    expect(accepted(parsePools(JSON.parse(JSON.stringify(defaultPoolsConfig))))).toEqual(defaultPools);
  });
});
