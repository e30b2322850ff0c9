import { deniedExit, type Role } from './objects.ts';
import type { EgressVerdict } from './verdict.ts';

/** What is seen of one of the pods. */
export interface CanaryPod {
  readonly role: Role;
  readonly phase: string;
  readonly ready: boolean;
  /** Empty while it has none. */
  readonly ip: string;
  readonly node: string;
  /** Why it waits, as the cluster says it; empty while nobody does. */
  readonly waits: string;
  /** It would wait for ever. */
  readonly hopeless: boolean;
  /** Absent while its program runs. `code` is absent where nobody has one. */
  readonly ended?: { readonly code?: number; readonly time: number; readonly why: string };
  /** Somebody has removed it. */
  readonly gone: boolean;
}

export type Pods = ReadonlyMap<Role, CanaryPod>;

/** Where the clients go, or why there is no such place. Undefined while that is open. */
export type ServerState = { readonly kind: 'listens'; readonly ip: string; readonly node: string } | Unknown;
type Unknown = Extract<EgressVerdict, { readonly state: 'unknown' }> & { readonly kind: 'unknown' };

const unknown = (why: string): Unknown => ({ kind: 'unknown', state: 'unknown', why });

/** The listening pod, as far as it is. */
export function judgeServer(pods: Pods): ServerState | undefined {
  const server = pods.get('server');
  if (server === undefined) return undefined;
  const trouble = troubleOf(server);
  if (trouble !== undefined) return unknown(trouble);
  if (server.ended !== undefined)
    return unknown(
      `the pod that listens has ended${codeOf(server)}: does its image have a shell, httpd and nc?`,
    );
  if (!server.ready || server.ip === '' || server.node === '') return undefined;
  return { kind: 'listens', ip: server.ip, node: server.node };
}

/** What the two clients have found. Undefined while one of them is under way. */
export function judgeClients(pods: Pods, node: string): EgressVerdict | undefined {
  const [server, open, denied] = [pods.get('server'), pods.get('open'), pods.get('denied')];
  for (const pod of [server, open, denied]) {
    const trouble = pod && troubleOf(pod);
    if (trouble !== undefined) return unknownAs(trouble);
  }
  if (server?.ended !== undefined)
    return unknownAs(`the pod that listens has ended${codeOf(server)} too early`);
  if (open?.ended === undefined || denied?.ended === undefined) return undefined;
  if (denied.ended.code === deniedExit.atLast) return { state: 'open', node };
  if (open.ended.code === 1)
    return unknownAs('neither client has reached the pod that listens: pods of one node cannot talk at all');
  if (open.ended.code !== 0) return unknownAs(`the client without a policy has ended${codeOf(open)}`);
  // It may have been tried only while nobody at all got through.
  if (open.ended.time > denied.ended.time)
    return unknownAs('the client without a policy got through only when the other one had given up');
  if (denied.ended.code === deniedExit.never) return { state: 'enforced', late: false, node };
  if (denied.ended.code === deniedExit.atFirst) return { state: 'enforced', late: true, node };
  return unknownAs(`the client that may reach nothing has ended${codeOf(denied)}`);
}

const unknownAs = (why: string): EgressVerdict => ({ state: 'unknown', why });

function troubleOf(pod: CanaryPod): string | undefined {
  if (pod.gone) return `somebody has removed the pod ${pod.role}`;
  if (pod.hopeless) return `the pod ${pod.role} cannot start: ${pod.waits}`;
  // A pod that its node has refused never ran.
  if (pod.ended !== undefined && pod.ended.code === undefined)
    return `the pod ${pod.role} did not run: ${pod.ended.why || pod.phase}`;
  return undefined;
}

const codeOf = ({ ended }: CanaryPod): string =>
  ended?.code === undefined ? '' : ` with exit code ${ended.code}`;

/** What was waited for when the time was over. */
export function whyLate(pods: Pods, wanted: readonly Role[]): string {
  const open = wanted.filter((role) => pods.get(role)?.ended === undefined);
  const each = open.map((role) => {
    const pod = pods.get(role);
    if (pod === undefined) return `the pod ${role} has not appeared`;
    return `the pod ${role} is ${pod.phase}${pod.waits === '' ? '' : ` (${pod.waits})`}`;
  });
  return `the time was over: ${each.join('; ')}`;
}
