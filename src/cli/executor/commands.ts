import { settingsHelp } from '../../config/docs.ts';
import type { FlagSpec } from '../../config/flags.ts';
import { type CommandSpec, commandHelp, flagHelp, programHelp } from '../usage.ts';
import { authzFlags } from './authz-options.ts';
import { canaryFlags } from './check-options.ts';

export const program = 'glip-executor';

export const outputFlag: FlagSpec = {
  name: '--output',
  short: 'o',
  syntax: 'text|json',
  description: 'For people or for programs. Default text.',
};

export const specs = {
  serve: {
    name: 'serve',
    arguments: '[FLAGS]',
    summary: 'Run the executor until SIGTERM or Ctrl-C',
    description:
      'Serves the executor over gRPC and HTTP. Without a kubeconfig and outside of a pod it starts an embedded cluster ' +
      'that runs agents as local processes.',
    flags: [],
    examples: [
      'glip-executor serve --cluster embedded',
      'glip-executor serve --cluster kubernetes --context production',
      'glip-executor serve --config /etc/glip/executor.yaml',
    ],
  },
  check: {
    name: 'check',
    arguments: '[FLAGS]',
    summary: 'Say whether the cluster can be reached and used, and what would help',
    description:
      'Checks the way to the cluster, its version, and every permission that the executor needs. Changes nothing, but for ' +
      '--egress. The exit code is 1 when a check fails.',
    flags: [...canaryFlags, outputFlag],
    examples: [
      'glip-executor check --context production',
      'glip-executor check -o json',
      'glip-executor check --egress',
    ],
  },
  authz: {
    name: 'authz',
    arguments: 'test --identity NAME --rpc RPC [--tenant TENANT]',
    summary: 'Say whether a policy lets somebody do something, and by which rule',
    description:
      'Asks a policy what it would answer. Connects to nothing. The exit code is 0 for yes, 1 for no, and 2 when the policy or the ' +
      'question is wrong.',
    flags: [...authzFlags, outputFlag],
    examples: [
      'glip-executor authz test --policy policy.yaml --identity cn:orchestrator --rpc SubmitStep --tenant acme',
      'glip-executor authz test --policy policy.yaml --identity jwt:corp:ann --groups jwt:corp:sre --rpc /metrics',
    ],
  },
  version: {
    name: 'version',
    arguments: '[-o text|json]',
    summary: 'Print the version',
    description: 'Prints the version of the executor and of its runtime.',
    flags: [outputFlag],
    examples: ['glip-executor version -o json'],
  },
  help: {
    name: 'help',
    arguments: '[COMMAND]',
    summary: 'Print help',
    description: 'Prints the help of the program or of a command.',
    flags: [],
    examples: [],
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof specs;

/** The help of a command, or of the program; ends with a newline. */
export function executorHelp(topic?: CommandName): string {
  if (topic === undefined) {
    const about =
      'glip-executor runs each GLIP step as one Kubernetes Job and tells the truth about it over gRPC.';
    return programHelp(program, about, Object.values(specs), '');
  }
  const spec = specs[topic];
  const settings = topic === 'serve' || topic === 'check' ? settingsHelp() : '';
  return commandHelp(program, spec, [flagHelp(spec.flags), settings].filter(Boolean).join('\n'));
}
