import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../../gen/grpc/health/v1/health_pb.js';
import { createClient } from '../../src/cli/client.ts';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { startExecutor } from '../support/executor.ts';

test('health says SERVING as soon as the cluster is known, and not a second later', async () => {
  const cluster = await startEmbeddedCluster();
  const executor = await startExecutor({ access: cluster.access });
  const health = createClient(Health, executor.grpc);
  try {
    const { status } = await health.calls.check(create(HealthCheckRequestSchema, {}));
    expect(status).toBe(Status.SERVING);
  } finally {
    health.close();
    await executor.stop();
    await cluster.stop();
  }
});
