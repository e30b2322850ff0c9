import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeRestart } from './restart/describe-restart.ts';

describe.skipIf(!isAvailable())('a restart', () =>
  describeRestart('on a real control plane', startRealCluster),
);
