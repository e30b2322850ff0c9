import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Block, BlockResult, LoadSetup } from '../load/protocol.ts';

/** A process of its own that submits in blocks, by one of the two ways. */
export interface LoadProcess {
  readonly pid: number;
  run(block: Block): Promise<BlockResult>;
  stop(): void;
}

export async function startLoad(way: 'raw' | 'grpc', setup: LoadSetup): Promise<LoadProcess> {
  const child = fork(fileURLToPath(new URL(`../load/${way}.ts`, import.meta.url)), {
    serialization: 'advanced',
  });
  await ask(child, setup);
  return {
    pid: child.pid ?? 0,
    run: async (block) => (await ask(child, block)) as BlockResult,
    stop: () => child.disconnect(),
  };
}

function ask(child: ChildProcess, message: LoadSetup | Block): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('exit', onExit);
      child.off('message', onMessage);
      act();
    };
    const onExit = (code: number | null): void =>
      settle(() => reject(new Error(`a load process ended with ${code}`)));
    const onMessage = (answer: { readonly result?: unknown; readonly error?: string }): void =>
      settle(() => (answer.error === undefined ? resolve(answer.result) : reject(new Error(answer.error))));
    child.on('exit', onExit);
    child.on('message', onMessage);
    child.send(message);
  });
}
