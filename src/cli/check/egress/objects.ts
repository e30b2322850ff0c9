/** The three pods: one that listens, and two that are alike but for a policy. */
export type Role = 'server' | 'open' | 'denied';
export const roles: readonly Role[] = ['server', 'open', 'denied'];

/** On everything of a check: the check's namespace has `true`, its pods have their role. */
export const canaryLabel = 'glip.greenlang.io/egress-check';
const account = 'glip-egress-check';
const port = 8080;

/** How the pod that may reach nothing ends: never through; at first, but not at last; through at last. */
export const deniedExit = { never: 0, atFirst: 10, atLast: 11 } as const;

export interface CanaryObject {
  readonly kind: 'Namespace' | 'ServiceAccount' | 'NetworkPolicy' | 'Pod';
  readonly metadata: { readonly name: string };
}

/** Restricted as a tenant's, without our label of tenants and steps: no executor follows what is in it. */
export const canaryNamespace = (name: string): CanaryObject =>
  object('v1', 'Namespace', name, {
    metadata: {
      name,
      labels: {
        [canaryLabel]: 'true',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'latest',
      },
    },
  });

/** What stands before the pods: an account of their own, as the default one comes only later; and the denial. */
export const canaryGround: readonly CanaryObject[] = [
  object('v1', 'ServiceAccount', account, { automountServiceAccountToken: false }),
  object('networking.k8s.io/v1', 'NetworkPolicy', 'denied', {
    spec: { podSelector: { matchLabels: { [canaryLabel]: 'denied' } }, policyTypes: ['Egress'], egress: [] },
  }),
];

/** A connection is enough. Of the programs that all builds of busybox have, with options that all of them know: some have no `wget -T`. */
const connects = (to: string): string => `nc -w 2 ${to} ${port} </dev/null`;
const once = connects('"$TARGET"');
const listens = `exec httpd -f -p ${port} -h /tmp`;
/** It says that it is ready when it answers itself, over no network. */
const answers = connects('127.0.0.1');
const clients = {
  open: `for i in 1 2 3 4 5 6 7 8 9 10; do ${once} && exit 0; sleep 1; done; exit 1`,
  // It goes on for a while: some plugins need a moment for a pod that starts.
  denied: `ever=0; last=0; for i in 1 2 3 4 5; do if ${once}; then ever=1; last=1; else last=0; fi; sleep 1; done; [ $last = 1 ] && exit ${deniedExit.atLast}; [ $ever = 1 ] && exit ${deniedExit.atFirst}; exit ${deniedExit.never}`,
} as const;

export const serverPod = (image: string, lifeSeconds: number): CanaryObject =>
  pod('server', image, lifeSeconds, listens, {
    readinessProbe: {
      exec: { command: ['/bin/sh', '-c', answers] },
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: 30,
    },
  });

/** A client on the server's own node, so that nothing but the policy tells the two apart. */
export const clientPod = (
  role: 'open' | 'denied',
  image: string,
  lifeSeconds: number,
  server: { readonly ip: string; readonly node: string },
): CanaryObject => {
  return pod(
    role,
    image,
    lifeSeconds,
    clients[role],
    { env: [{ name: 'TARGET', value: server.ip }] },
    { affinity: onNode(server.node) },
  );
};

/** By the scheduler, not past it. */
const onNode = (node: string): object => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
    },
  },
});

function pod(
  role: Role,
  image: string,
  lifeSeconds: number,
  script: string,
  container: object,
  more: object = {},
): CanaryObject {
  return object('v1', 'Pod', role, {
    metadata: { name: role, labels: { [canaryLabel]: role } },
    spec: {
      ...more,
      restartPolicy: 'Never',
      serviceAccountName: account,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      // Whoever made it may be killed.
      activeDeadlineSeconds: lifeSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_534,
        runAsGroup: 65_534,
        fsGroup: 65_534,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: role,
          image,
          command: ['/bin/sh', '-c', script],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          ...container,
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Mi' } }],
    },
  });
}

function object(apiVersion: string, kind: CanaryObject['kind'], name: string, rest: object): CanaryObject {
  return { apiVersion, kind, metadata: { name }, ...rest } as CanaryObject;
}
