import type { FlagSpec } from '../config/flags.ts';
import { securityFlags } from './security-options.ts';

export const globalFlags = {
  server: {
    name: '--server',
    syntax: 'HOST:PORT',
    description: 'The executor. Default 127.0.0.1:7070. [$GLIP_SERVER]',
  },
  tenant: { name: '--tenant', syntax: 'TENANT', description: 'Tenant of the steps. [$GLIP_TENANT]' },
  ...securityFlags,
  help: { name: '--help', short: 'h', description: 'Print this help.' },
} as const satisfies Record<string, FlagSpec>;

export const timeout: FlagSpec = {
  name: '--timeout',
  syntax: 'DURATION',
  description: 'For the call, retries included. Default 30s.',
};
export const patience: FlagSpec = {
  name: '--timeout',
  syntax: 'DURATION',
  description: 'Stop following after this time; the step goes on. Default: never.',
};
export const file: FlagSpec = {
  name: '--filename',
  short: 'f',
  syntax: 'FILE',
  description: 'The step in YAML or JSON: a SubmitStepRequest. "-" reads standard input.',
};
export const output: FlagSpec = {
  name: '--output',
  short: 'o',
  syntax: 'json|yaml|wide|name',
  description: 'Form of the output.',
};
export const structuredOutput: FlagSpec = { ...output, syntax: 'json|yaml' };
export const dryRun: readonly FlagSpec[] = [
  { name: '--dry-run', syntax: 'server', description: 'Do all but create; -o json or yaml prints the Job.' },
  { name: '--validate-only', description: 'As --dry-run=server.' },
];
export const uninterruptible: FlagSpec = {
  name: '--uninterruptible',
  description:
    'Ask the cluster not to evict the agent for its own convenience: options.interruptible = false.',
};
export const keyFlags: readonly FlagSpec[] = [
  { name: '--run', syntax: 'RUN', description: 'Run of the step, instead of a KEY.' },
  { name: '--step', syntax: 'STEP', description: 'Step, instead of a KEY.' },
  { name: '--attempt', syntax: 'NUMBER', description: 'Attempt, instead of a KEY. Default 0.' },
];
export const keys = 'A KEY is TENANT/RUN/STEP[@ATTEMPT], or RUN/STEP with --tenant.';
export const global = Object.values(globalFlags);
