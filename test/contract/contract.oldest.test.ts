import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeContract } from './suite/describe-contract.ts';

describe.skipIf(!isAvailable(process.env, '1.30'))('contract', () =>
  describeContract('on a control plane of Kubernetes 1.30', () => startRealCluster({ line: '1.30' })),
);
