import { type Component, logTail, startComponent } from '../control-plane/component.ts';
import { pathOf } from '../control-plane/processes.ts';
import { type NodeLayout, path } from './layout.ts';

export type ProgramName =
  | 'namespaces'
  | 'containerd'
  | 'registry'
  | 'kubelet'
  | 'relay-outside'
  | 'relay-inside'
  | 'world'
  | 'cilium-agent';

/** The programs of one node. They end with the process that has started them, however it ends. */
export interface Programs {
  readonly start: (name: ProgramName, argv: readonly string[]) => Promise<void>;
  /** Kills one; resolves when it is gone. What it has started goes on. */
  readonly kill: (name: ProgramName) => Promise<void>;
  readonly signal: (name: ProgramName, signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Throws, with the end of its log, when one has ended that was not asked to. */
  readonly check: () => void;
  readonly log: (name: ProgramName) => string;
  readonly killAll: () => Promise<void>;
}

export function createPrograms(layout: NodeLayout): Programs {
  const running = new Map<ProgramName, Component<ProgramName>>();
  const log = (name: ProgramName): string => path(layout, 'logs', `${name}.log`);
  const kill = async (name: ProgramName): Promise<void> => {
    const program = running.get(name);
    running.delete(name);
    program?.signal('SIGKILL');
    await program?.ended;
  };
  return {
    log,
    kill,
    start: async (name, argv) => {
      const [binary = '', ...args] = argv;
      const supervisor = pathOf('supervise');
      running.set(name, await startComponent({ name, binary, args, logPath: log(name), supervisor }));
    },
    signal: (name, signal) => running.get(name)?.signal(signal),
    check: () => {
      for (const { name, exitCode } of running.values()) {
        if (exitCode() === undefined) continue;
        throw new Error(
          `${name} ended by itself with exit code ${exitCode()}; its log ends:\n${logTail(log(name))}`,
        );
      }
    },
    // The namespaces last: with their process 1 ends whatever is left in them.
    killAll: async () => {
      await Promise.all([...running.keys()].filter((name) => name !== 'namespaces').map(kill));
      await kill('namespaces');
    },
  };
}
