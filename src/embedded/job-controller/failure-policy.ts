import type { ContainerStatus, FailurePolicyRule, Job, Pod } from '../objects.ts';

/** What a Job's pod failure policy says of one failed pod. Counting is what happens without a matching rule. */
export type Verdict =
  | { readonly action: 'FailJob'; readonly message: string }
  | { readonly action: 'Ignore' | 'Count' };

function failingContainer(pod: Pod, { onExitCodes }: FailurePolicyRule): ContainerStatus | undefined {
  if (onExitCodes === undefined) return undefined;
  const { containerName, operator, values } = onExitCodes;
  return pod.status.containerStatuses?.find(({ name, state }) => {
    const code = state.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return values.includes(code) === (operator === 'In');
  });
}

function verdictOf(pod: Pod, rule: FailurePolicyRule, index: number): Verdict | undefined {
  const { name, namespace } = pod.metadata;
  const container = failingContainer(pod, rule);
  const condition = pod.status.conditions?.find(({ type, status }) =>
    rule.onPodConditions?.some((pattern) => pattern.type === type && pattern.status === status),
  );
  if (container === undefined && condition === undefined) return undefined;
  if (rule.action === 'Ignore') return { action: 'Ignore' };
  if (rule.action !== 'FailJob') return { action: 'Count' };
  const what =
    container === undefined
      ? `Pod ${namespace}/${name} has condition ${condition?.type}`
      : `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${container.state.terminated?.exitCode}`;
  return { action: 'FailJob', message: `${what} matching FailJob rule at index ${index}` };
}

/** The first rule that matches decides. */
export function judge(job: Job, pod: Pod): Verdict {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const verdict = verdictOf(pod, rule, index);
    if (verdict !== undefined) return verdict;
  }
  return { action: 'Count' };
}
