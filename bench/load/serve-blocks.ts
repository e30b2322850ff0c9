import type { Block, BlockResult, LoadSetup, Prepare } from './protocol.ts';

/** The child's side: takes the setup from the first message, then runs a block for each further one. Ends with its parent. */
export function serveBlocks(open: (setup: LoadSetup) => Promise<Prepare>): void {
  let prepare: Prepare | undefined;
  process.on('message', async (message: LoadSetup | Block) => {
    try {
      if ('kubeconfig' in message) {
        prepare = await open(message);
        process.send?.({});
      } else if (prepare !== undefined) {
        process.send?.({ result: await runBlock(message, prepare) });
      }
    } catch (error) {
      process.send?.({ error: String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
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
