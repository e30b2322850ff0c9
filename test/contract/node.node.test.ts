import { describe } from 'vitest';
import { isNodeAvailable } from '../support/node/start.ts';
import { startNodeCluster } from '../support/node-cluster.ts';
import { describeContract } from './suite/describe-contract.ts';

describe.skipIf(!isNodeAvailable())('contract', () => describeContract('on a real node', startNodeCluster));
