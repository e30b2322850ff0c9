import { abortable, timeLimit } from '../../../lib/abort.ts';
import { type CanaryPod, judgeClients, judgeServer, type Pods, whyLate } from './judge.ts';
import { canaryGround, canaryNamespace, clientPod, type Role, serverPod } from './objects.ts';
import type { CanaryPort } from './port.ts';
import type { EgressVerdict } from './verdict.ts';

export interface CanaryWish {
  /** With a shell, httpd and nc, as busybox has them. */
  readonly image: string;
  readonly timeoutMs: number;
  /** Makes its namespace's name another one each time. */
  readonly id: string;
}

export interface CanaryResult {
  readonly verdict: EgressVerdict;
  /** What else went wrong, for people: what is left over, what was not kept. */
  readonly notes: readonly string[];
}

export const defaultCanary = { image: 'busybox:1.37.0', timeoutMs: 120_000 } as const;
/** Longest that a check may take; what is older was left over. */
export const longestCanaryMs = 1_800_000;
const cleanUpMs = 15_000;

/**
 * Finds out whether NetworkPolicies are enforced: a pod that listens, and two clients on its node that are alike but for a policy that lets one of
 * them reach nothing. Never rejects. Takes away all that it has made, also when `signal` ends it; only the verdict is kept.
 */
export async function runCanary(
  port: CanaryPort,
  wish: CanaryWish,
  signal: AbortSignal,
  tell: (line: string) => void = () => undefined,
): Promise<CanaryResult> {
  const limit = timeLimit(wish.timeoutMs, signal);
  const sight = createSight();
  const name = `glip-egress-check-${wish.id}`;
  const notes: string[] = [];
  let followed: { readonly stop: () => Promise<void> } | undefined;
  let wanted: readonly Role[] = ['server'];

  const find = async (): Promise<EgressVerdict> => {
    await removeLeftovers(port, limit.signal);
    tell(`making the namespace ${name}`);
    await port.create('', canaryNamespace(name), limit.signal);
    for (const object of canaryGround) await port.create(name, object, limit.signal);
    followed = port.follow(name, sight.seen);
    const lifeSeconds = Math.ceil(wish.timeoutMs / 1_000) + 60;
    await port.create(name, serverPod(wish.image, lifeSeconds), limit.signal);
    tell(`waiting for a pod of ${wish.image} that listens`);
    const server = await sight.until(judgeServer, limit.signal);
    if (server.kind === 'unknown') return { state: 'unknown', why: server.why };
    wanted = ['open', 'denied'];
    for (const role of ['open', 'denied'] as const)
      await port.create(name, clientPod(role, wish.image, lifeSeconds, server), limit.signal);
    tell(`waiting for two clients on ${server.node}, one of which may reach nothing`);
    return sight.until((pods) => judgeClients(pods, server.node), limit.signal);
  };

  const verdict = await find().catch((error: unknown): EgressVerdict => {
    if (limit.expired()) return { state: 'unknown', why: whyLate(sight.pods, wanted) };
    if (signal.aborted) return { state: 'unknown', why: 'it was interrupted' };
    return { state: 'unknown', why: error instanceof Error ? error.message : String(error) };
  });
  limit.clear();

  const cleaning = timeLimit(cleanUpMs);
  const note = (what: string) => (error: unknown) =>
    void notes.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  await followed?.stop();
  // Its create may have been taken though nobody has heard so.
  await port
    .deleteNamespace(name, cleaning.signal)
    .catch(note(`the namespace ${name} may be left over, delete it`));
  if (verdict.state !== 'unknown')
    await port
      .keep({ ...verdict, time: new Date(port.now()).toISOString() }, cleaning.signal)
      .catch(note('the verdict is not kept for the executors'));
  cleaning.clear();
  return { verdict, notes };
}

/** What checks have left that were killed. */
async function removeLeftovers(port: CanaryPort, signal: AbortSignal): Promise<void> {
  for (const { name, createTime } of await port.namespaces(signal))
    if (port.now() - createTime > longestCanaryMs + 600_000) await port.deleteNamespace(name, signal);
}

/** The pods, as far as they were told of. */
function createSight() {
  const pods = new Map<Role, CanaryPod>();
  let look = (): void => undefined;
  return {
    pods: pods as Pods,
    seen(pod: CanaryPod): void {
      pods.set(pod.role, pod);
      look();
    },
    /** Resolves with what is made of them, once that is something. */
    until<T>(decide: (seen: Pods) => T | undefined, signal: AbortSignal): Promise<T> {
      const decided = new Promise<T>((resolve) => {
        look = () => {
          const found = decide(pods);
          if (found !== undefined) resolve(found);
        };
        look();
      });
      return abortable(decided, signal);
    },
  };
}
