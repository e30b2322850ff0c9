import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { ensureBinaries } from '../support/control-plane/build.ts';
import { until } from '../support/control-plane/until.ts';
import { startExecutorProcess } from './support/executor-process.ts';
import { grpcTools, lacks } from './support/requirement.ts';
import { run } from './support/run.ts';

const service = ExecutorService.typeName;
/** As grpc-health-probe documents its exit codes. */
const serving = 0;
const connectionFailed = 2;
const rpcFailed = 3;
const notServing = 4;

describe.skipIf(lacks('grpc-health-probe', [grpcTools]))('health', { timeout: 120_000 }, () => {
  let programs: Readonly<Record<'grpcurl' | 'grpc-health-probe', string>>;
  beforeAll(async () => {
    programs = await ensureBinaries(['grpcurl', 'grpc-health-probe']);
  }, 900_000);
  const start = async (options: Parameters<typeof startExecutorProcess>[0]) => {
    const executor = await startExecutorProcess(options);
    onTestFinished(() => executor.stop());
    return executor;
  };
  const probe = async (address: string, ...args: string[]): Promise<number> =>
    (await run(programs['grpc-health-probe'], [`-addr=${address}`, ...args])).code;

  test('is green overall and for the service, and red for a service that nobody knows', async () => {
    const { grpc, http } = await start({});
    // The probe turns green at the first look after the views are complete.
    await until('SERVING', async () => (await probe(grpc)) === serving, { timeoutMs: 60_000 });
    expect(await probe(grpc, `-service=${service}`)).toBe(serving);
    expect(await probe(grpc, '-service=no.such.Service')).toBe(rpcFailed);
    expect((await fetch(`http://${http}/readyz`)).status).toBe(200);
  });

  describe('while the cluster is not known', () => {
    let apiServer: Server;
    let folder: string;
    beforeAll(async () => {
      // It takes calls and never answers.
      apiServer = createServer(() => undefined);
      await new Promise<void>((resolve) => apiServer.listen(0, '127.0.0.1', resolve));
      folder = await mkdtemp(join(tmpdir(), 'glip-kubeconfig-'));
      const { port } = apiServer.address() as AddressInfo;
      await writeFile(join(folder, 'config'), kubeconfig(`http://127.0.0.1:${port}`));
    });
    afterAll(async () => {
      apiServer.closeAllConnections();
      await new Promise<void>((resolve) => apiServer.close(() => resolve()));
      await rm(folder, { recursive: true, force: true });
    });

    test('is red, and says so in words over HTTP', async () => {
      const flags = ['--cluster', 'kubernetes', '--kubeconfig', join(folder, 'config')];
      const { grpc, http } = await start({ flags, serving: false });
      expect(await probe(grpc)).toBe(notServing);
      expect(await probe(grpc, `-service=${service}`)).toBe(notServing);
      const ready = await fetch(`http://${http}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain('[-]jobs failed: not yet listed');
      expect((await fetch(`http://${http}/livez`)).status).toBe(200);
    });
  });

  test('turns red when the executor is told to stop', async () => {
    const executor = await start({});
    await until('SERVING', async () => (await probe(executor.grpc)) === serving, { timeoutMs: 60_000 });
    const seen: string[] = [];
    let terminated = false;
    const watch = await run(programs.grpcurl, ['-plaintext', executor.grpc, 'grpc.health.v1.Health/Watch'], {
      onLine: (line) => {
        const status = /"status": "(\w+)"/.exec(line)?.[1];
        if (status === undefined) return;
        seen.push(status);
        if (terminated) return;
        terminated = true;
        executor.terminate();
      },
    });
    expect(seen).toEqual(['SERVING', 'NOT_SERVING']);
    expect(watch.stderr).toContain('Code: Unavailable');
    expect([connectionFailed, notServing]).toContain(await probe(executor.grpc));
    expect(await executor.exited).toBe(0);
  });
});

function kubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}
