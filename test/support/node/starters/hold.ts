// Makes a node's machine with a container on it, says so, and then does nothing: for tests that kill it.
import { mustRun } from '../../control-plane/program.ts';
import { processesIn } from '../cgroups.ts';
import { shellImage } from '../images/catalogue.ts';
import { containerdSocket } from '../layout.ts';
import { startMachine } from '../machine.ts';

const { layout, inside } = await startMachine();
const ctr = ['ctr', '--address', containerdSocket(layout), '--namespace', 'k8s.io'];
const container = [
  'run',
  '--detach',
  '--cgroup',
  `${layout.cgroup}/held`,
  shellImage,
  'held',
  'sleep',
  '3600',
];
const [program = '', ...args] = inside('network', [...ctr, ...container]);
await mustRun(program, args);
console.log(JSON.stringify({ ...layout, pids: processesIn(layout.cgroup, 'held') }));
setInterval(() => {}, 60_000);
