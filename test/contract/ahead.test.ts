import { describe } from 'vitest';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeAhead } from './ahead/describe-ahead.ts';

describe('disruption ahead', () => describeAhead('on the embedded cluster', startEmbeddedCluster));
