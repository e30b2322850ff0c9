import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeGraces } from './graces/describe-graces.ts';

describeGraces('graces on the embedded cluster', startEmbeddedCluster);
