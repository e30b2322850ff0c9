import { isRecord } from '../json.ts';
import type { FailurePolicyRule, Job, JobSpec } from '../objects.ts';
import { type FieldError, invalidValue, notSupported, required } from './field-error.ts';
import { immutable, validateAnnotations, validateLabels } from './metadata.ts';
import { validatePodSpec } from './pod-spec.ts';

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const NUMBERS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
] as const;

function validateRule(rule: FailurePolicyRule, containers: ReadonlySet<string>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!ACTIONS.includes(rule.action)) errors.push(notSupported(`${field}.action`, rule.action, ACTIONS));
  const codes = rule.onExitCodes;
  const patterns = rule.onPodConditions ?? [];
  if (codes !== undefined && patterns.length > 0) {
    const why = 'specifying both OnExitCodes and OnPodConditions is not supported';
    errors.push({ field, type: 'FieldValueInvalid', body: `Invalid value: ${why}` });
  }
  if (codes === undefined && patterns.length === 0) {
    const why = 'specifying one of OnExitCodes and OnPodConditions is required';
    errors.push({ field, type: 'FieldValueInvalid', body: `Invalid value: ${why}` });
  }
  if (codes === undefined) return errors;
  const path = `${field}.onExitCodes`;
  if (!['In', 'NotIn'].includes(codes.operator))
    errors.push(notSupported(`${path}.operator`, codes.operator, ['In', 'NotIn']));
  if (codes.containerName !== undefined && !containers.has(codes.containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalidValue(`${path}.containerName`, codes.containerName, why));
  }
  if (!Array.isArray(codes.values) || codes.values.length === 0) {
    errors.push(invalidValue(`${path}.values`, codes.values ?? [], 'at least one value is required'));
  } else if (codes.operator === 'In' && codes.values.includes(0)) {
    errors.push(
      invalidValue(`${path}.values[${codes.values.indexOf(0)}]`, 0, 'must not be 0 for the In operator'),
    );
  }
  return errors;
}

function validateRestart(spec: JobSpec): FieldError[] {
  const field = 'spec.template.spec.restartPolicy';
  const policy = spec.template.spec.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never')
    return [notSupported(field, policy, ['OnFailure', 'Never'])];
  if (spec.podFailurePolicy === undefined || policy === 'Never') return [];
  return [invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}

function validateSelector(job: Job): FieldError[] {
  const labels = job.spec.template.metadata?.labels ?? {};
  const wanted = Object.entries(job.spec.selector?.matchLabels ?? {});
  if (wanted.every(([key, value]) => labels[key] === value)) return [];
  return [
    invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
  ];
}

/** Every violation of a Job, on create. Indexed Jobs are valid in Kubernetes but not served here. */
export function validateJob(job: Job): FieldError[] {
  const { spec } = job;
  if (!isRecord(spec.template) || !isRecord(spec.template.spec))
    return [required('spec.template.spec.containers')];
  const numbers = NUMBERS.flatMap((name) => {
    const value = spec[name] ?? 0;
    return Number.isInteger(value) && value >= 0
      ? []
      : [invalidValue(`spec.${name}`, value, 'must be greater than or equal to 0')];
  });
  const mode = spec.completionMode ?? 'NonIndexed';
  const names = new Set(spec.template.spec.containers?.map(({ name }) => name));
  const replacement = spec.podReplacementPolicy ?? 'Failed';
  const allowed = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  return [
    ...numbers,
    ...(mode === 'NonIndexed' ? [] : [notSupported('spec.completionMode', mode, ['NonIndexed'])]),
    ...(spec.podFailurePolicy?.rules ?? []).flatMap((rule, index) =>
      validateRule(rule, names, `spec.podFailurePolicy.rules[${index}]`),
    ),
    ...(allowed.includes(replacement)
      ? []
      : [notSupported('spec.podReplacementPolicy', replacement, allowed)]),
    ...validateLabels(spec.template.metadata?.labels, 'spec.template.labels'),
    ...validateAnnotations(spec.template.metadata?.annotations, 'spec.template.annotations'),
    ...validatePodSpec(spec.template.spec, 'spec.template.spec'),
    ...validateRestart(spec),
    ...validateSelector(job),
  ];
}

/** What a live Job may not change. A suspended Job that never started may change where its pods go. */
export function validateJobUpdate(job: Job, previous: Job): FieldError[] {
  const unstarted = previous.spec.suspend === true && previous.status.startTime === undefined;
  const { template } = job.spec;
  const before = previous.spec.template;
  const { nodeSelector = {}, tolerations = [], schedulingGates = [] } = template.spec;
  const allowed = unstarted
    ? { metadata: template.metadata, spec: { ...before.spec, nodeSelector, tolerations, schedulingGates } }
    : before;
  const compared = unstarted
    ? { metadata: template.metadata, spec: { ...template.spec, nodeSelector, tolerations, schedulingGates } }
    : template;
  return [
    ...immutable('spec.completions', job.spec.completions, previous.spec.completions),
    ...immutable('spec.selector', job.spec.selector, previous.spec.selector),
    ...immutable(previous.spec.suspend === true ? 'spec.template.spec' : 'spec.template', compared, allowed),
    ...immutable('spec.completionMode', job.spec.completionMode, previous.spec.completionMode),
    ...immutable('spec.podFailurePolicy', job.spec.podFailurePolicy, previous.spec.podFailurePolicy),
  ];
}
