import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { create } from '@bufbuild/protobuf';
import { onTestFinished } from 'vitest';
import {
  ExecutorService,
  type WatchStepResponse,
  WatchStepResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import type { ServiceHandlers } from '../../../src/rpc/handler.ts';
import { createGrpcServer } from '../../../src/rpc/server.ts';
import { rpcService } from '../../../src/rpc/service.ts';
import { createToStatus } from '../../../src/rpc/to-status.ts';
import { ExecutorError } from '../../../src/step/errors.ts';

type Handlers = ServiceHandlers<typeof ExecutorService>;

/** A real server on a free port whose handlers refuse, except those given; stopped after the test. */
export async function anExecutor(handlers: Partial<Handlers>): Promise<string> {
  const refuse = async (): Promise<never> => {
    throw new ExecutorError({ code: 'UNIMPLEMENTED', reason: 'FAKE', message: 'the fake does not do this' });
  };
  const all: Handlers = {
    submitStep: refuse,
    cancelStep: refuse,
    getStep: refuse,
    listSteps: refuse,
    ackStep: refuse,
    // biome-ignore lint/correctness/useYield: it refuses.
    watchStep: async function* () {
      await refuse();
    },
    // biome-ignore lint/correctness/useYield: it refuses.
    watchSteps: async function* () {
      await refuse();
    },
    // biome-ignore lint/correctness/useYield: it refuses.
    streamLogs: async function* () {
      await refuse();
    },
    ...handlers,
  };
  const services = [rpcService(ExecutorService, all)];
  const server = createGrpcServer({ services, address: '127.0.0.1:0', toStatus: createToStatus() });
  const { address } = await server.start();
  onTestFinished(() => server.stop(0));
  return address;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Glip {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once the text was printed on either stream; rejects when the process ends without. */
  readonly printed: (text: string) => Promise<void>;
}

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** Starts `glip` as a person would; killed after the test if it still runs. */
export function startGlip(args: readonly string[], env: Record<string, string> = {}, input = ''): Glip {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, TZ: 'UTC', GLIP_TENANT: '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const told = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    told();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    told();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const finished = once(child, 'close').then(
    ([code]): Finished => ({ code: code as number | null, stdout, stderr }),
  );
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stdout.includes(text) || stderr.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      void finished.then(() => reject(new Error(`glip ended without "${text}":\n${stdout}${stderr}`)));
    });
  return { child, finished, printed };
}

export function runGlip(
  args: readonly string[],
  env?: Record<string, string>,
  input?: string,
): Promise<Finished> {
  return startGlip(args, env, input).finished;
}

export function snapshot(step: Step, cursor = 'c1'): WatchStepResponse {
  return create(WatchStepResponseSchema, { cursor, frame: { case: 'snapshot', value: step } });
}

export function update(step: Step, cursor = 'c2'): WatchStepResponse {
  return create(WatchStepResponseSchema, { cursor, frame: { case: 'update', value: { step } } });
}

/** Something that happens once, and can be waited for. */
export function anEvent<T>() {
  return Promise.withResolvers<T>();
}
