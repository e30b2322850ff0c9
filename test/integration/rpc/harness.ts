import { create } from '@bufbuild/protobuf';
import { onTestFinished } from 'vitest';
import {
  ExecutorService,
  type GetStepResponse,
  GetStepResponseSchema,
  type WatchStepResponse,
  WatchStepResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { CallContext, ServiceHandlers } from '../../../src/rpc/handler.ts';
import { healthService } from '../../../src/rpc/health.ts';
import { createHealthSource, type HealthSource } from '../../../src/rpc/health-source.ts';
import type { CallEnd } from '../../../src/rpc/open-call.ts';
import { reflectionServices } from '../../../src/rpc/reflection.ts';
import { createGrpcServer, type GrpcServer, type GrpcServerDeps } from '../../../src/rpc/server.ts';
import { rpcService } from '../../../src/rpc/service.ts';
import { createToStatus } from '../../../src/rpc/to-status.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { type TestClient, testClient } from './client.ts';

type Handlers = ServiceHandlers<typeof ExecutorService>;

const { submitStep, cancelStep, getStep, listSteps, watchStep } = ExecutorService.method;
export const METHODS = { submitStep, cancelStep, getStep, listSteps, watchStep };

/** Handlers that refuse, except those given. */
export function fakeHandlers(handlers: Partial<Handlers>): Handlers {
  const refuse = async (): Promise<never> => {
    throw new ExecutorError({ code: 'UNIMPLEMENTED', reason: 'FAKE', message: 'the fake does not do this' });
  };
  return {
    submitStep: refuse,
    cancelStep: refuse,
    getStep: refuse,
    listSteps: refuse,
    ackStep: refuse,
    watchStep: async function* () {
      yield await refuse();
    },
    watchSteps: async function* () {
      yield await refuse();
    },
    streamLogs: async function* () {
      yield await refuse();
    },
    ...handlers,
  };
}

export interface Started {
  readonly server: GrpcServer;
  readonly client: TestClient;
  readonly target: string;
  readonly port: number;
  readonly health: HealthSource;
  readonly ended: CallEnd[];
  readonly defects: { error: unknown; errorId: string }[];
  newClient(): TestClient;
}

/** A real server on a free port with a client; both are closed after the test. */
export async function startServer(
  handlers: Partial<Handlers>,
  deps: Partial<GrpcServerDeps> = {},
): Promise<Started> {
  const ended: CallEnd[] = [];
  const defects: Started['defects'] = [];
  const health = createHealthSource([ExecutorService.typeName]);
  const server = createGrpcServer({
    services: [
      rpcService(ExecutorService, fakeHandlers(handlers)),
      healthService(health),
      ...reflectionServices([ExecutorService]),
    ],
    address: '127.0.0.1:0',
    toStatus: createToStatus({ onDefect: (error, errorId) => defects.push({ error, errorId }) }),
    health,
    onCall: (end) => ended.push(end),
    ...deps,
  });
  const { address: target, port } = await server.start();
  const clients: TestClient[] = [];
  const newClient = (): TestClient => {
    const client = testClient(target);
    clients.push(client);
    return client;
  };
  onTestFinished(async () => {
    for (const client of clients) client.close();
    await server.stop(0);
  });
  return { server, client: newClient(), target, port, health, ended, defects, newClient };
}

export function stepNamed(stepId: string): GetStepResponse {
  return create(GetStepResponseSchema, { step: { key: { stepId } } });
}

export function heartbeat(cursor: string): WatchStepResponse {
  return create(WatchStepResponseSchema, { cursor, frame: { case: 'heartbeat', value: {} } });
}

/** Resolves when the call is aborted, with the reason. */
export function aborted(context: CallContext): Promise<unknown> {
  const { signal } = context;
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}
