import { execFile } from 'node:child_process';
import { ensureBinaries } from './control-plane/build.ts';

type Labels = Readonly<Record<string, string>>;

/** One end of a connection: a pod, or something outside of the cluster. */
export interface Peer {
  readonly ip: string;
  readonly pod?: { readonly namespace: string; readonly labels: Labels };
}

export interface Traffic {
  readonly from: Peer;
  readonly to: Peer;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

export interface Verdict {
  /** The policies of the pod that it comes from let it out. */
  readonly egress: boolean;
  /** Those of the pod that it goes to let it in. */
  readonly ingress: boolean;
}

/** What NetworkPolicies allow, by cyclonus, which shares no code with us (test/cluster/cyclonus). In the order of the questions. */
export async function askCyclonus(
  policies: readonly object[],
  traffic: readonly Traffic[],
): Promise<readonly Verdict[]> {
  const { reachability } = await ensureBinaries(['reachability']);
  const question = {
    policies: { kind: 'NetworkPolicyList', apiVersion: 'networking.k8s.io/v1', items: policies },
    traffic: traffic.map(({ from, to, port, protocol }) => ({
      Source: peer(from),
      Destination: peer(to),
      ResolvedPort: port,
      Protocol: protocol,
    })),
  };
  const lines = (await run(reachability, JSON.stringify(question))).trimEnd().split('\n');
  if (lines.length !== traffic.length)
    throw new Error(`${lines.length} verdicts for ${traffic.length} questions`);
  return lines.map((line) => JSON.parse(line) as Verdict);
}

/** The name of a namespace is a label of it by itself. */
const peer = ({ ip, pod }: Peer): object => ({
  IP: ip,
  ...(pod && {
    Internal: {
      Namespace: pod.namespace,
      NamespaceLabels: { 'kubernetes.io/metadata.name': pod.namespace },
      PodLabels: pod.labels,
    },
  }),
});

const run = (program: string, input: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(program, { maxBuffer: 64 << 20, timeout: 60_000 }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${error.message}\n${stderr}`)),
    );
    child.stdin?.end(input);
  });
