import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeContract } from './suite/describe-contract.ts';

describeContract('contract on the embedded cluster', startEmbeddedCluster);
