import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeFullJob } from './full-job/describe-full-job.ts';

describeFullJob('a full Job on the embedded cluster', startEmbeddedCluster);
