import type { Block, BlockResult, LoadSetup } from '../load/protocol.ts';
import { ask, startProcess } from './ask-process.ts';

/** A process of its own that submits in blocks, one way. */
export interface LoadProcess {
  readonly pid: number;
  run(block: Block): Promise<BlockResult>;
  stop(): void;
}

export async function startLoad(file: 'raw.ts' | 'grpc.ts', setup: LoadSetup): Promise<LoadProcess> {
  const child = startProcess(file);
  await ask(child, setup);
  return {
    pid: child.pid ?? 0,
    run: (block) => ask<BlockResult>(child, block),
    stop: () => child.disconnect(),
  };
}
