import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { accessWithOurRights } from '../support/executor-rights.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeDrift } from './drift/describe-drift.ts';

describe.skipIf(!isAvailable())('drift of tenants', () =>
  describeDrift('on a real control plane, with the rights of deploy/rbac.yaml alone', async () => {
    const cluster = await startRealCluster();
    return { ...cluster, access: await accessWithOurRights(cluster.controlPlane) };
  }),
);
