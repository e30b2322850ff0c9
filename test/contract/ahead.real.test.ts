import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeAhead } from './ahead/describe-ahead.ts';

describe.skipIf(!isAvailable())('disruption ahead', () =>
  describeAhead('on a real control plane', startRealCluster),
);
