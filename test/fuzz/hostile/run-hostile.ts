import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '../../faults/random.ts';
import { brokenIn, hostileHttp1 } from './http1-bytes.ts';
import { hostileHttp2, statusesIn } from './http2-bytes.ts';
import { startVictim, type Victim } from './victim.ts';

export interface HostileOptions {
  readonly victim: Victim['name'];
  /** Calls over HTTP/2 and requests over HTTP/1.1 together. */
  readonly exchanges: number;
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}

export interface HostileResult {
  readonly victim: Victim['name'];
  readonly exchanges: number;
  readonly connections: number;
  /** gRPC statuses that came, by number; and first lines of HTTP answers, by status. */
  readonly grpcStatuses: Readonly<Record<string, number>>;
  readonly httpStatuses: Readonly<Record<string, number>>;
  /** Calls of a client that does nothing wrong, meanwhile, and the longest that one took. */
  readonly honestCalls: number;
  readonly slowestHonestMs: number;
  /** In use after a collection, when a tenth was done and at the end. */
  readonly memoryMiB: { readonly warm: number; readonly end: number };
  readonly exitCode: number;
  readonly violations: readonly string[];
}

const atOnce = 48;
/** How long an answer is waited for: what is incomplete on purpose has none. */
const patienceMs = { http2: 700, http1: 2_500 };
/** The executor gives up an incomplete request after 2 s here; more than this is a hang. */
const hangMs = 20_000;
/** Objects that some of the calls make, and the compiler's own. */
const mostGrowthMiB = 24;

/** Plays so many hostile exchanges with an executor, and says what it must not have done. */
export async function runHostile({
  victim: name,
  exchanges,
  seed,
  onProgress,
}: HostileOptions): Promise<HostileResult> {
  const random = createRandom(seed);
  const victim = await startVictim(name);
  const violations: string[] = [];
  const broken = (what: string): void => void (violations.length < 100 && violations.push(what));
  const grpcStatuses: Record<string, number> = {};
  const httpStatuses: Record<string, number> = {};
  let [done, connections] = [0, 0];

  const http2 = async (own: Random): Promise<void> => {
    const { pieces, calls } = hostileHttp2(own);
    const socket = victim.dial(victim.executor.grpc, 'h2', own.next() < 0.7);
    const said = await converse(socket, pieces, (text) => statusesIn(text).length >= calls, patienceMs.http2);
    const statuses = statusesIn(said.bytes);
    for (const status of statuses) {
      grpcStatuses[status] = (grpcStatuses[status] ?? 0) + 1;
      if (status === 13 || status === 2)
        broken(`gRPC status ${status} to ${Buffer.concat(pieces).toString('base64').slice(0, 3_000)}`);
    }
    done += calls;
  };
  const http1 = async (own: Random): Promise<void> => {
    const request = hostileHttp1(own);
    // A stream that is taken lasts; its first line is enough.
    const mayLast = /Watch|StreamLogs/.test(request.toString('latin1'));
    // Without this header a connection is kept for a next request.
    const closes = /^Connection: close\r$/m.test(request.toString('latin1'));
    const isPatient = closes && !mayLast && own.next() < 0.02;
    const socket = victim.dial(victim.executor.http, 'http/1.1', own.next() < 0.7);
    const said = await converse(socket, [request], () => mayLast, isPatient ? hangMs : patienceMs.http1);
    const status = /^HTTP\/1\.1 (\d+)/.exec(said.bytes.toString('latin1'))?.[1] ?? 'none';
    httpStatuses[status] = (httpStatuses[status] ?? 0) + 1;
    const wrong = brokenIn(said.bytes);
    if (wrong !== undefined) broken(`${wrong} to ${request.toString('base64').slice(0, 3_000)}`);
    if (isPatient && !said.isClosed) broken(`no end to ${request.toString('base64').slice(0, 3_000)}`);
    done += 1;
  };
  const speaker = async (own: Random): Promise<void> => {
    while (done < exchanges && violations.length < 100) {
      connections += 1;
      await (own.next() < 0.4 ? http2(own) : http1(own));
    }
  };

  let isOver = false;
  const honest = beHonest(victim, () => isOver, broken);
  let crashed = false;
  void victim.executor.ended.then((code) => {
    crashed = true;
    if (!isOver) broken(`the executor ended with ${code}`);
  });
  const speakers = Promise.all(Array.from({ length: atOnce }, () => speaker(random.fork())));
  while (done < exchanges / 10 && !crashed) await delay(20);
  const warm = crashed ? 0 : await victim.executor.memory();
  const progress = setInterval(() => onProgress?.(done), 10_000);
  await speakers;
  clearInterval(progress);
  isOver = true;
  const { calls: honestCalls, slowestMs: slowestHonestMs } = await honest;
  await delay(crashed ? 0 : 4_000);
  const end = crashed ? 0 : await victim.executor.memory();
  const grown = (end - warm) / 1024 / 1024;
  if (grown > mostGrowthMiB) broken(`the memory in use has grown by ${Math.round(grown)} MiB`);
  for (const line of victim.executor.errors) broken(`it logged ${line.slice(0, 2_000)}`);
  const exitCode = await victim.stop();
  if (exitCode !== 0) broken(`it ended with ${exitCode}`);
  const memoryMiB = { warm: Math.round(warm / 1024 / 1024), end: Math.round(end / 1024 / 1024) };
  return {
    victim: name,
    exchanges: done,
    connections,
    grpcStatuses,
    httpStatuses,
    honestCalls,
    slowestHonestMs,
    memoryMiB,
    exitCode,
    violations,
  };
}

/** Says it all, and listens until there is enough, the other side has closed, or patience ends. */
async function converse(
  socket: Socket,
  pieces: readonly Buffer[],
  isEnough: (said: Buffer) => boolean,
  ms: number,
): Promise<{ readonly bytes: Buffer; readonly isClosed: boolean }> {
  const chunks: Buffer[] = [];
  let isClosed = false;
  const over = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunks.length > 200 || isEnough(Buffer.concat(chunks))) over.resolve();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    over.resolve();
  });
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await delay(0);
  }
  const timer = setTimeout(over.resolve, ms);
  await over.promise;
  clearTimeout(timer);
  socket.destroy();
  return { bytes: Buffer.concat(chunks), isClosed };
}

async function beHonest(victim: Victim, isOver: () => boolean, broken: (what: string) => void) {
  let [calls, slowestMs] = [0, 0];
  while (!isOver()) {
    const before = performance.now();
    try {
      await victim.callHonestly();
    } catch (error) {
      broken(`a client that does nothing wrong got ${error}`);
      await delay(500);
    }
    calls += 1;
    slowestMs = Math.max(slowestMs, Math.round(performance.now() - before));
    await delay(50);
  }
  return { calls, slowestMs };
}
