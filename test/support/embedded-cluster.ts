import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedCluster } from '../../src/embedded/cluster.ts';
import { forProbe } from './agent.ts';
import type { TestCluster } from './cluster.ts';
import { fetchJson } from './fetch-json.ts';
import { until } from './until.ts';

const probe = join(import.meta.dirname, '..', '..', 'agents', 'testing', 'probe', 'main.mjs');
const nodes = [1, 2, 3].map((n) => ({
  name: `node-${n}`,
  allocatable: { cpu: '4', memory: '16Gi', 'ephemeral-storage': '100Gi', pods: '1000' },
}));

/** The embedded cluster without its delays, running the probe agent as a process. */
export async function startEmbeddedCluster(): Promise<TestCluster> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'glip-embedded-'));
  const cluster = createEmbeddedCluster({
    workDirectory,
    nodes,
    delays: 'none',
    catalogue: { 'registry.example/probe': { command: [process.execPath, probe] } },
  });
  const { server, token } = await cluster.start();
  const request: TestCluster['request'] = (method, path, body, options) =>
    fetchJson(new URL(path, server), method, body, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...options?.headers },
    });
  return {
    name: 'embedded',
    access: { kind: 'fixed', server, token },
    playsNodes: false,
    evicts: false,
    runsAgents: true,
    agent: (behaviour) => ({
      image: `registry.example/${behaviour.image === 'missing' ? 'missing' : 'probe'}:1.0.0`,
      annotations: {},
      params: forProbe(behaviour),
    }),
    async agentListens({ namespace, name }) {
      await until('the probe listens', async () => {
        const { body } = await request('GET', `/api/v1/namespaces/${namespace}/pods/${name}/log`);
        return JSON.stringify(body).includes('run_ms');
      });
    },
    request,
    async stop() {
      await cluster.stop();
      await rm(workDirectory, { recursive: true, force: true });
    },
  };
}
