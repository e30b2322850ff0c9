import { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { createClient } from '../../src/cli/client.ts';
import { aRequest } from '../support/request.ts';
import { serveBlocks } from './serve-blocks.ts';

// SubmitStep over one connection.
serveBlocks(async ({ grpc, tenant }) => {
  const { calls } = createClient(ExecutorService, grpc);
  return () => {
    const request = aRequest(tenant);
    return async () => {
      const { created } = await calls.submitStep(request, { timeoutMs: 60_000 });
      if (!created) throw new Error('the step was there already');
    };
  };
});
