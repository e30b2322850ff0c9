import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { type Address, formatAddress } from '../../../src/config/address.ts';
import { startEmbeddedCluster } from '../../support/embedded-cluster.ts';
import { type ExecutorProcess, startExecutorProcess } from '../../support/executor-process.ts';
import { type Certificate, createAuthority } from '../../support/misbehaving-server/certificates.ts';
import { createTenant } from '../../support/tenants.ts';

/** An executor in a process of its own, in front of a cluster of this one, and ways to talk to it. */
export interface Victim {
  readonly name: 'plain' | 'secured';
  readonly executor: ExecutorProcess;
  /** Headers of somebody who is known, for calls that are to get further than the door. */
  readonly identityHeaders: Readonly<Record<string, string>>;
  /** A connection, with TLS where the victim has it; `certificate`: shows one that is good. */
  dial(address: Address, alpn: 'h2' | 'http/1.1', certificate: boolean): Socket;
  /** One call over each port as a client that behaves makes it. Rejects when it is not answered well. */
  callHonestly(): Promise<void>;
  stop(): Promise<number>;
}

const deadlineMs = 20_000;

/** Starts one. `secured`: with TLS, client certificates and a policy. */
export async function startVictim(name: Victim['name']): Promise<Victim> {
  const directory = await mkdtemp(join(tmpdir(), 'glip-hostile-'));
  const cluster = await startEmbeddedCluster();
  await createTenant(cluster, 'acme');
  const secured = name === 'secured' ? await secure(directory) : undefined;
  const flags = [
    '--log-level',
    'warn',
    '--drain-timeout',
    '2s',
    '--limits-request-time',
    '2s',
    '--limits-connections-per-address',
    '4096',
  ];
  // The log must say that it listens and serves.
  flags[1] = 'info';
  const executor = await startExecutorProcess(cluster.access, [...flags, ...(secured?.flags ?? [])]);
  const honest = honestClient(executor, secured);
  return {
    name,
    executor,
    identityHeaders: {},
    dial({ host, port }, alpn, certificate) {
      if (secured === undefined) return connectTcp(port, host);
      const shown = certificate ? secured.client : undefined;
      return connectTls({
        host,
        port,
        ca: secured.ca,
        ALPNProtocols: [alpn],
        servername: 'localhost',
        ...shown,
      });
    },
    callHonestly: honest.call,
    async stop() {
      honest.close();
      const code = await executor.stop();
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
      return code;
    },
  };
}

interface Secured {
  readonly ca: string;
  readonly client: Certificate;
  readonly flags: readonly string[];
}

async function secure(directory: string): Promise<Secured> {
  const [serverCa, clientCa] = [createAuthority('server ca'), createAuthority('client ca')];
  const server = serverCa.issue({ commonName: 'executor', hosts: ['127.0.0.1', 'localhost'] });
  const policy = {
    rules: [{ name: 'all', who: [{ identity: 'cn:admin' }], may: ['admin'], tenants: ['*'] }],
  };
  const files = {
    'tls.crt': server.cert,
    'tls.key': server.key,
    'ca.crt': clientCa.ca,
    'policy.json': JSON.stringify(policy),
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
  const flag = (name: string, file: string) => [name, join(directory, file)];
  return {
    ca: serverCa.ca,
    client: clientCa.issue({ commonName: 'admin' }),
    flags: [
      ...flag('--tls-certificate-file', 'tls.crt'),
      ...flag('--tls-key-file', 'tls.key'),
      ...flag('--tls-client-ca-file', 'ca.crt'),
      ...flag('--policy-file', 'policy.json'),
      ...flag('--audit-file', 'audit.log'),
    ],
  };
}

/** A client of the contract that does nothing wrong; a connection of its own. */
function honestClient({ grpc }: ExecutorProcess, secured: Secured | undefined) {
  const pem = (text: string) => Buffer.from(text);
  const channel =
    secured === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(pem(secured.ca), pem(secured.client.key), pem(secured.client.cert));
  const client = new Client(formatAddress(grpc), channel, { 'grpc.use_local_subchannel_pool': 1 });
  const same = (bytes: Buffer) => bytes;
  return {
    close: () => client.close(),
    call: () =>
      new Promise<void>((resolve, reject) => {
        const deadline = { deadline: Date.now() + deadlineMs };
        const path = '/glip.executor.v1.ExecutorService/ListSteps';
        client.makeUnaryRequest(path, same, same, Buffer.alloc(0), new Metadata(), deadline, (error) =>
          error === null ? resolve() : reject(error),
        );
      }),
  };
}
