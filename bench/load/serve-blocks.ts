import { answer } from './answer.ts';
import type { Block, BlockResult, LoadSetup, Prepare } from './protocol.ts';

/** Takes the setup from the first message, then runs a block for each further one. */
export function serveBlocks(open: (setup: LoadSetup) => Promise<Prepare>): void {
  let prepare: Prepare | undefined;
  answer(async (message: LoadSetup | Block): Promise<BlockResult | undefined> => {
    if (!('kubeconfig' in message)) return prepare && runBlock(message, prepare);
    prepare = await open(message);
    return undefined;
  });
}

async function runBlock({ count, inFlight }: Block, prepare: Prepare): Promise<BlockResult> {
  const calls = Array.from({ length: count }, prepare);
  const latencies: number[] = [];
  const began = performance.now();
  const worker = async (): Promise<void> => {
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
      const sent = performance.now();
      await call();
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { ms: performance.now() - began, latencies };
}
