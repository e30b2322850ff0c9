import { behaviour as annotations, type BehaviourKey } from './control-plane/behaviour.ts';

/** What the agent of a step does, said once for every kind of cluster. By default it succeeds at once and reports it. */
export interface AgentBehaviour {
  /** How long it works. */
  readonly runMs?: number;
  /** It works until it is stopped. */
  readonly hang?: boolean;
  readonly exitCode?: number;
  /** Its termination message; by default what an agent with that exit code would report. */
  readonly message?: string;
  /** It reports as the probe does by itself: what it sees of its world. On clusters that run agents. */
  readonly ownReport?: boolean;
  /** What it does when it is told to stop; `die` by default, as a program without a handler. */
  readonly onTerm?: OnTerm;
  /** Its image cannot be had: only `missing` on the embedded cluster. */
  readonly image?: 'missing' | 'denied' | 'unreachable';
  /** Its node never reports a thing; on clusters that can play that. */
  readonly silentNode?: boolean;
}

export type OnTerm =
  /** Ends by the signal: 143. */
  | 'die'
  /** Goes on until it is killed: 137. */
  | 'ignore'
  /** Saves a checkpoint: exit 0, report `partial`. */
  | 'partial'
  /** Has finished its work all the same: exit 0, report `success`. */
  | 'succeed'
  /** Exit 0 without a report. */
  | 'silent';

const reports: Readonly<Record<'success' | 'partial' | 'failed', string>> = {
  success: '{"status":"success"}',
  partial: '{"status":"partial"}',
  failed: '{"status":"failed"}',
};

const lastWords: Readonly<Record<OnTerm, { readonly exitCode: number; readonly message: string }>> = {
  die: { exitCode: 143, message: '' },
  ignore: { exitCode: 137, message: '' },
  partial: { exitCode: 0, message: reports.partial },
  succeed: { exitCode: 0, message: reports.success },
  silent: { exitCode: 0, message: 'no report' },
};

/** What a real kubelet says of it, with containerd. */
const pullFailures: Readonly<Record<NonNullable<AgentBehaviour['image']>, string>> = {
  missing:
    'failed to pull and unpack image "registry.example/probe:1.0.0": failed to resolve reference "registry.example/probe:1.0.0": registry.example/probe:1.0.0: not found',
  denied:
    'failed to pull and unpack image "registry.example/probe:1.0.0": failed to resolve reference "registry.example/probe:1.0.0": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
  unreachable:
    'failed to pull and unpack image "registry.example/probe:1.0.0": failed to resolve reference "registry.example/probe:1.0.0": failed to do request: Head "https://registry.example/v2/probe/manifests/1.0.0": dial tcp: lookup registry.example: no such host',
};

const messageOf = ({ message, exitCode = 0 }: AgentBehaviour): string =>
  message ?? (exitCode === 0 ? reports.success : reports.failed);

/** For the fake kubelet of the real control plane: annotations of the pod. */
export function forFakeKubelet(agent: AgentBehaviour): Readonly<Record<string, string>> {
  const last = agent.onTerm && lastWords[agent.onTerm];
  const wish: Partial<Record<BehaviourKey, string | number | boolean>> = {
    'exit-code': agent.exitCode ?? 0,
    message: messageOf(agent),
    ...(agent.runMs !== undefined && { 'run-ms': agent.runMs }),
    ...(agent.hang && { hang: true }),
    ...(last && { 'term-exit-code': last.exitCode, 'term-message': last.message }),
    ...(agent.onTerm === 'ignore' && { 'term-ms': 3_600_000 }),
    ...(agent.image && { 'image-error': 'ErrImagePull', 'image-message': pullFailures[agent.image] }),
    ...(agent.silentNode && { unresponsive: true }),
  };
  return annotations(wish);
}

/** For the probe agent, which the embedded cluster runs: its parameters. */
export function forProbe(agent: AgentBehaviour): Readonly<Record<string, string | number>> {
  const on = {
    die: 'die',
    ignore: 'ignore',
    partial: 'partial',
    succeed: 'partial',
    silent: 'partial',
  } as const;
  const { onTerm = 'die' } = agent;
  // The probe has one message for all its ends: a test that stops it gets the one for that.
  const message = agent.hang ? lastWords[onTerm].message : messageOf(agent);
  return {
    run_ms: agent.hang ? 3_600_000 : (agent.runMs ?? 0),
    exit_code: agent.exitCode ?? 0,
    on_sigterm: on[onTerm],
    ...(!agent.ownReport && { termination_message: message }),
  };
}
