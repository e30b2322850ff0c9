import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeContract } from './suite/describe-contract.ts';

describe.skipIf(!isAvailable())('contract', () =>
  describeContract('on a real control plane', startRealCluster),
);
