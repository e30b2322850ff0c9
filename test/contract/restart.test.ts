import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeRestart } from './restart/describe-restart.ts';

describeRestart('a restart on the embedded cluster', startEmbeddedCluster);
