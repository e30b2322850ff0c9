// Plain data in the form of the configuration, so that the defaults go through the same validation, and docs/resources.md
// can be held to them. Where the figures come from stands there.

/** The label and the taint by which an operator may set nodes of a pool apart. */
export const poolLabel = 'greenlang.io/pool';

const standard = {
  name: 'standard',
  allocatable: { cpu: '3860m', memory: '12800Mi', ephemeralStorage: '40Gi' },
  reserve: { cpu: '360m', memory: '512Mi', ephemeralStorage: '2Gi' },
  // Seven such steps share a node; ADR-002's 200 steps then need 29 nodes of its 20 to 100.
  defaults: { cpu: '500m', memory: '1Gi', ephemeralStorage: '2Gi' },
  tolerations: [poolToleration('standard')],
};

const large = {
  name: 'large',
  allocatable: { cpu: '15740m', memory: '56Gi', ephemeralStorage: '90Gi' },
  reserve: { cpu: '740m', memory: '1Gi', ephemeralStorage: '2Gi' },
  defaults: { cpu: '4', memory: '16Gi', ephemeralStorage: '10Gi' },
  tolerations: [poolToleration('large')],
};

const gpu = {
  name: 'gpu',
  allocatable: { cpu: '7820m', memory: '27Gi', ephemeralStorage: '90Gi', gpu: '1' },
  reserve: { cpu: '820m', memory: '1Gi', ephemeralStorage: '2Gi' },
  defaults: { cpu: '4', memory: '16Gi', ephemeralStorage: '10Gi' },
  tolerations: [poolToleration('gpu'), { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
};

/** The configuration of a cluster that has none; ADR-002's node sizes. */
export const defaultPoolsConfig = {
  pools: [standard, large, gpu, onSpot(standard), onSpot(large), onSpot(gpu)],
  sizeClasses: {
    // By the number of steps that share one node: 7 and 3 and 1 of the standard pool, 2 of the large one.
    small: { cpu: '500m', memory: '1Gi' },
    medium: { cpu: '1', memory: '3Gi' },
    large: { cpu: '3', memory: '10Gi' },
    xlarge: { cpu: '7', memory: '27Gi' },
  },
  // Limit = request: the same step takes the same time on a busy node as on an idle one, and the pod is Guaranteed.
  cpuLimitFactor: '1',
} as const;

function poolToleration(pool: string) {
  return { key: poolLabel, operator: 'Equal', value: pool, effect: 'NoSchedule' } as const;
}

/** The same nodes, bought as spot. Only these need a label: nothing in a pod's requests tells such a node apart. */
function onSpot<P extends { readonly name: string; readonly tolerations: readonly object[] }>(pool: P) {
  const name = `${pool.name}-spot`;
  const [, ...others] = pool.tolerations;
  return {
    ...pool,
    name,
    spot: true,
    nodeSelector: { [poolLabel]: name },
    tolerations: [poolToleration(name), ...others],
  };
}
