import { describe } from 'vitest';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeDrift } from './drift/describe-drift.ts';

describe('drift of tenants', () => describeDrift('on the embedded cluster', startEmbeddedCluster));
