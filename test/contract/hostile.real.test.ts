import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeHostile } from './hostile/describe-hostile.ts';

describe.skipIf(!isAvailable())('hostile callers', () =>
  describeHostile('on a real control plane', startRealCluster, { valid: 500, invalid: 500, created: 40 }),
);
