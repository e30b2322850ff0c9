import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeDrift } from './drift/describe-drift.ts';

describe.skipIf(!isAvailable(process.env, '1.30'))('drift of tenants', () =>
  describeDrift('on a control plane of Kubernetes 1.30', () => startRealCluster({ line: '1.30' })),
);
