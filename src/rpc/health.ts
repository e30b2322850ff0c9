import { create } from '@bufbuild/protobuf';
import {
  Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
} from '../../gen/grpc/health/v1/health_pb.js';
import { ExecutorError, invalidRequest } from '../step/errors.ts';
import type { CallContext } from './handler.ts';
import type { HealthSource, ServingStatus } from './health-source.ts';
import { type RpcService, rpcService } from './service.ts';

/** Longer than any service's name; a watch keeps the name that it is asked for. */
const MAX_NAME = 256;

/** grpc.health.v1.Health over a source. */
export function healthService(source: HealthSource): RpcService {
  return rpcService(Health, {
    check: async ({ service }) => {
      const status = source.get(checkedName(service));
      if (status === undefined) throw unknownService(service);
      return response(status);
    },
    list: async () => {
      const entries = [...source.list()].map(([name, status]) => [name, response(status)] as const);
      return create(HealthListResponseSchema, { statuses: Object.fromEntries(entries) });
    },
    watch: ({ service }, context) => watch(source, checkedName(service), context),
  });
}

/** Only the newest status counts, so a slow reader misses what came and went: nothing queues up. */
async function* watch(
  source: HealthSource,
  name: string,
  context: CallContext,
): AsyncGenerator<HealthCheckResponse> {
  const changes = createWakeUp();
  const unsubscribe = source.subscribe(changes.wake);
  context.signal.addEventListener('abort', changes.wake);
  context.draining?.addEventListener('abort', changes.wake);
  try {
    let sent: ServingStatus | 'SERVICE_UNKNOWN' | undefined;
    while (!context.signal.aborted) {
      const status = source.get(name) ?? 'SERVICE_UNKNOWN';
      if (status !== sent) {
        sent = status;
        yield response(status);
        continue;
      }
      if (context.draining?.aborted) throw draining();
      await changes.next();
    }
  } finally {
    unsubscribe();
    context.signal.removeEventListener('abort', changes.wake);
    context.draining?.removeEventListener('abort', changes.wake);
  }
}

/** A flag to wait for: wakes that come while nobody waits are kept as one. */
function createWakeUp(): { wake(): void; next(): Promise<void> } {
  let pending = Promise.withResolvers<void>();
  return {
    wake: () => pending.resolve(),
    next: async () => {
      await pending.promise;
      pending = Promise.withResolvers();
    },
  };
}

function response(status: ServingStatus | 'SERVICE_UNKNOWN'): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { status: HealthCheckResponse_ServingStatus[status] });
}

function checkedName(name: string): string {
  if (name.length <= MAX_NAME) return name;
  throw invalidRequest([{ field: 'service', message: `at most ${MAX_NAME} characters, not ${name.length}` }]);
}

function unknownService(name: string): ExecutorError {
  return new ExecutorError({
    code: 'NOT_FOUND',
    reason: 'SERVICE_UNKNOWN',
    message: `no service "${name}" here`,
  });
}

function draining(): ExecutorError {
  return new ExecutorError({ code: 'UNAVAILABLE', reason: 'DRAINING', message: 'the server is draining' });
}
