/** 64 hexadecimal digits of no image. */
export const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

const restricted = {
  runAsNonRoot: true,
  runAsUser: 1000,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

export const container = (name: string, image: string) => ({
  name,
  image,
  securityContext: restricted,
  resources: { requests: { cpu: '10m' }, limits: { cpu: '10m' } },
});

interface Metadata {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** A pod that Pod Security lets through, with one container. */
export const aPod = (image: string, metadata: Metadata = {}, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'somebodys', ...metadata },
  spec: { restartPolicy: 'Never', containers: [container('main', image)], ...spec },
});

/** A Job of such pods. */
export const aJob = (image: string, metadata: Metadata = {}, template: Metadata = {}, spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'somebodys', ...metadata },
  spec: { backoffLimit: 0, ...spec, template: { metadata: template, spec: aPod(image).spec } },
});

export const aConfigMap = (metadata: Metadata) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: { 'manifest.json': '{}' },
});
