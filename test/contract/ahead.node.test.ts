import { describe } from 'vitest';
import { isNodeAvailable } from '../support/node/start.ts';
import { startNodeCluster } from '../support/node-cluster.ts';
import { describeAhead } from './ahead/describe-ahead.ts';

describe.skipIf(!isNodeAvailable())('disruption ahead', () =>
  describeAhead('on a real node', startNodeCluster),
);
