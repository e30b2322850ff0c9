import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills what is left of the agents when this process dies without stopping them, even by SIGKILL: a shell in a session of its own
 * holds the other end of a pipe, is told of each process group, and kills those that remain when the pipe ends. One for the whole
 * cluster, so an agent costs nothing more to start.
 */
export type Watchdog = {
  add(processGroup: number): void;
  remove(processGroup: number): void;
  /** Ends the watchdog, which kills what has not been removed. */
  stop(): Promise<void>;
};

const SCRIPT = `
groups=' '
while read -r what group; do
  case $what in
    add) groups="$groups$group " ;;
    remove) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

export function startWatchdog(): Watchdog {
  const shell: ChildProcess = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    cwd: '/',
  });
  const gone = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  shell.stdin?.on('error', () => undefined);
  shell.unref();
  const tell = (line: string) => shell.stdin?.write(`${line}\n`);
  return {
    add: (group) => void tell(`add ${group}`),
    remove: (group) => void tell(`remove ${group}`),
    async stop() {
      shell.ref();
      shell.stdin?.end();
      await gone;
    },
  };
}
