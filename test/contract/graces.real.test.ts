import { describe } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startRealCluster } from '../support/real-cluster.ts';
import { describeGraces } from './graces/describe-graces.ts';

describe.skipIf(!isAvailable())('graces', () => describeGraces('on a real control plane', startRealCluster));
