import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeHostile } from './hostile/describe-hostile.ts';

/** Pod Security of the oldest version that is supported judges otherwise than that of the newest. */
describe.skipIf(!isAvailable(process.env, '1.30'))('hostile callers', () =>
  describeHostile('on a control plane of Kubernetes 1.30', () => startRealCluster({ line: '1.30' }), {
    valid: 150,
    invalid: 50,
    created: 20,
  }),
);
