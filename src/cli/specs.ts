import {
  dryRun,
  file,
  global,
  keyFlags,
  keys,
  output,
  patience,
  structuredOutput,
  timeout,
  uninterruptible,
} from './flag-specs.ts';
import { type CommandSpec, commandHelp, programHelp } from './usage.ts';

export { globalFlags } from './flag-specs.ts';

export const program = 'glip';

export const specs = {
  run: {
    name: 'run',
    arguments: '-f FILE',
    summary: 'Submit a step and follow it to its end',
    description:
      "Submits a step and follows it to its end. The exit code is the agent's. Ctrl-C cancels the step; a second one " +
      'stops waiting for that.',
    flags: [file, uninterruptible, output, patience, ...global],
    examples: ['glip run -f step.yaml', 'glip run -f step.yaml -o json > step.json'],
  },
  submit: {
    name: 'submit',
    arguments: '-f FILE',
    summary: 'Submit a step and return',
    description:
      'Submits a step and returns once the cluster has stored it. Submitting the same step again changes nothing.',
    flags: [file, uninterruptible, ...dryRun, output, timeout, ...global],
    examples: ['glip submit -f step.yaml', 'glip submit -f step.yaml --dry-run=server -o yaml'],
  },
  watch: {
    name: 'watch',
    arguments: 'KEY... | --run RUN',
    summary: 'Follow steps to their end, or all steps of a run',
    description:
      'Follows steps to their end; with --run and no --step all steps of a run, also those that are still to come: as a live ' +
      'table on a terminal, else a line for each change, with -o json a step in each line. Ctrl-C stops watching and leaves ' +
      `them alone. ${keys}`,
    flags: [
      {
        name: '--until-over',
        description:
          'With --run: end when every step of the run that is there is over, with the first exit code that is not 0.',
      },
      output,
      patience,
      ...keyFlags,
      ...global,
    ],
    examples: [
      'glip watch acme/3f2b8c1e-1d2c-4b5a-9e8f-0123456789ab/clean',
      'glip watch --tenant acme --run run-7 --until-over',
    ],
  },
  cancel: {
    name: 'cancel',
    arguments: 'KEY... | --run RUN --all',
    summary: 'Ask for the end of steps',
    description:
      'Asks for the end of steps, or of all steps of a run, and returns. A step that was never submitted is barred; a run ' +
      `takes more steps afterwards: stop submitting first. ${keys}`,
    flags: [
      { name: '--all', description: 'All steps of the run that --run names.' },
      { name: '--reason', syntax: 'TEXT', description: 'Why, for those who look later.' },
      {
        name: '--grace-period',
        syntax: 'DURATION',
        description:
          "Between SIGTERM and SIGKILL, in whole seconds. Default: the step's own, which it can only shorten.",
      },
      {
        name: '--force',
        description:
          'Do not wait for a node that does not answer when the grace is over. The step then ends as FAILED (EndUnconfirmed), as its process may live on.',
      },
      output,
      timeout,
      ...keyFlags,
      ...global,
    ],
    examples: [
      'glip cancel acme/run-7/clean --reason "wrong input"',
      'glip cancel acme/run-7/clean --grace-period 5s',
      'glip cancel --tenant acme --run run-7 --all',
    ],
  },
  ack: {
    name: 'ack',
    arguments: 'KEY...',
    summary: 'Let go of the records of finished steps',
    description:
      'Acknowledges the ends of steps: a record that retain_until_acknowledged keeps is let go, and goes when its time ' +
      `is over. Store what you need of it first. Repeating it does no harm. ${keys}`,
    flags: [output, timeout, ...keyFlags, ...global],
    examples: [
      'glip ack acme/run-7/clean',
      'glip list --run run-7 --state succeeded -o name | xargs glip ack',
    ],
  },
  get: {
    name: 'get',
    arguments: 'KEY...',
    summary: 'Show steps in one line each',
    description: `Shows steps as they are now. ${keys}`,
    flags: [output, timeout, ...keyFlags, ...global],
    examples: ['glip get acme/run-7/clean -o yaml'],
  },
  explain: {
    name: 'explain',
    arguments: 'KEY...',
    summary: 'Say what happened to steps, why, since when, and what to do',
    description: `Says in plain words what happened to steps, why, since when, and what to do. ${keys}`,
    flags: [structuredOutput, timeout, ...keyFlags, ...global],
    examples: ['glip explain acme/run-7/clean', 'glip explain acme/run-7/clean -o json'],
  },
  top: {
    name: 'top',
    arguments: '',
    summary: 'Count steps by state, and what holds them up',
    description:
      'Counts the steps of the executor by state, the reasons that steps wait for with the oldest of each, and the tenants with ' +
      'the most steps that are not over.',
    flags: [
      { name: '--all-tenants', short: 'A', description: 'Of every tenant, whatever GLIP_TENANT says.' },
      structuredOutput,
      timeout,
      ...global,
    ],
    examples: ['glip top', 'glip top --tenant acme -o json'],
  },
  describe: {
    name: 'describe',
    arguments: 'KEY...',
    summary: 'Show all that is known of steps, with their history',
    description: `Shows all that is known of steps. ${keys}`,
    flags: [timeout, ...keyFlags, ...global],
    examples: ['glip describe acme/run-7/clean'],
  },
  logs: {
    name: 'logs',
    arguments: 'KEY',
    summary: 'Show what a step writes',
    description:
      'Shows the output of a step, as its node has it. A line between dashes on standard error says where lines are ' +
      `missing, or may be. Ctrl-C leaves the step alone. ${keys}`,
    flags: [
      { name: '--follow', short: 'f', description: 'Go on to the end of the step; wait for its start.' },
      { name: '--tail', syntax: 'NUMBER', description: 'Only the last so many lines of what is there.' },
      { name: '--since', syntax: 'DURATION', description: 'Only what is not older, such as 5m.' },
      {
        name: '--container',
        short: 'c',
        syntax: 'NAME',
        description: "Another container than the agent's.",
      },
      { name: '--timestamps', description: "The time of each line before it, by the node's clock." },
      { name: '--limit-bytes', syntax: 'NUMBER', description: 'End after so many bytes of text.' },
      {
        name: '--raw',
        description: 'Colours and controls as the agent has written them; escapes by default.',
      },
      { ...output, syntax: 'json', description: 'Each line, gap and source as JSON, one a line.' },
      { ...patience, description: 'Stop after this time. Default: never.' },
      ...keyFlags,
      ...global,
    ],
    examples: ['glip logs -f acme/run-7/clean', 'glip logs --tail 100 --timestamps acme/run-7/clean'],
  },
  tenant: {
    name: 'tenant',
    arguments: 'ensure [NAME] -f FILE | get NAME | list | delete NAME',
    summary: 'Lay down, show and delete tenants',
    description:
      'Tenants are namespaces that the executor lays down and keeps. ensure makes one as a file describes it, an EnsureTenantRequest in YAML or JSON; doing it again changes nothing. delete takes the namespace and all in it.',
    flags: [
      {
        ...file,
        description: 'Of ensure: the description. "-" reads standard input.',
      },
      { name: '--dry-run', syntax: 'server', description: 'Of ensure: do all but change something.' },
      { name: '--validate-only', description: 'As --dry-run=server.' },
      { name: '--force', description: 'Of delete: cancel the steps that are not over.' },
      output,
      timeout,
      ...global,
    ],
    examples: [
      'glip tenant ensure acme -f tenant.yaml',
      'glip tenant list -o wide',
      'glip tenant delete acme --force',
    ],
  },
  list: {
    name: 'list',
    arguments: '',
    summary: 'List steps, newest first',
    description: 'Lists steps, newest first. Records of steps that ended long ago are gone.',
    flags: [
      { name: '--run', syntax: 'RUN', description: 'Only of this run.' },
      { name: '--state', syntax: 'STATE,...', description: 'Only in these states, such as running,failed.' },
      { name: '--selector', short: 'l', syntax: 'KEY=VALUE,...', description: 'Only with these labels.' },
      { name: '--all-tenants', short: 'A', description: 'Of every tenant, whatever GLIP_TENANT says.' },
      { name: '--limit', syntax: 'NUMBER', description: 'At most so many. Default: all.' },
      output,
      timeout,
      ...global,
    ],
    examples: ['glip list --state running', 'glip list --tenant acme --run run-7 -o wide'],
  },
} as const satisfies Record<string, CommandSpec>;

export type GlipCommandName = keyof typeof specs;

export const commandNames = Object.keys(specs) as readonly GlipCommandName[];

/** The help of a command, or of the program; ends with a newline. */
export function glipHelp(topic?: GlipCommandName): string {
  if (topic !== undefined) return commandHelp(program, specs[topic]);
  return programHelp(program, 'glip talks to a GLIP executor.', Object.values(specs), keys);
}
