import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeWatchers } from './watchers/describe-watchers.ts';

describeWatchers('rude watchers on the embedded cluster', startEmbeddedCluster);
