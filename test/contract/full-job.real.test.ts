import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeFullJob } from './full-job/describe-full-job.ts';

describe.skipIf(!isAvailable())('a full Job', () =>
  describeFullJob('on a real control plane', startRealCluster),
);
