import { startGate } from './metadata.ts';
import { serviceAccountOf } from './names.ts';
import { agentContainer } from './observation.ts';
import { secretEnv, secretFiles } from './secrets.ts';
import type { StepSpec, VolumeSpec } from './spec.ts';

const inputs = 'glip-inputs';
const outputs = 'glip-outputs';
const scratch = 'glip-tmp';
export const scratchPath = '/tmp';

/**
 * The pod's spec of ADR-002's template with everything that Pod Security "restricted" asks for. What a caller says reaches env,
 * command, args, the image and volumes, each checked before; there is no raw override.
 */
export function podSpec(spec: StepSpec, inputsConfigMap: string) {
  const { resources } = spec;
  const files = secretFiles(spec.secrets);
  return {
    restartPolicy: 'Never',
    serviceAccountName: serviceAccountOf(spec.key.tenant),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(spec.atMostOnce && { schedulingGates: [{ name: startGate }] }),
    // With 0 the pod would go without the word of its node, and nobody could tell how it ended.
    terminationGracePeriodSeconds: Math.max(1, spec.graceSeconds),
    // Holds with the executor down. It counts from the kubelet's acknowledgement, pulls included.
    activeDeadlineSeconds: spec.timeouts.start + spec.timeouts.run,
    ...(Object.keys(resources.nodeSelector).length > 0 && { nodeSelector: resources.nodeSelector }),
    ...(resources.tolerations.length > 0 && { tolerations: resources.tolerations }),
    ...(resources.priorityClassName !== undefined && { priorityClassName: resources.priorityClassName }),
    containers: [
      {
        name: agentContainer,
        image: spec.image,
        ...(spec.command.length > 0 && { command: spec.command.map(literal) }),
        ...(spec.args.length > 0 && { args: spec.args.map(literal) }),
        env: [...environment(spec), ...secretEnv(spec.secrets)],
        resources: { requests: resources.requests, limits: resources.limits },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: inputs, mountPath: '/glip/inputs', readOnly: true },
          { name: outputs, mountPath: '/glip/outputs' },
          ...(ownTmp(spec) ? [] : [{ name: scratch, mountPath: scratchPath }]),
          ...spec.volumes.map((v) => ({
            name: v.name,
            mountPath: v.mountPath,
            ...(v.readOnly && { readOnly: true }),
          })),
          ...files.map(({ mount }) => mount),
        ],
      },
    ],
    volumes: [
      { name: inputs, configMap: { name: inputsConfigMap } },
      { name: outputs, emptyDir: { sizeLimit: spec.outputsSize } },
      ...(ownTmp(spec) ? [] : [{ name: scratch, emptyDir: { sizeLimit: '1Gi' } }]),
      ...spec.volumes.map(volume),
      ...files.map(({ volume }) => volume),
    ],
  };
}

/** Most programs need a /tmp, and the root is read-only; a caller's own volume there takes its place. */
const ownTmp = (spec: StepSpec): boolean => spec.volumes.some((v) => v.mountPath === scratchPath);

/** Kubernetes expands `$(NAME)` and turns `$$` into `$` in env values, command and args: doubled, every `$` stays what it was. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');

function environment(spec: StepSpec) {
  const own: Record<string, string> = {
    GLIP_INVOCATION_ID: spec.invocationId,
    GLIP_INPUT_MANIFEST: '/glip/inputs/manifest.json',
    GLIP_OUTPUT_DIR: '/glip/outputs',
    GLIP_TENANT_ID: spec.key.tenant,
    GLIP_RUN_ID: spec.key.runId,
    GLIP_STEP_ID: spec.key.stepId,
    GLIP_ATTEMPT: String(spec.key.attempt),
    GL_INPUT_URI: 'file:///glip/inputs/manifest.json',
    GL_OUTPUT_URI: spec.outputUri === '' ? 'file:///glip/outputs/' : spec.outputUri,
    ...(spec.trace.traceparent !== '' && { TRACEPARENT: spec.trace.traceparent }),
    ...(spec.trace.tracestate !== '' && { TRACESTATE: spec.trace.tracestate }),
  };
  return Object.entries({ ...spec.env, ...own }).map(([name, value]) => ({ name, value: literal(value) }));
}

/** Environment names that a caller may not set, beside everything that begins with GLIP_. */
export const reservedEnv: readonly string[] = ['GL_INPUT_URI', 'GL_OUTPUT_URI', 'TRACEPARENT', 'TRACESTATE'];

/** Volume names and mount paths that a caller may not use. */
export const reservedVolumes: readonly string[] = [inputs, outputs, scratch];

function volume({ name, source }: VolumeSpec) {
  switch (source.kind) {
    case 'scratch':
      return { name, emptyDir: { sizeLimit: source.size } };
    case 'claim':
      return { name, persistentVolumeClaim: { claimName: source.claim } };
    case 'ephemeral':
      return {
        name,
        ephemeral: {
          volumeClaimTemplate: {
            spec: {
              accessModes: ['ReadWriteOnce'],
              ...(source.storageClass !== '' && { storageClassName: source.storageClass }),
              resources: { requests: { storage: source.size } },
            },
          },
        },
      };
    default: {
      const never: never = source;
      return never;
    }
  }
}
