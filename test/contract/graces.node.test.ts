import { describe } from 'vitest';
import { isNodeAvailable } from '../support/node/start.ts';
import { startNodeCluster } from '../support/node-cluster.ts';
import { describeGraces } from './graces/describe-graces.ts';

describe.skipIf(!isNodeAvailable())('graces', () => describeGraces('on a real node', startNodeCluster));
