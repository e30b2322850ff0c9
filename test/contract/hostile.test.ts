import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { describeHostile } from './hostile/describe-hostile.ts';

describeHostile('hostile callers on the embedded cluster', startEmbeddedCluster, {
  valid: 60,
  invalid: 120,
  created: 5,
});
